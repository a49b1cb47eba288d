// SPDX-License-Identifier: Apache-2.0
#include "sources/given_token.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/ascii.h"

namespace o2o {
namespace {

// Random tokens of 128 bits are not shorter; tokens from kLongerThanWords on are too long to be words.
constexpr std::size_t kLeastBytes = 20;
constexpr std::size_t kLongerThanWords = 40;

// The first half decides, since it is masked by itself at the end of a text; and in what looks like a
// connection string the password alone would be masked (base/redaction.h).
bool LooksRandom(std::string_view text) {
  if (text.size() < kLeastBytes) return false;
  if (text.find("://") != std::string_view::npos || text.find("password=") != std::string_view::npos)
    return false;
  if (text.size() >= kLongerThanWords) return true;
  const std::string_view half = text.substr(0, text.size() / 2);
  return std::any_of(half.begin(), half.end(), IsDigit);
}

}  // namespace

Secret GivenToken(std::string text) {
  return LooksRandom(text) ? Secret(std::move(text)) : Secret::Plain(std::move(text));
}

}  // namespace o2o
