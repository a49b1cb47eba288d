// SPDX-License-Identifier: Apache-2.0
#include "base/redaction.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/mutex.h"

namespace o2o::redaction {
namespace {

constexpr std::string_view kMask = "<secret>";
constexpr std::size_t kLeastBytes = 4;
constexpr std::size_t kLeastInside = 8;  // shorter ones are found as whole words only
constexpr std::size_t kLeastBase64 = 6;
constexpr std::size_t kWindow = 4;  // bytes of a text that are looked at together; no pattern has fewer
// Of secrets that nobody holds any longer: what an upstream was told a moment ago may still come back.
constexpr std::size_t kMostReleased = 64;

struct Pattern {
  std::string text;
  bool inside = true;  // also within a longer word
};

// What to look for; immutable. Patterns are kept by their first byte.
struct Table {
  std::array<std::vector<Pattern>, 256> by_first;
  std::bitset<256> starts;  // bytes with which a match may begin
  // For MayHold: the hashes of all windows of all patterns, and how many bytes any match has.
  std::bitset<1u << 16> windows;
  std::size_t least_bytes = std::numeric_limits<std::size_t>::max();
};

// The hash of the window that begins there.
std::size_t Window(const char* at) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, at, kWindow);
  return (bytes * 2'654'435'769u) >> 16;
}

bool IsWordByte(char c) { return IsDigit(c) || IsLetter(c) || static_cast<unsigned char>(c) >= 0x80; }

std::optional<std::uint32_t> Hex(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char c : digits) {
    const char lower = Lower(c);
    if (!IsDigit(c) && (lower < 'a' || lower > 'f')) return std::nullopt;
    value = value << 4 | static_cast<std::uint32_t>(IsDigit(c) ? c - '0' : lower - 'a' + 10);
  }
  return value;
}

// A text that begins with one of these may encode another character.
constexpr std::string_view kEscapes = "%+\\&";

bool IsEscape(char c) { return kEscapes.find(c) != std::string_view::npos; }

// Bytes that encode others: how many they are, and what they mean.
struct Decoded {
  std::size_t length = 0;  // 0: they mean themselves
  std::array<char, 4> bytes{};
  std::size_t count = 0;

  std::string_view text() const { return {bytes.data(), count}; }
};

Decoded OneByte(std::size_t length, char byte) { return {length, {byte}, 1}; }

Decoded Utf8(std::size_t length, std::uint32_t c) {
  const auto tail = [c](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) return OneByte(length, static_cast<char>(c));
  if (c < 0x800) return {length, {static_cast<char>(0xC0 | c >> 6), tail(0)}, 2};
  if (c < 0x10000) return {length, {static_cast<char>(0xE0 | c >> 12), tail(6), tail(0)}, 3};
  return {length, {static_cast<char>(0xF0 | c >> 18), tail(12), tail(6), tail(0)}, 4};
}

