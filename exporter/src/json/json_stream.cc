// SPDX-License-Identifier: Apache-2.0
#include "json/json_stream.h"

#include <array>
#include <cstdio>
#include <utility>

#include "base/ascii.h"

// Written by hand, since RapidJSON 1.1.0 cannot do what one bad row asks for: it refuses 1e999 and long
// integers with the whole text, also under kParseNumbersAsStringsFlag, breaks off at a lone surrogate, does
// not report where a value ends, and cannot be fed in pieces. A test holds the two against each other.
//
// A state machine: what may come next is a state, the open containers are a stack of bits, a value that goes
// over the end of a piece is a state and its text so far. No recursion, so that the stack of a small thread
// is enough.
namespace o2o {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kInfinity = "Infinity";
constexpr std::size_t kInf = 3;  // of which so much is a number too

constexpr bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string Shown(char c) {
  if (c > 0x20 && c < 0x7F) return std::string("'") + c + "'";
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "byte 0x%02X",
                static_cast<unsigned>(static_cast<unsigned char>(c)));
  return text.data();
}

std::string_view View(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

Result<void> JsonStream::Feed(std::string_view piece) {
  if (error_) return Outcome();
  begin_ = at_ = piece.data();
  end_ = begin_ + piece.size();
  try {
    OpenLines();
    ReadOn();
  } catch (...) {
    // Memory ended in the handler, or here: nothing may point into the piece any longer, and what follows
    // does not continue what was read.
    LeavePiece();
    error_.emplace(Error{ErrorCode::kInternal, "broken off"});
    throw;
  }
  LeavePiece();
  if (!error_ && inside_ != Inside::kNone && token_.size() > max_token_) {
    error_ = Error{ErrorCode::kTooLarge, "a value of more than " + std::to_string(max_token_) +
                                             " bytes, from byte " + std::to_string(token_begin_) + " on"};
  }
  return Outcome();
}

void JsonStream::LeavePiece() {
  base_ = Offset();
  begin_ = at_ = end_ = nullptr;
}

Result<void> JsonStream::Finish() {
  OpenLines();
  if (error_) return Outcome();
  if (inside_ == Inside::kMark) {
    ReadMark();
  } else if ((inside_ == Inside::kNumber && IsWholeNumber()) || (inside_ == Inside::kWord && IsInf())) {
    Report(JsonType::kNumber, token_);
  }
  if (!error_ && (next_ != after_text_ || inside_ != Inside::kNone)) Refuse("more");
  if (!error_ && outer_depth_ > 0 && !handler_.Close(JsonType::kArray, Offset())) Cancel();
  return Outcome();
}

// The array that they are reported as.
void JsonStream::OpenLines() {
  if (depth_.size() >= outer_depth_) return;
  depth_.push_back(false);
  next_ = Next::kLine;
  if (!handler_.Open(JsonType::kArray, 0)) Cancel();
}

Result<void> JsonStream::Outcome() const {
  if (error_) return tl::unexpected<Error>(*error_);
  return {};
}

void JsonStream::ReadOn() {
  while (at_ != end_ && !error_) {
    if (inside_ != Inside::kNone) {
      ReadToken();
      continue;
    }
    const char c = *at_;
    if (IsBlank(c)) {
      ++at_;
      continue;
    }
    switch (next_) {
      case Next::kValueOrEnd:
        if (c == ']') {
          CloseContainer();
          break;
        }
        [[fallthrough]];
      case Next::kValue:
      case Next::kLine: ReadValue(c); break;
      case Next::kKeyOrEnd:
        if (c == '}') {
          CloseContainer();
          break;
        }
        [[fallthrough]];
      case Next::kKey: ReadKey(c); break;
      case Next::kColon:
        if (c != ':') return Refuse("a colon");
        ++at_;
        next_ = Next::kValue;
        break;
      case Next::kCommaOrEnd:
        if (c == ',') {
          ++at_;
          next_ = in_object_ ? Next::kKey : Next::kValue;
        } else if (c == (in_object_ ? '}' : ']')) {
          CloseContainer();
        } else {
          return Refuse(in_object_ ? "a comma or }" : "a comma or ]");
        }
        break;
      case Next::kNothing: return Refuse("nothing after the end of the JSON");
    }
  }
}

// Continues a value that began in an earlier piece.
void JsonStream::ReadToken() {
  switch (inside_) {
    case Inside::kMark: return ReadMark();
    case Inside::kNumber: return ContinueNumber(at_);
    case Inside::kWord: return ContinueWord();
    default: return ContinueString();
  }
}

void JsonStream::ReadValue(char c) {
  token_begin_ = Offset();
  switch (c) {
    case '"': return BeginString();
    case '{': return OpenContainer(JsonType::kObject);
    case '[': return OpenContainer(JsonType::kArray);
    case 't': return BeginWord("true", JsonType::kBool);
    case 'f': return BeginWord("false", JsonType::kBool);
    case 'n': return BeginWord("null", JsonType::kNull);
    default: return BeginNumber(c);
  }
}

void JsonStream::ReadKey(char c) {
  if (c != '"') return Refuse(next_ == Next::kKeyOrEnd ? "a key or }" : "a key");
  token_begin_ = Offset();
  BeginString();
}

// At the very start: the whole mark or none of it.
void JsonStream::ReadMark() {
  while (at_ != end_ && word_at_ < kByteOrderMark.size() && *at_ == kByteOrderMark[word_at_]) {
    ++at_;
    ++word_at_;
  }
  if (word_at_ == 0 || word_at_ == kByteOrderMark.size()) {
    inside_ = Inside::kNone;
  } else if (at_ != end_ || begin_ == nullptr) {
    // Points at its first byte, which may be in an earlier piece.
    begin_ = at_ = kByteOrderMark.data();
    end_ = at_ + 1;
    base_ = 0;
    Refuse("a value");
  }
}

void JsonStream::OpenContainer(JsonType type) {
  if (depth_.size() == kMaxJsonNesting) {
    return Refuse("no more than " + std::to_string(kMaxJsonNesting) + " levels");
  }
  ++at_;
  in_object_ = type == JsonType::kObject;
  depth_.push_back(in_object_);
  next_ = in_object_ ? Next::kKeyOrEnd : Next::kValueOrEnd;
  if (IsReported()) {
    if (!handler_.Open(type, token_begin_)) Cancel();
  } else if (depth_.size() == kMaxJsonDepth + 1) {
    deep_begin_ = token_begin_;
  }
}

void JsonStream::CloseContainer() {
  const JsonType type = in_object_ ? JsonType::kObject : JsonType::kArray;
  const bool reported = IsReported();
  ++at_;
  depth_.pop_back();
  in_object_ = !depth_.empty() && depth_.back();
  ValueDone();
  if (reported) {
    if (!handler_.Close(type, Offset())) Cancel();
  } else if (depth_.size() == kMaxJsonDepth) {
    if (!handler_.TooDeep({deep_begin_, Offset()})) Cancel();
  }
}

void JsonStream::Report(JsonType type, std::string_view text) {
  inside_ = Inside::kNone;
  ValueDone();
  if (IsReported() && !handler_.Scalar(type, text, {token_begin_, Offset()})) Cancel();
}

void JsonStream::ValueDone() { next_ = depth_.size() <= outer_depth_ ? after_text_ : Next::kCommaOrEnd; }

void JsonStream::BeginNumber(char c) {
  token_.clear();
  if (c == 'N') return BeginWord("NaN", JsonType::kNumber);
  if (c == 'I') return BeginWord(kInfinity, JsonType::kNumber);
  if (c != '-' && !IsDigit(c)) return Refuse("a value");
  digits_ = c == '-' ? Digits::kSign : c == '0' ? Digits::kZero : Digits::kWhole;
  inside_ = Inside::kNumber;
  const char* const first = at_++;
  ContinueNumber(first);
}

// `first` is the number's first byte in this piece.
void JsonStream::ContinueNumber(const char* first) {
  while (at_ != end_ && TakeIntoNumber(*at_)) {
    ++at_;
    // Most of a number are digits behind digits, which change nothing.
    if (digits_ == Digits::kWhole || digits_ == Digits::kFraction || digits_ == Digits::kExponent) {
      while (at_ != end_ && IsDigit(*at_)) ++at_;
    }
  }
  if (at_ == end_) {
    token_.append(first, at_);
  } else if (digits_ == Digits::kSign && (*at_ == 'N' || *at_ == 'I')) {
    token_ = "-";
    BeginWord(*at_ == 'N' ? "NaN" : kInfinity, JsonType::kNumber);
  } else if (!IsWholeNumber()) {
    Refuse("a digit");
  } else if (token_.empty()) {
    Report(JsonType::kNumber, View(first, at_));
  } else {
    token_.append(first, at_);
    Report(JsonType::kNumber, token_);
  }
}

// Whether this byte continues the number so far.
bool JsonStream::TakeIntoNumber(char c) {
  const auto go = [this](Digits digits) {
    digits_ = digits;
    return true;
  };
  switch (digits_) {
    case Digits::kSign: return IsDigit(c) && go(c == '0' ? Digits::kZero : Digits::kWhole);
    case Digits::kWhole:
      if (IsDigit(c)) return true;
      [[fallthrough]];
    case Digits::kZero:
      if (c == '.') return go(Digits::kPoint);
      return (c == 'e' || c == 'E') && go(Digits::kE);
    case Digits::kPoint: return IsDigit(c) && go(Digits::kFraction);
    case Digits::kFraction: return IsDigit(c) || ((c == 'e' || c == 'E') && go(Digits::kE));
    case Digits::kE:
      if (c == '+' || c == '-') return go(Digits::kESign);
      [[fallthrough]];
    case Digits::kESign: return IsDigit(c) && go(Digits::kExponent);
    case Digits::kExponent: return IsDigit(c);
  }
  return false;
}

bool JsonStream::IsWholeNumber() const {
  return digits_ == Digits::kZero || digits_ == Digits::kWhole || digits_ == Digits::kFraction ||
         digits_ == Digits::kExponent;
}

// Of a number, a sign may be in token_ already.
void JsonStream::BeginWord(std::string_view word, JsonType type) {
  if (type != JsonType::kNumber) {
    if (View(at_, end_).starts_with(word)) {
      at_ += word.size();
      return Report(type, word);
    }
    token_.clear();
  }
  word_ = word;
  word_at_ = 0;
  word_type_ = type;
  inside_ = Inside::kWord;
  ContinueWord();
}

// On a mismatch the error points at the first byte that differs.
void JsonStream::ContinueWord() {
  for (; at_ != end_ && word_at_ < word_.size() && *at_ == word_[word_at_]; ++at_, ++word_at_) {
    token_.push_back(*at_);
  }
  if (word_at_ == word_.size() || (at_ != end_ && IsInf())) return Report(word_type_, token_);
  if (at_ != end_) Refuse(word_);
}

// "Inf", which is a number as it is and might become "Infinity".
bool JsonStream::IsInf() const { return word_ == kInfinity && word_at_ == kInf; }

void JsonStream::Refuse(std::string_view expected) {
  std::string message;
  if (at_ == end_) {
    message = Offset() == 0 ? "there is nothing, expected JSON"
                            : "the JSON ends in the middle, at byte " + std::to_string(Offset());
  } else {
    message = "not JSON at byte " + std::to_string(Offset()) + ": found " + Shown(*at_) + ", expected " +
              std::string(expected);
  }
  error_ = Error{ErrorCode::kBadJson, std::move(message)};
}

void JsonStream::Cancel() {
  error_ = Error{ErrorCode::kCancelled, "the reading was ended at byte " + std::to_string(Offset())};
}

}  // namespace o2o
