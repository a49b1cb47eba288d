// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include "base/secret_file.h"

namespace o2o {

Secret Secret::FromFile(std::string path, std::string text) {
  Secret secret;
  secret.file_ = std::make_shared<SecretFile>(std::move(path), std::move(text));
  return secret;
}

Secret Secret::Plain(std::string text) {
  Secret secret;
  secret.text_ = std::move(text);
  return secret;
}

std::string Secret::Reveal() const { return file_ ? file_->Read() : text_; }

Secret Secret::Current() const { return file_ ? Secret(file_->Read()) : *this; }

std::string Secret::Identity() const { return file_ ? "file " + file_->path() : "text " + text_; }

}  // namespace o2o
