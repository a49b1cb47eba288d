// SPDX-License-Identifier: Apache-2.0
#include "http/pem_file.h"

#include <utility>

#include "base/text_file.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxBytes = 4u << 20;  // a machine's whole bundle of authorities is a quarter of a MiB

}  // namespace

PemFile::PemFile(std::string path) : path_(std::move(path)) {}

const std::string& PemFile::Read() {
  if (path_.empty()) return text_;
  if (auto text = ReadTextFile(path_, kMaxBytes); text && text->find("-----BEGIN ") != std::string::npos)
    text_ = *std::move(text);
  return text_;
}

}  // namespace o2o
