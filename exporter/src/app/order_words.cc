// SPDX-License-Identifier: Apache-2.0
#include "app/order_words.h"

#include <utility>

#include "base/ascii.h"
#include "base/log.h"
#include "config/suggestion.h"
#include "orders/order_limits.h"

namespace o2o {
namespace {

// More are not words but numbers or free text in the wrong field.
constexpr std::size_t kMaxWarned = kMostToldApart;

std::vector<std::string> StatusesOf(const OrdersConfig& orders) {
  std::vector<std::string> words;
  for (const StatusRule& rule : orders.statuses) words.push_back(rule.status);
  return words;
}

}  // namespace

ConfiguredWords::ConfiguredWords(std::vector<std::string> words) : words_(std::move(words)) {
  for (std::size_t i = 0; i < words_.size(); ++i) by_lower_case_.try_emplace(LowerCase(Trim(words_[i])), i);
}

const std::string* ConfiguredWords::Find(std::string_view word) const {
  for (const std::string& configured : words_) {
    if (configured == word) return &configured;
  }
  const auto found = by_lower_case_.find(LowerCase(Trim(word)));
  return found == by_lower_case_.end() ? nullptr : &words_[found->second];
}

std::string ConfiguredWords::Suggest(std::string_view word) const {
  std::vector<std::string> lower;
  for (const std::string& configured : words_) lower.push_back(LowerCase(configured));
  const std::string suggestion = Suggestion(LowerCase(Trim(word)), lower);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (suggestion == "did you mean " + lower[i] + "?") return "did you mean " + words_[i] + "?";
  }
  std::string all;
  for (const std::string& configured : words_) all += (all.empty() ? "" : ", ") + configured;
  return "configured: " + all;
}

OrderWords::OrderWords(std::string source, const OrdersConfig& orders)
    : source_(std::move(source)), statuses_(StatusesOf(orders)), order_types_(orders.order_types) {}

void OrderWords::Spell(OrderPage& page) {
  for (Order& order : page.orders) {
    Spell(statuses_, order.status, "status", warned_statuses_);
    // Without a type from the OMS the word is our own.
    if (order.order_type != kNoOrderType) Spell(order_types_, order.order_type, "order_type", warned_types_);
  }
  std::map<std::string, std::int64_t> counts;
  for (const auto& [status, count] : page.status_counts) {
    const std::string* configured = statuses_.Find(status);
    counts[configured ? *configured : status] += count;
  }
  page.status_counts = std::move(counts);
}

void OrderWords::Spell(const ConfiguredWords& configured, std::string& word, std::string_view kind,
                       std::set<std::string>& warned) {
  if (configured.empty()) return;
  const std::string* found = configured.Find(word);
  if (found == nullptr) {
    Warn(kind, word, configured, warned);
  } else if (*found != word) {
    word = *found;
  }
}

void OrderWords::Warn(std::string_view kind, const std::string& word, const ConfiguredWords& configured,
                      std::set<std::string>& warned) const {
  if (warned.size() > kMaxWarned || !warned.insert(word).second) return;
  if (warned.size() > kMaxWarned) {
    log::Warn("many more words are not configured: no more are listed",
              {{"source", source_}, {"field", std::string(kind)}});
    return;
  }
  log::Warn(kind == "status" ? "orders have a status that is not configured: they count as open"
                             : "orders have an order type that is not configured",
            {{"source", source_}, {std::string(kind), word}, {"help", configured.Suggest(word)}});
}

}  // namespace o2o
