// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "config/mapping_config.h"
#include "json/json_reader.h"
#include "mapping/value_text.h"

namespace o2o {

// What one metric takes from its value column: the words of `values`, numbers by `unit`, `scale`, `decimal`
// and `timezone`, and what `null` says of the rest. Also remembers how the values came, for its notes.
class MetricValue {
 public:
  enum class Outcome {
    kNumber,   // see number()
    kSkipped,  // there is none, which is normal here
    kNoValue,  // there is none
    kBad,      // what there is is not one
  };

  // `metric` must outlive it. Its numbers are those of the loader.
  MetricValue(const MetricConfig& metric, std::optional<Timestamp> now);

  // `present`: the row has the column. `cut`: its text continues.
  Outcome Read(JsonType type, std::string_view text, bool present, bool cut);
  // Until the next Read, and as long as its text.
  std::string_view number() const { return number_; }

  // What is wrong with a value that was just called bad, as the rest of a sentence that begins with it.
  std::string Problem(JsonType type, std::string_view text) const;

  // What people should know about how the values came; the same for the same kind of values.
  std::vector<std::string> Notes() const;

 private:
  bool FindWord(JsonType type, std::string_view text);
  void Watch(JsonType type, std::string_view text);
  bool Scale();

  const MetricConfig& metric_;
  ValueForm form_;
  std::map<std::string, std::string, std::less<>> words_;        // to numbers
  std::map<std::string, std::string, std::less<>> lower_words_;  // of those in lower case
  std::vector<std::pair<std::string, std::string>> numbers_;     // of those that are numbers

  ValueText value_;
  std::string_view number_;
  std::string scaled_;

  bool came_as_text_ = false;
  bool zone_assumed_ = false;
  bool reads_both_ways_ = false;  // some text would be another number with the other decimal mark,
  bool reads_one_way_ = false;    // and some would be none
};

}  // namespace o2o
