// SPDX-License-Identifier: Apache-2.0
#include "store/copy_in.h"

#include <array>

#include "base/text.h"

namespace o2o {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

// What COPY's text format writes after a backslash; 0: the byte as it is.
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
  if (IsCleanUtf8(text)) {
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