Decoded DecodeUnicodeEscape(std::string_view text) {
  const auto unit = [&](std::size_t at) -> std::optional<std::uint32_t> {
    if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
    return Hex(text.substr(at + 2, 4));
  };
  const auto first = unit(0);
  if (!first) return {};
  if (*first < 0xD800 || *first > 0xDBFF) return Utf8(6, *first);
  const auto second = unit(6);
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return {};
  return Utf8(12, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
}

Decoded DecodeEscape(std::string_view text) {
  if (text.size() < 2) return {};
  switch (text[1]) {
    case '"':
    case '\\':
    case '/':
    case '\'': return OneByte(2, text[1]);
    case 't': return OneByte(2, '\t');
    case 'x':
      if (const auto byte = text.size() >= 4 ? Hex(text.substr(2, 2)) : std::nullopt)
        return OneByte(4, static_cast<char>(*byte));
      return {};
    case 'u': return DecodeUnicodeEscape(text);
    default: return {};
  }
}

Decoded DecodeEntity(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 8> kEntities = {{{"&amp;", '&'},
                                                                                  {"&lt;", '<'},
                                                                                  {"&gt;", '>'},
                                                                                  {"&quot;", '"'},
                                                                                  {"&#34;", '"'},
                                                                                  {"&#39;", '\''},
                                                                                  {"&#x27;", '\''},
                                                                                  {"&apos;", '\''}}};
  for (const auto& [entity, c] : kEntities) {
    if (text.starts_with(entity)) return OneByte(entity.size(), c);
  }
  return {};
}

Decoded Decode(std::string_view text) {
  switch (text.front()) {
    case '%':
      if (const auto byte = text.size() >= 3 ? Hex(text.substr(1, 2)) : std::nullopt)
        return OneByte(3, static_cast<char>(*byte));
      return {};
    case '+': return OneByte(1, ' ');
    case '\\': return DecodeEscape(text);
    case '&': return DecodeEntity(text);
    default: return {};
  }
}

// The same where something was encoded twice, as JSON in a string of JSON.
Decoded DecodeTwice(std::string_view text) {
  constexpr std::size_t kLongest = 12;  // of what Decode() takes
  const Decoded first = Decode(text);
  const bool may_be_more =
      first.length > 0 ? IsEscape(first.bytes[0]) : text.front() == '\\';  // before one of another encoding
  if (!may_be_more) return first;
  std::array<char, kLongest> once{};
  std::array<std::size_t, kLongest> ends{};  // in `text`
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size() && count < kLongest; ++count) {
    const Decoded decoded = Decode(text.substr(at));
    if (decoded.count > 1) break;
    once[count] = decoded.length > 0 ? decoded.bytes[0] : text[at];
    at += std::max<std::size_t>(decoded.length, 1);
    ends[count] = at;
  }
  Decoded twice = count == 0 ? Decoded{} : Decode({once.data(), count});
  if (twice.length == 0) return first;
  twice.length = ends[twice.length - 1];
  return twice;
}

using Decoder = Decoded (*)(std::string_view);

// How many bytes of a secret are known at the end of a text, which may have been cut there.
constexpr std::size_t LeastCut(std::size_t secret_bytes) {
  return std::max(kLeastInside, secret_bytes / 2 + secret_bytes % 2);
}

// How many bytes from the beginning of `text` on decode to `secret`; 0: it is not there. `escaped`: whether
// there was anything to decode.
std::size_t DecodedLength(std::string_view text, std::string_view secret, Decoder decode, bool& escaped) {
  std::size_t at = 0;
  std::size_t matched = 0;
  while (matched < secret.size()) {
    if (at == text.size()) return matched >= LeastCut(secret.size()) ? at : 0;
    escaped = escaped || IsEscape(text[at]);
    const Decoded decoded = decode(text.substr(at));
    if (decoded.length > 0 && secret.substr(matched).starts_with(decoded.text())) {
      at += decoded.length;
      matched += decoded.count;
    } else if (text[at] == secret[matched]) {
      ++at;
      ++matched;
    } else {
      return 0;
    }
  }
  return at;
}

// How many bytes from the beginning of `text` on are `secret` as it is, or decode to it; 0: it is not there.
std::size_t MatchLength(std::string_view text, std::string_view secret) {
  const std::size_t plain = text.starts_with(secret) ? secret.size() : 0;
  bool escaped = false;
  std::size_t decoded = DecodedLength(text, secret, Decode, escaped);
  if (decoded == 0 && escaped) decoded = DecodedLength(text, secret, DecodeTwice, escaped);
  return std::max(plain, decoded);
}

// Where a secret begins and how long it is there.
struct Found {
  std::size_t at = 0;
  std::size_t length = 0;
};

std::size_t LengthAt(const Table& table, std::string_view text, std::size_t at) {
  const auto longest_of = [&](char first) {
    std::size_t longest = 0;
    for (const Pattern& pattern : table.by_first[static_cast<unsigned char>(first)]) {
      const std::size_t length = MatchLength(text.substr(at), pattern.text);
      const std::size_t end = at + length;
      const bool inside_a_word =
          (at > 0 && IsWordByte(text[at - 1])) || (end < text.size() && IsWordByte(text[end]));
      if (!pattern.inside && inside_a_word) continue;
      longest = std::max(longest, length);
    }
    return longest;
  };
  std::size_t longest = longest_of(text[at]);
  if (!IsEscape(text[at])) return longest;
  for (const Decoder decode : {Decode, DecodeTwice}) {
    const Decoded decoded = decode(text.substr(at));
    if (decoded.length > 0) longest = std::max(longest, longest_of(decoded.bytes[0]));
  }
  return longest;
}

