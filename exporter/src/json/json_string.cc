// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/ascii.h"
#include "json/json_stream.h"

// JsonStream inside a string: its plain runs and its escapes.
namespace o2o {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

constexpr bool IsHighSurrogate(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
constexpr bool IsLowSurrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

void AppendUtf8(std::uint32_t code_point, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

// The top bit of each byte of `word` that equals `byte`; above the first such byte other bits may be set too.
constexpr std::uint64_t BytesEqual(std::uint64_t word, unsigned char byte) {
  const std::uint64_t zero_where_equal = word ^ (0x0101010101010101u * byte);
  return (zero_where_equal - 0x0101010101010101u) & ~zero_where_equal & 0x8080808080808080u;
}

// The first quote or backslash, or `end`; eight bytes at a time, since strings are most of a text.
const char* FindEndOfPlain(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    while (end - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, sizeof word);
      const std::uint64_t found = BytesEqual(word, '"') | BytesEqual(word, '\\');
      if (found != 0) return at + std::countr_zero(found) / 8;
      at += 8;
    }
  }
  while (at != end && *at != '"' && *at != '\\') ++at;
  return at;
}

}  // namespace

// At a quote.
void JsonStream::BeginString() {
  const char* const first = ++at_;
  at_ = FindEndOfPlain(at_, end_);
  if (at_ != end_ && *at_ == '"') {
    ++at_;
    return EndString(std::string_view(first, at_ - 1));
  }
  token_.assign(first, at_);
  inside_ = Inside::kString;
  ContinueString();
}

void JsonStream::ContinueString() {
  while (at_ != end_ && !error_) {
    if (inside_ != Inside::kString) {
      ReadEscape();
      continue;
    }
    const char* const run = at_;
    at_ = FindEndOfPlain(at_, end_);
    token_.append(run, at_);
    if (at_ == end_) return;
    if (*at_++ == '"') return EndString(token_);
    inside_ = Inside::kEscape;
  }
}

void JsonStream::EndString(std::string_view text) {
  if (next_ != Next::kKey && next_ != Next::kKeyOrEnd) return Report(JsonType::kString, text);
  inside_ = Inside::kNone;
  next_ = Next::kColon;
  if (IsReported() && !handler_.Key(text)) Cancel();
}

// One byte of an escape, or none where it ends a pair that was none.
void JsonStream::ReadEscape() {
  const char c = *at_;
  if (inside_ == Inside::kHex) return ReadHexDigit();
  if (inside_ == Inside::kPair) {
    if (c == '\\') {
      inside_ = Inside::kPairEscape;
      ++at_;
    } else {
      AppendUtf8(kReplacement, token_);
      inside_ = Inside::kString;
    }
    return;
  }
  if (c == 'u') {
    if (inside_ != Inside::kPairEscape) high_ = 0;
    hex_ = 0;
    hex_digits_ = 0;
    inside_ = Inside::kHex;
    ++at_;
    return;
  }
  if (inside_ == Inside::kPairEscape) AppendUtf8(kReplacement, token_);
  switch (c) {
    case '"':
    case '\\':
    case '/': token_.push_back(c); break;
    case 'b': token_.push_back('\b'); break;
    case 'f': token_.push_back('\f'); break;
    case 'n': token_.push_back('\n'); break;
    case 'r': token_.push_back('\r'); break;
    case 't': token_.push_back('\t'); break;
    default: return Refuse("one of \"\\/bfnrtu after a backslash");
  }
  inside_ = Inside::kString;
  ++at_;
}

void JsonStream::ReadHexDigit() {
  const char c = *at_;
  std::uint32_t digit = 0;
  if (IsDigit(c)) {
    digit = static_cast<std::uint32_t>(c - '0');
  } else if (c >= 'a' && c <= 'f') {
    digit = static_cast<std::uint32_t>(c - 'a' + 10);
  } else if (c >= 'A' && c <= 'F') {
    digit = static_cast<std::uint32_t>(c - 'A' + 10);
  } else {
    return Refuse("four hexadecimal digits after \\u");
  }
  ++at_;
  hex_ = hex_ << 4 | digit;
  if (++hex_digits_ == 4) TakeUnit(hex_);
}

// A UTF-16 unit; high_ is set where it may be the second of a pair.
void JsonStream::TakeUnit(std::uint32_t unit) {
  inside_ = Inside::kString;
  if (high_ != 0 && IsLowSurrogate(unit)) {
    return AppendUtf8(0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00), token_);
  }
  if (high_ != 0) AppendUtf8(kReplacement, token_);
  high_ = 0;
  if (IsHighSurrogate(unit)) {
    high_ = unit;
    inside_ = Inside::kPair;
    return;
  }
  AppendUtf8(IsLowSurrogate(unit) ? kReplacement : unit, token_);
}

}  // namespace o2o
