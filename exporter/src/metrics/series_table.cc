// SPDX-License-Identifier: Apache-2.0
#include "metrics/series_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <new>
#include <random>
#include <string>

namespace o2o {
namespace {

// An entry: key size (4 bytes), room for a value (1), value size (1), key, value; aligned to a unit, so that
// 32 bits address 32 GiB.
constexpr std::size_t kHead = 6;
constexpr std::size_t kUnit = 8;
constexpr std::size_t kBlockBytes = 1u << 20;
constexpr std::size_t kFirstBlockBytes = 4u << 10;  // most tables are small
static_assert(SeriesTable::kMaxKeyBytes + SeriesTable::kMaxValueBytes + kHead < kBlockBytes);

// Differs from run to run, so that nobody who names vendors can prepare names that collide.
std::uint64_t Seed() {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }();
  return seed;
}

// Multiplies to 128 bits and folds: each bit of the input reaches all bits of the result.
std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint32_t KeySize(const char* entry) {
  std::uint32_t size = 0;
  std::memcpy(&size, entry, sizeof size);
  return size;
}

std::uint64_t Load(const char* at, std::size_t bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, bytes);
  return word;
}

std::uint64_t Hash(std::string_view text) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15u;
  static const std::uint64_t seed = Seed();
  std::uint64_t hash = seed ^ text.size();
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) hash = Mix(hash ^ Load(at, 8), kOdd);
  return Mix(hash ^ Load(at, left), kOdd ^ seed);
}

// The top bit of each byte of `word` that equals `byte`.
constexpr std::uint64_t BytesEqual(std::uint64_t word, unsigned char byte) {
  constexpr std::uint64_t kLow = 0x7F7F7F7F7F7F7F7Fu;
  const std::uint64_t zero_where_equal = word ^ (0x0101010101010101u * byte);
  return ~(((zero_where_equal & kLow) + kLow) | zero_where_equal | kLow);
}

std::size_t CountEscapes(std::string_view text) {
  int count = 0;
  while (!text.empty()) {
    const std::size_t bytes = std::min<std::size_t>(text.size(), 8);
    const std::uint64_t word = Load(text.data(), bytes);
    const std::uint64_t found = BytesEqual(word, '"') | BytesEqual(word, '\\') | BytesEqual(word, '\n');
    // Rare, and counting is a call where the compiler may not count on the processor for it.
    if (found != 0) count += std::popcount(found);
    text.remove_prefix(bytes);
  }
  return static_cast<std::size_t>(count);
}

constexpr std::uint32_t Tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 56) << 24; }

// How full slots may be: with tags, long runs of probes cost less than twice the memory.
constexpr std::size_t kMostFull = 4, kMostFullOf = 5;

// Eight bytes as a number that orders as they do.
std::uint64_t FirstBytes(std::string_view text) {
  std::uint64_t word = 0;
  const std::size_t bytes = std::min<std::size_t>(text.size(), 8);
  for (std::size_t i = 0; i < bytes; ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (56 - 8 * i);
  }
  return word;
}

}  // namespace

SeriesTable::SeriesTable() = default;

std::pair<SeriesTable::Id, bool> SeriesTable::Insert(std::string_view key, std::string_view value,
                                                     std::size_t value_room) {
  assert(key.size() <= kMaxKeyBytes && value.size() <= kMaxValueBytes && size() < kMaxSeries && !sorted_);
  if (slots_.empty()) {
    const auto last = static_cast<Id>(size()) - 1;
    if (size() == 0 || key > Key(last)) return {Append(key, value, value_room), true};
    if (key == Key(last)) return {last, false};
  }
  if ((size() + 1) * kMostFullOf > slots_.size() * kMostFull) BuildIndex(std::bit_ceil((size() + 1) * 2));
  const std::uint64_t hash = Hash(key);
  const std::size_t slot = Slot(key, hash);
  if (slots_[slot] != 0) return {(slots_[slot] & kMaxSeries) - 1, false};
  const Id id = Append(key, value, value_room);
  slots_[slot] = Tag(hash) | (id + 1);
  return {id, true};
}

SeriesTable::Id SeriesTable::Append(std::string_view key, std::string_view value, std::size_t value_room) {
  const std::uint32_t place = NewEntry(key, std::max(value.size(), std::min(value_room, kMaxValueBytes)));
  Write(place, value);
  entries_.push_back(place);
  key_bytes_ += key.size();
  escapes_ += CountEscapes(key);
  return static_cast<Id>(entries_.size() - 1);
}

// Of the key, or the free one where it belongs.
std::size_t SeriesTable::Slot(std::string_view key, std::uint64_t hash) const {
  const std::uint32_t tag = Tag(hash);
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (((slots_[slot] ^ tag) >> 24) == 0 && Key((slots_[slot] & kMaxSeries) - 1) == key) break;
  }
  return slot;
}

void SeriesTable::BuildIndex(std::size_t slots) {
  slots_ = {};
  slots_.resize(std::max<std::size_t>(16, slots));
  const std::size_t mask = slots_.size() - 1;
  for (Id id = 0; id < size(); ++id) {
    const std::uint64_t hash = Hash(Key(id));
    std::size_t slot = hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = Tag(hash) | (id + 1);
  }
}