Found Find(const Table& table, std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size(); ++at) {
    if (!table.starts[static_cast<unsigned char>(text[at])]) continue;
    if (const std::size_t length = LengthAt(table, text, at)) return {at, length};
  }
  return {text.size(), 0};
}

constexpr std::uint64_t EightTimes(char byte) {
  return 0x0101010101010101u * static_cast<unsigned char>(byte);
}

// The top bit of some byte, if and only if some byte is zero.
constexpr std::uint64_t ZeroByte(std::uint64_t word) {
  return (word - EightTimes(1)) & ~word & EightTimes(static_cast<char>(0x80));
}

// Whether one of eight bytes is what Decode looks at, or $ or an apostrophe, the neighbours of % and &.
bool MayDecode(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return (ZeroByte((word & EightTimes(static_cast<char>(0xFC))) ^ EightTimes('$')) |
          ZeroByte(word ^ EightTimes('+')) | ZeroByte(word ^ EightTimes('\\'))) != 0;
}

bool MayDecode(std::string_view text) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (text.size() < kWord) return text.find_first_of(kEscapes) != std::string_view::npos;
  const char* const last = text.data() + text.size() - kWord;
  for (const char* at = text.data(); at < last; at += kWord) {
    if (MayDecode(at)) return true;
  }
  return MayDecode(last);
}

// False where no secret is in `text`: of nearly all texts, each label of each row among them, that is known
// by a few looks.
bool MayHold(const Table& table, std::string_view text) {
  if (text.size() < table.least_bytes) return false;
  if (MayDecode(text)) return true;
  // Whatever is not encoded covers one of the windows at this distance.
  const std::size_t stride = table.least_bytes - kWindow + 1;
  for (std::size_t at = stride - 1; at + kWindow <= text.size(); at += stride) {
    if (table.windows[Window(text.data() + at)]) return true;
  }
  return false;
}

// What base64 makes of `secret` behind `before` other bytes, without the digits that others have a share in.
std::string InsideBase64(const std::string& secret, std::size_t before) {
  const std::string digits = Base64(std::string(before, '\0') + secret);
  const std::size_t first = (8 * before + 5) / 6;
  const std::size_t end = 8 * (before + secret.size()) / 6;
  return digits.substr(first, end - first);
}

// The password of user:password@ in a URL, or of a connection string's password=.
std::string PasswordIn(std::string_view text) {
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    std::string_view rest = text.substr(scheme + 3);
    const std::size_t user_end = rest.substr(0, rest.find_first_of("/?#")).rfind('@');
    if (user_end == std::string_view::npos) return {};
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos || colon >= user_end) return {};
    rest = rest.substr(colon + 1, user_end - colon - 1);
    std::string decoded;
    while (!rest.empty()) {
      const Decoded one = rest.front() == '%' ? Decode(rest) : Decoded{};
      decoded += one.length > 0 ? one.text() : rest.substr(0, 1);
      rest.remove_prefix(std::max<std::size_t>(one.length, 1));
    }
    return decoded;
  }
  constexpr std::string_view kKey = "password=";
  const std::size_t key = text.find(kKey);
  if (key == std::string_view::npos) return {};
  std::string_view value = text.substr(key + kKey.size());
  if (!value.starts_with('\'')) return std::string(value.substr(0, value.find(' ')));
  std::string unquoted;
  for (std::size_t i = 1; i < value.size() && value[i] != '\''; ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    unquoted += value[i];
  }
  return unquoted;
}

void AddPattern(Table& table, Pattern pattern) {
  const std::string_view text = pattern.text;
  for (std::size_t at = 0; at + kWindow <= text.size(); ++at) table.windows.set(Window(text.data() + at));
  table.least_bytes = std::min({table.least_bytes, text.size(), LeastCut(text.size())});
  const auto first = static_cast<unsigned char>(text[0]);
  table.starts.set(first);
  table.by_first[first].push_back(std::move(pattern));
}

