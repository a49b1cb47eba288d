// SPDX-License-Identifier: Apache-2.0
#include "base/secret_file.h"

#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/log.h"
#include "base/text.h"
#include "base/text_file.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxBytes = 64u << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kExpected = ", want a file that holds the secret and nothing else";

// What is left between the blanks of the front and the back.
std::string_view WithoutBlanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

tl::expected<SecretFileText, std::string> ReadSecretFile(const std::string& path) {
  const auto fail = [](std::string problem) {
    return tl::unexpected<std::string>(problem.append(kExpected));
  };
  const tl::expected<std::string, std::string> whole = ReadTextFile(path, kMaxBytes);
  if (!whole) return fail(whole.error());
  std::string_view text = *whole;
  std::string left_out;
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    left_out = "a byte order mark at its beginning";
  }
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  const std::string_view bare = WithoutBlanks(text);
  if (bare.size() != text.size())
    left_out += std::string(left_out.empty() ? "" : " and ") + "blanks around it";
  if (bare.empty()) return fail("is empty");
  if (!IsCleanUtf8(bare) || HasControl(bare)) {
    return fail("holds more than one line or is not text");
  }
  return SecretFileText{std::string(bare), std::move(left_out)};
}

SecretFile::SecretFile(std::string path, std::string text)
    : path_(std::move(path)), text_(std::move(text)), registration_(redaction::Register(text_)) {}

std::string SecretFile::Read() {
  tl::expected<SecretFileText, std::string> now = ReadSecretFile(path_);
  const MutexLock lock(mutex_);
  if (!now) {
    if (problem_ != now.error()) {
      log::Warn("a secret's file cannot be used: keeping what it held last",
                {{"file", path_}, {"problem", now.error()}});
    }
    problem_ = std::move(now.error());
    return text_;
  }
  if (!problem_.empty()) log::Info("a secret's file can be used again", {{"file", path_}});
  problem_.clear();
  if (now->text != text_) {
    registration_ = redaction::Register(now->text);
    text_ = std::move(now->text);
    log::Info("a secret's file has changed", {{"file", path_}});
    if (!now->left_out.empty())
      log::Warn("what is not part of the secret is left out", {{"file", path_}, {"left_out", now->left_out}});
  }
  return text_;
}

}  // namespace o2o
