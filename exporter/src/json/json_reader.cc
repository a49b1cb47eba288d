// SPDX-License-Identifier: Apache-2.0
#include "json/json_reader.h"

#include <array>
#include <bitset>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

// Written by hand, since RapidJSON 1.1.0 cannot do what one bad row asks for: it refuses 1e999 and long
// integers with the whole text, also under kParseNumbersAsStringsFlag, breaks off at a lone surrogate, and
// does not tell where a value ends. A test holds the two against each other.
namespace o2o {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::uint32_t kReplacement = 0xFFFD;

constexpr bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
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

// A state machine over one text: what may come next is a state, the open containers are a stack of bits. No
// recursion, so that the stack of a small thread is enough.
class Reader {
 public:
  Reader(std::string_view text, JsonHandler& handler)
      : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()), handler_(handler) {}

  Result<void> Read() {
    if (Rest().starts_with(kByteOrderMark)) at_ += kByteOrderMark.size();
    while (!error_ && next_ != Next::kNothing) Step();
    if (!error_) {
      SkipBlanks();
      if (at_ != end_) Refuse("nothing more after the end of the JSON");
    }
    if (error_) return tl::unexpected<Error>(*std::move(error_));
    return {};
  }

 private:
  enum class Next { kValue, kValueOrEnd, kKey, kKeyOrEnd, kColon, kCommaOrEnd, kNothing };

  std::string_view Rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  std::size_t Offset() const { return static_cast<std::size_t>(at_ - begin_); }
  bool InObject() const { return is_object_[static_cast<std::size_t>(depth_ - 1)]; }
  void SkipBlanks() {
    while (at_ != end_ && IsBlank(*at_)) ++at_;
  }

  void Step() {
    SkipBlanks();
    if (at_ == end_) return Refuse("more");
    const char c = *at_;
    switch (next_) {
      case Next::kValueOrEnd:
        if (c == ']') return CloseContainer();
        [[fallthrough]];
      case Next::kValue: return ReadValue(c);
      case Next::kKeyOrEnd:
        if (c == '}') return CloseContainer();
        [[fallthrough]];
      case Next::kKey: return ReadKey(c);
      case Next::kColon:
        if (c != ':') return Refuse("a colon");
        ++at_;
        next_ = Next::kValue;
        return;
      case Next::kCommaOrEnd:
        if (c == (InObject() ? '}' : ']')) return CloseContainer();
        if (c != ',') return Refuse(InObject() ? "a comma or }" : "a comma or ]");
        ++at_;
        next_ = InObject() ? Next::kKey : Next::kValue;
        return;
      case Next::kNothing: return;
    }
  }

  void ReadValue(char c) {
    switch (c) {
      case '{': return OpenContainer(JsonType::kObject);
      case '[': return OpenContainer(JsonType::kArray);
      case '"': {
        const std::size_t begin = Offset();
        const std::optional<std::string_view> text = ReadString();
        if (text) Tell(JsonType::kString, *text, begin);
        return;
      }
      case 't': return ReadWord("true", JsonType::kBool);
      case 'f': return ReadWord("false", JsonType::kBool);
      case 'n': return ReadWord("null", JsonType::kNull);
      default: return ReadNumber();
    }
  }

  void ReadKey(char c) {
    if (c != '"') return Refuse(next_ == Next::kKeyOrEnd ? "a key or }" : "a key");
    const std::optional<std::string_view> key = ReadString();
    if (!key) return;
    if (!handler_.Key(*key)) return Cancel();
    next_ = Next::kColon;
  }

  void OpenContainer(JsonType type) {
    if (depth_ == kMaxJsonDepth) return Refuse("no more than " + std::to_string(kMaxJsonDepth) + " levels");
    const std::size_t begin = Offset();
    ++at_;
    is_object_[static_cast<std::size_t>(depth_++)] = type == JsonType::kObject;
    if (!handler_.Open(type, begin)) return Cancel();
    next_ = type == JsonType::kObject ? Next::kKeyOrEnd : Next::kValueOrEnd;
  }

  void CloseContainer() {
    const JsonType type = InObject() ? JsonType::kObject : JsonType::kArray;
    ++at_;
    --depth_;
    if (!handler_.Close(type, Offset())) return Cancel();
    ValueDone();
  }

  void Tell(JsonType type, std::string_view text, std::size_t begin) {
    if (!handler_.Scalar(type, text, {begin, Offset()})) return Cancel();
    ValueDone();
  }

  void ValueDone() { next_ = depth_ == 0 ? Next::kNothing : Next::kCommaOrEnd; }

  void ReadWord(std::string_view word, JsonType type) {
    const std::size_t begin = Offset();
    if (!Take(word)) return;
    Tell(type, word, begin);
  }

  // On a mismatch the error points at the first byte that differs.
  bool Take(std::string_view word) {
    for (const char c : word) {
      if (at_ == end_ || *at_ != c) {
        Refuse(word);
        return false;
      }
      ++at_;
    }
    return true;
  }