void SeriesTable::SetValue(Id id, std::string_view value) {
  assert(value.size() <= kMaxValueBytes);
  const auto room = static_cast<unsigned char>(At(entries_[id])[4]);
  if (value.size() > room) {
    // The old place is lost until the table goes; twice the room bounds how often that happens.
    entries_[id] = NewEntry(Key(id), std::min(kMaxValueBytes, 2 * value.size()));
  }
  Write(entries_[id], value);
}

std::string_view SeriesTable::Key(Id id) const {
  const char* const entry = At(entries_[id]);
  return {entry + kHead, KeySize(entry)};
}

std::string_view SeriesTable::Value(Id id) const {
  const std::string_view key = Key(id);
  return {key.data() + key.size(), static_cast<unsigned char>(At(entries_[id])[5])};
}

std::size_t SeriesTable::ValueBytes() const {
  std::size_t bytes = 0;
  for (const std::uint32_t place : entries_) bytes += static_cast<unsigned char>(At(place)[5]);
  return bytes;
}

void SeriesTable::Sort() {
  if (sorted_) return;
  sorted_ = true;
  slots_ = {};
  if (IsSorted()) return;
  // Copied in order, so that it is read, and can be given back, from front to end.
  const std::vector<Id> order = Order();
  SeriesTable table;
  table.entries_.reserve(order.size());
  for (const Id id : order) {
    const std::string_view value = Value(id);
    table.entries_.push_back(table.NewEntry(Key(id), value.size()));
    table.Write(table.entries_.back(), value);
  }
  blocks_ = std::move(table.blocks_);
  entries_ = std::move(table.entries_);
}

void SeriesTable::ReleaseBefore(Id id) {
  assert(sorted_);
  const std::size_t end = std::size_t{entries_[id]} * kUnit / kBlockBytes;
  for (; released_ < end; ++released_) blocks_[released_].reset();
}

std::vector<SeriesTable::Id> SeriesTable::Order() const {
  // Most comparisons end at the first bytes in which keys differ at all, without a look at the keys.
  std::string_view common = Key(0);
  for (Id id = 1; id < size(); ++id) {
    const std::string_view key = Key(id).substr(0, common.size());
    const auto differs = std::mismatch(key.begin(), key.end(), common.begin()).first;
    common = common.substr(0, static_cast<std::size_t>(differs - key.begin()));
  }
  struct Item {
    std::uint64_t order;
    Id id;
  };
  std::vector<Item> items(size());
  for (Id id = 0; id < size(); ++id) items[id] = {FirstBytes(Key(id).substr(common.size())), id};
  std::sort(items.begin(), items.end(), [this](const Item& a, const Item& b) {
    return a.order != b.order ? a.order < b.order : Key(a.id) < Key(b.id);
  });
  std::vector<Id> order(size());
  std::transform(items.begin(), items.end(), order.begin(), [](const Item& item) { return item.id; });
  return order;
}

// Also in memory: a value that grew has moved.
bool SeriesTable::IsSorted() const {
  for (Id id = 1; id < size(); ++id) {
    if (entries_[id] < entries_[id - 1] || Key(id) < Key(id - 1)) return false;
  }
  return true;
}

void SeriesTable::Unmap::operator()(char* block) const { munmap(block, bytes); }

SeriesTable::Block SeriesTable::NewBlock(std::size_t bytes) {
  void* const block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) throw std::bad_alloc();
  return Block(static_cast<char*>(block), Unmap{bytes});
}

char* SeriesTable::At(std::uint32_t place) const {
  const std::size_t byte = std::size_t{place} * kUnit;
  return blocks_[byte / kBlockBytes].get() + byte % kBlockBytes;
}

std::uint32_t SeriesTable::NewEntry(std::string_view key, std::size_t room) {
  const std::size_t bytes = (kHead + key.size() + room + kUnit - 1) / kUnit * kUnit;
  if (block_used_ + bytes > block_bytes_) {
    block_bytes_ = blocks_.empty() && bytes <= kFirstBlockBytes ? kFirstBlockBytes : kBlockBytes;
    blocks_.push_back(NewBlock(block_bytes_));
    block_used_ = 0;
  }
  const std::size_t byte = (blocks_.size() - 1) * kBlockBytes + block_used_;
  block_used_ += bytes;
  const auto place = static_cast<std::uint32_t>(byte / kUnit);
  char* const entry = At(place);
  const auto key_size = static_cast<std::uint32_t>(key.size());
  std::memcpy(entry, &key_size, sizeof key_size);
  entry[4] = static_cast<char>(room);
  entry[5] = 0;
  std::memcpy(entry + kHead, key.data(), key.size());
  return place;
}

void SeriesTable::Write(std::uint32_t place, std::string_view value) {
  char* const entry = At(place);
  entry[5] = static_cast<char>(value.size());
  if (!value.empty()) std::memcpy(entry + kHead + KeySize(entry), value.data(), value.size());
}

}  // namespace o2o
