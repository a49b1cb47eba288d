// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <cstdint>
#include <cstring>

#include "base/ascii.h"
#include "base/redaction.h"

namespace o2o {
namespace {

// Longer ones, in whatever encoding, are found by their first half.
constexpr std::size_t kMaxSecretBytes = 8u << 10;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// How many bytes from `at` on are ASCII other than U+0000; eight at a time, since nearly all text is that.
std::size_t PlainRun(std::string_view text, std::size_t at) {
  std::size_t end = at;
  for (; end + sizeof(std::uint64_t) <= text.size(); end += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + end, sizeof word);
    // The top bit of a byte ends up set if it was set, or if the byte was zero and borrowed.
    if (((word - 0x0101010101010101u) | word) & 0x8080808080808080u) break;
  }
  while (end < text.size() && text[end] > 0) ++end;
  return end - at;
}

struct Sequence {
  std::size_t bytes;  // to step over
  bool valid;
};

// The sequence at `at`. Of an invalid one, `bytes` is its longest beginning that could have become valid.
Sequence ReadSequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, lead != 0};
  std::size_t length = 0;
  unsigned low = 0x80, high = 0xBF;  // what the second byte may be
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;   // else overlong
    if (lead == 0xED) high = 0x9F;  // else a surrogate
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;   // else overlong
    if (lead == 0xF4) high = 0x8F;  // else beyond U+10FFFF
  } else {
    return {1, false};
  }
  if (byte(1) < low || byte(1) > high) return {1, false};
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return {i, false};
  }
  return {length, true};
}

// The place of the first unclean sequence, or the end.
std::size_t FindUnclean(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    at += PlainRun(text, at);
    if (at == text.size()) break;
    const Sequence sequence = ReadSequence(text, at);
    if (!sequence.valid) return at;
    at += sequence.bytes;
  }
  return at;
}

}  // namespace

bool IsCleanUtf8(std::string_view text) { return FindUnclean(text, 0) == text.size(); }

std::string RepairUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  std::size_t at = 0;
  while (true) {
    const std::size_t bad = FindUnclean(text, at);
    repaired.append(text, at, bad - at);
    if (bad == text.size()) return repaired;
    repaired += kReplacement;
    at = bad + ReadSequence(text, bad).bytes;
  }
}

std::string CutUtf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  // A character has at most three such bytes; more of them are not a character.
  while (end > 0 && max_bytes - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

std::string CutMasked(std::string_view text, std::size_t max_bytes) {
  // Longer, so that a character cut here is cut off again below, and that no secret is cut before it is
  // known.
  const std::string masked = redaction::Mask(std::string(text.substr(0, max_bytes + kMaxSecretBytes)));
  return CutUtf8(RepairUtf8(std::string_view(masked).substr(0, max_bytes + 4)), max_bytes);
}

std::string Excerpt(std::string_view text, std::size_t max_bytes) {
  std::string excerpt = CutMasked(text, max_bytes);
  for (char& c : excerpt) {
    if (IsControl(c)) c = ' ';
  }
  return excerpt;
}

}  // namespace o2o