  void ReadNumber() {
    const char* const begin = at_;
    if (*at_ == '-') ++at_;
    if (at_ != end_ && (*at_ == 'N' || *at_ == 'I')) {
      if (!Take(*at_ == 'N' ? "NaN" : "Inf")) return;
      if (at_ != end_ && *at_ == 'i' && !Take("inity")) return;
    } else {
      if (at_ == end_ || !IsDigit(*at_)) return Refuse(at_ == begin ? "a value" : "a digit");
      if (*at_ == '0') {
        ++at_;
      } else {
        TakeDigits();
      }
      if (at_ != end_ && *at_ == '.') {
        ++at_;
        if (!TakeDigits()) return Refuse("a digit");
      }
      if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
        ++at_;
        if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
        if (!TakeDigits()) return Refuse("a digit");
      }
    }
    Tell(JsonType::kNumber, {begin, static_cast<std::size_t>(at_ - begin)},
         static_cast<std::size_t>(begin - begin_));
  }

  bool TakeDigits() {
    const char* const first = at_;
    while (at_ != end_ && IsDigit(*at_)) ++at_;
    return at_ != first;
  }

  // At a quote. The view points into the text, or into scratch_ where there were escapes.
  std::optional<std::string_view> ReadString() {
    const char* const first = ++at_;
    SkipPlain();
    if (at_ != end_ && *at_ == '"') {
      const std::string_view plain(first, static_cast<std::size_t>(at_ - first));
      ++at_;
      return plain;
    }
    scratch_.assign(first, at_);
    while (at_ != end_ && *at_ != '"') {
      ++at_;  // the backslash
      if (!ReadEscape()) return std::nullopt;
      const char* const run = at_;
      SkipPlain();
      scratch_.append(run, at_);
    }
    if (at_ == end_) {
      Refuse("a quote");
      return std::nullopt;
    }
    ++at_;
    return scratch_;
  }

  void SkipPlain() {
    while (at_ != end_ && *at_ != '"' && *at_ != '\\') ++at_;
  }

  bool ReadEscape() {
    if (at_ == end_) {
      Refuse("an escape");
      return false;
    }
    switch (*at_) {
      case '"':
      case '\\':
      case '/': scratch_.push_back(*at_); break;
      case 'b': scratch_.push_back('\b'); break;
      case 'f': scratch_.push_back('\f'); break;
      case 'n': scratch_.push_back('\n'); break;
      case 'r': scratch_.push_back('\r'); break;
      case 't': scratch_.push_back('\t'); break;
      case 'u': ++at_; return ReadUnicodeEscape();
      default: Refuse("one of \"\\/bfnrtu after a backslash"); return false;
    }
    ++at_;
    return true;
  }

  // Behind "\u".
  bool ReadUnicodeEscape() {
    const std::optional<std::uint32_t> unit = ReadHex();
    if (!unit) return false;
    std::uint32_t code_point = *unit;
    if (IsLowSurrogate(code_point)) code_point = kReplacement;
    if (IsHighSurrogate(code_point)) {
      const char* const behind_first = at_;
      code_point = kReplacement;
      if (Rest().starts_with("\\u")) {
        at_ += 2;
        const std::optional<std::uint32_t> second = ReadHex();
        if (!second) return false;
        if (IsLowSurrogate(*second)) {
          code_point = 0x10000 + ((*unit - 0xD800) << 10) + (*second - 0xDC00);
        } else {
          at_ = behind_first;  // an escape of its own
        }
      }
    }
    AppendUtf8(code_point, scratch_);
    return true;
  }

  std::optional<std::uint32_t> ReadHex() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = at_ == end_ ? '\0' : *at_;
      if (IsDigit(c)) {
        value = value << 4 | static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        value = value << 4 | static_cast<std::uint32_t>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        value = value << 4 | static_cast<std::uint32_t>(c - 'A' + 10);
      } else {
        Refuse("four hexadecimal digits after \\u");
        return std::nullopt;
      }
    }
    return value;
  }

  void Refuse(std::string_view due) {
    std::string message;
    if (at_ == end_) {
      message = begin_ == end_ ? "there is nothing where JSON is due"
                               : "the JSON ends in the middle, at byte " + std::to_string(Offset());
    } else {
      message = "no JSON at byte " + std::to_string(Offset()) + ": found " + Found() + ", due is " +
                std::string(due);
    }
    error_ = Error{ErrorCode::kBadJson, std::move(message)};
  }

  std::string Found() const {
    if (*at_ > 0x20 && *at_ < 0x7F) return std::string("'") + *at_ + "'";
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "byte 0x%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(*at_)));
    return text.data();
  }

  void Cancel() {
    error_ = Error{ErrorCode::kCancelled, "the reading was ended at byte " + std::to_string(Offset())};
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  JsonHandler& handler_;
  Next next_ = Next::kValue;
  std::bitset<kMaxJsonDepth> is_object_;
  int depth_ = 0;
  std::string scratch_;
  std::optional<Error> error_;
};

}  // namespace

std::string_view Describe(JsonType type) {
  switch (type) {
    case JsonType::kNull: return "null";
    case JsonType::kBool: return "a boolean";
    case JsonType::kNumber: return "a number";
    case JsonType::kString: return "a string";
    case JsonType::kObject: return "an object";
    case JsonType::kArray: return "an array";
  }
  return "null";
}

Result<void> ReadJson(std::string_view text, JsonHandler& handler) { return Reader(text, handler).Read(); }

bool LooksLikeJson(std::string_view body) {
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  while (!body.empty() && IsBlank(body.front())) body.remove_prefix(1);
  if (body.empty()) return false;
  const char c = body.front();
  if (std::strchr("{[\"-", c) != nullptr || IsDigit(c)) return c != '\0';
  for (const std::string_view word : {"true", "false", "null", "NaN", "Infinity"}) {
    if (body.starts_with(word)) return true;
  }
  return false;
}

}  // namespace o2o