void AddSecret(Table& table, const std::string& secret) {
  if (secret.size() < kLeastBytes) return;
  AddPattern(table, {secret, secret.size() >= kLeastInside});
  for (std::size_t before = 0; before < 3; ++before) {
    std::string digits = InsideBase64(secret, before);
    if (digits.size() < kLeastBase64) continue;
    std::string url_digits = digits;
    std::replace(url_digits.begin(), url_digits.end(), '+', '-');
    std::replace(url_digits.begin(), url_digits.end(), '/', '_');
    if (url_digits != digits) AddPattern(table, {std::move(url_digits)});
    AddPattern(table, {std::move(digits)});
  }
}

class Registry {
 public:
  Registration Register(std::string_view text) {
    const MutexLock lock(mutex_);
    const auto entry = entries_.try_emplace(std::string(text)).first;
    ++entry->second.holders;  // where memory ends below, the deleter takes it back
    Registration registration(&entry->second, [this](Entry* of) { Release(*of); });
    if (!entry->second.in_table) Rebuild();
    return registration;
  }

  // Null where nothing is registered. Lives until this thread asks the next time; no lock is taken unless the
  // table has changed since.
  const Table* table() const {
    const std::uint64_t version = version_.load(std::memory_order_acquire);
    if (version == 0) return nullptr;
    thread_local std::uint64_t seen = 0;
    thread_local std::shared_ptr<const Table> table;
    if (seen != version) {
      const MutexLock lock(table_mutex_);
      table = table_;
      seen = version;
    }
    return table.get();
  }

 private:
  struct Entry {
    std::size_t holders = 0;
    std::uint64_t released = 0;  // which release was its last
    bool in_table = false;
  };

  // Takes no memory: it may run while there is none.
  void Release(Entry& entry) {
    const MutexLock lock(mutex_);
    --entry.holders;
    entry.released = ++releases_;
  }

  void ForgetOldest() O2O_REQUIRES(mutex_) {
    std::size_t unheld = 0;
    for (const auto& [text, entry] : entries_) unheld += entry.holders == 0;
    for (; unheld > kMostReleased; --unheld) {
      auto oldest = entries_.end();
      for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        if (entry->second.holders > 0) continue;
        if (oldest == entries_.end() || entry->second.released < oldest->second.released) oldest = entry;
      }
      entries_.erase(oldest);
    }
  }

  void Rebuild() O2O_REQUIRES(mutex_) {
    ForgetOldest();
    auto table = std::make_shared<Table>();
    for (const char c : kEscapes) table->starts.set(static_cast<unsigned char>(c));
    for (const auto& [text, entry] : entries_) {
      AddSecret(*table, text);
      if (const std::string password = PasswordIn(text); password != text) AddSecret(*table, password);
    }
    for (auto& [text, entry] : entries_) entry.in_table = true;
    const MutexLock lock(table_mutex_);
    table_ = std::move(table);
    version_.fetch_add(1, std::memory_order_release);
  }

  RecursiveMutex mutex_;  // where memory ends in Register(), a release comes while it is held
  std::map<std::string, Entry> entries_ O2O_GUARDED_BY(mutex_);
  std::uint64_t releases_ O2O_GUARDED_BY(mutex_) = 0;
  mutable Mutex table_mutex_;
  std::shared_ptr<const Table> table_ O2O_GUARDED_BY(table_mutex_);
  std::atomic<std::uint64_t> version_ = 0;
};

// Never destroyed: secrets and log lines may outlive everything else.
Registry& TheRegistry() {
  static Registry& registry = *new Registry;
  return registry;
}

}  // namespace

Registration Register(std::string_view text) {
  return text.size() < kLeastBytes ? nullptr : TheRegistry().Register(text);
}

std::string Mask(std::string text) {
  const Table* const table = TheRegistry().table();
  if (table == nullptr || !MayHold(*table, text)) return text;
  Found found = Find(*table, text, 0);
  if (found.length == 0) return text;
  std::string masked;
  std::size_t from = 0;
  for (; found.length > 0; found = Find(*table, text, from)) {
    masked.append(text, from, found.at - from);
    masked += kMask;
    from = found.at + found.length;
  }
  return masked.append(text, from);
}

bool HoldsSecret(std::string_view text) {
  const Table* const table = TheRegistry().table();
  return table != nullptr && MayHold(*table, text) && Find(*table, text, 0).length > 0;
}

}  // namespace o2o::redaction
