// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "orders/order.h"

namespace o2o {

// The configured words of one kind (statuses or order types), and how an OMS may spell them.
class ConfiguredWords {
 public:
  explicit ConfiguredWords(std::vector<std::string> words);

  // The configured word that equals this one but for case and outer blanks; nullptr if there is none.
  // (configured_status in exporter/sql has the same rule for other writers.)
  const std::string* Find(std::string_view word) const;
  // For a word that is not configured: the nearest one, or all.
  std::string Suggest(std::string_view word) const;
  bool empty() const { return words_.empty(); }

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::size_t, std::less<>> by_lower_case_;  // to a place in words_
};

// Gives the statuses and order types of a page their configured spelling, and warns once about each one that
// is not configured: orders in such a status stay open for ever, and no alert on failures sees them.
class OrderWords {
 public:
  OrderWords(std::string source, const OrdersConfig& orders);

  void Spell(OrderPage& page);

 private:
  void Spell(const ConfiguredWords& configured, std::string& word, std::string_view kind,
             std::set<std::string>& warned);
  void Warn(std::string_view kind, const std::string& word, const ConfiguredWords& configured,
            std::set<std::string>& warned) const;

  const std::string source_;
  const ConfiguredWords statuses_;
  const ConfiguredWords order_types_;
  std::set<std::string> warned_statuses_;
  std::set<std::string> warned_types_;
};

}  // namespace o2o
