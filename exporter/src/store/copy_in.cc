// SPDX-License-Identifier: Apache-2.0
#include "store/copy_in.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace o2o {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

// The character that COPY's text format writes after a backslash; 0: the byte is not escaped.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  escapes['\\'] = '\\';
  escapes['\t'] = 't';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  return escapes;
}();

void AppendEscaped(std::string_view text, std::string& out) {
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char escape = kEscapes[static_cast<unsigned char>(text[i])];
    if (escape == 0) continue;
    out.append(text, copied, i - copied);
    out += '\\';
    out += escape;
    copied = i + 1;
  }
  out.append(text, copied);
}

// Whether every byte is printable ASCII and not a backslash, as in nearly all texts: eight bytes at a time.
// May say no for a text that is.
bool IsPlain(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  const auto odd = [](std::uint64_t word) {
    const std::uint64_t backslash = word ^ (kOnes * '\\');
    return (word | (word - kOnes * 0x20) | (backslash - kOnes)) & kHighs;
  };
  std::size_t at = 0;
  std::uint64_t found = 0;
  for (; at + sizeof found <= text.size(); at += sizeof found) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    found |= odd(word);
  }
  std::uint64_t last = kOnes * ' ';
  std::memcpy(&last, text.data() + at, text.size() - at);
  return (found | odd(last)) == 0;
}

}  // namespace

CopyIn::CopyIn(PgConnection& connection, const std::string& table) : connection_(connection) {
  connection_.BeginCopy("COPY " + table + " FROM STDIN");
  buffer_.reserve(kPieceBytes + (kPieceBytes >> 2));
}

void CopyIn::Separate() {
  if (row_begun_) buffer_ += '\t';
  row_begun_ = true;
}

void CopyIn::Field(std::string_view text) {
  Separate();
  if (IsPlain(text)) {
    buffer_ += text;
  } else if (IsCleanUtf8(text)) {
    AppendEscaped(text, buffer_);
  } else {
    AppendEscaped(RepairUtf8(text), buffer_);
  }
}

void CopyIn::OptionalField(const std::optional<std::string>& text) {
  if (text) return Field(std::string_view(*text));
  Separate();
  buffer_ += "\\N";
}

void CopyIn::EndRow() {
  buffer_ += '\n';
  row_begun_ = false;
  if (buffer_.size() < kPieceBytes) return;
  connection_.PutCopy(buffer_);
  buffer_.clear();
}

void CopyIn::Complete() {
  connection_.PutCopy(buffer_);
  connection_.EndCopy();
}

}  // namespace o2o
