// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json_reader.h"

namespace o2o {

// Deeper text is refused; up to here it is read without being reported (JsonHandler::TooDeep).
inline constexpr std::size_t kMaxJsonNesting = 100'000;

// A string or number that goes over the end of a piece is held; a longer one is refused with kTooLarge.
inline constexpr std::size_t kMaxJsonToken = 64u << 20;

// What a stream holds.
enum class JsonTexts {
  kOne,    // one text
  kLines,  // any number of them, one a line (NDJSON, JSON Lines), reported as the elements of one array
};

// Reads one JSON text (RFC 8259) and nothing but it, from pieces cut anywhere, and holds no more of it than
// the value it is in. Fails with kBadJson and the byte, or with kCancelled when the handler ended it, and
// then stays failed. Numbers stay text of any size and are never made a double. Ranges count from the start
// of the text.
//
// Taken beyond the RFC, because one bad value shall not cost the whole answer: a byte order mark in front;
// NaN, Infinity, Inf and their negatives as numbers; raw control characters in strings; an escape of half a
// surrogate pair, which becomes U+FFFD.
//
// One thread at a time. The handler must outlive it.
class JsonStream {
 public:
  explicit JsonStream(JsonHandler& handler, std::size_t max_token = kMaxJsonToken,
                      JsonTexts texts = JsonTexts::kOne)
      : handler_(handler),
        max_token_(max_token),
        after_text_(texts == JsonTexts::kOne ? Next::kNothing : Next::kLine),
        outer_depth_(texts == JsonTexts::kOne ? 0 : 1) {}
  JsonStream(const JsonStream&) = delete;
  JsonStream& operator=(const JsonStream&) = delete;

  // The piece is not needed once this returns, or throws: what the handler throws ends the reading, which
  // stays failed.
  Result<void> Feed(std::string_view piece);
  // The text has ended here. To be called once.
  Result<void> Finish();

  // How far it has read: after an error that is the byte in its message.
  std::size_t Offset() const { return base_ + static_cast<std::size_t>(at_ - begin_); }

 private:
  // What may come next where no value is being read.
  enum class Next : std::uint8_t {
    kValue,
    kValueOrEnd,
    kKey,
    kKeyOrEnd,
    kColon,
    kCommaOrEnd,
    kLine,
    kNothing
  };
  // What is being read. A pair is two escapes for one character.
  enum class Inside : std::uint8_t {
    kNone,
    kMark,
    kString,
    kEscape,
    kHex,
    kPair,
    kPairEscape,
    kNumber,
    kWord
  };
  enum class Digits : std::uint8_t { kSign, kZero, kWhole, kPoint, kFraction, kE, kESign, kExponent };

  Result<void> Outcome() const;
  void OpenLines();
  void LeavePiece();
  void ReadOn();
  void ReadToken();
  void ReadValue(char c);
  void ReadKey(char c);
  void ReadMark();
  void OpenContainer(JsonType type);
  void CloseContainer();
  void BeginString();
  void ContinueString();
  void EndString(std::string_view text);
  void ReadEscape();
  void ReadHexDigit();
  void TakeUnit(std::uint32_t unit);
  void BeginNumber(char c);
  void ContinueNumber(const char* first);
  bool TakeIntoNumber(char c);
  bool IsWholeNumber() const;
  void BeginWord(std::string_view word, JsonType type);
  void ContinueWord();
  bool IsInf() const;
  void Report(JsonType type, std::string_view text);
  void ValueDone();
  bool IsReported() const { return depth_.size() <= kMaxJsonDepth; }
  void Refuse(std::string_view expected);
  void Cancel();

  JsonHandler& handler_;
  const std::size_t max_token_;
  const Next after_text_;          // what may come behind a whole text
  const std::size_t outer_depth_;  // of the array that lines are reported as
  std::optional<Error> error_;

  // The piece at hand.
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::size_t base_ = 0;  // where begin_ is in the text

  Next next_ = Next::kValue;
  Inside inside_ = Inside::kMark;
  bool in_object_ = false;   // == depth_.back()
  std::vector<bool> depth_;  // the open containers: whether each is an object
  std::size_t deep_begin_ = 0;

  std::size_t token_begin_ = 0;
  std::string token_;  // of the value being read, what is not in the piece as it is to be reported
  Digits digits_ = Digits::kSign;
  std::string_view word_;  // also the byte order mark
  std::size_t word_at_ = 0;
  JsonType word_type_ = JsonType::kNull;
  std::uint32_t hex_ = 0;
  int hex_digits_ = 0;
  std::uint32_t high_ = 0;  // the first unit of a pair, while the second is awaited
};

}  // namespace o2o
