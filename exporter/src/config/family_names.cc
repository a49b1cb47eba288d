// SPDX-License-Identifier: Apache-2.0
#include "config/family_names.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/text.h"
#include "config/metric_names.h"

namespace o2o {
namespace {

std::set<std::string> LabelNames(const MetricConfig& metric) {
  std::set<std::string> names;
  for (const LabelFrom& label : metric.labels) names.insert(label.label);
  for (const auto& [label, value] : metric.static_labels) names.insert(label);
  return names;
}

// Whether some label is fixed in both, to different texts: then no series of one can be a series of the
// other.
bool ToldApart(const MetricConfig& a, const MetricConfig& b) {
  return std::any_of(a.static_labels.begin(), a.static_labels.end(), [&](const auto& label) {
    return std::any_of(b.static_labels.begin(), b.static_labels.end(), [&](const auto& other) {
      return label.first == other.first && label.second != other.second;
    });
  });
}

std::string Called(const std::string& source) {
  return source.empty() ? "another source" : "source " + source;
}

std::string Listed(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : CutUtf8(text, 300);
}

}  // namespace

std::optional<FamilyNames::Conflict> FamilyNames::Add(const std::string& source, const MetricConfig& metric,
                                                      bool enabled) {
  const std::string family = OpenMetricsName(metric.name, metric.type);
  std::vector<Feed>& feeds = families_[family];
  std::optional<Conflict> conflict = feeds.empty() ? std::nullopt : Disagreement(feeds.front(), metric);
  if (!conflict && enabled) conflict = SharedSamples(family, metric);
  for (const Feed& feed : feeds) {
    if (conflict) break;
    if (enabled && feed.enabled && !ToldApart(feed.metric, metric)) conflict = Twins(feed, source, metric);
  }
  feeds.push_back({source, metric, enabled});
  return conflict;
}

std::optional<FamilyNames::Conflict> FamilyNames::Disagreement(const Feed& first,
                                                               const MetricConfig& metric) {
  const std::string other = first.metric.name + " of " + Called(first.source);
  if (first.metric.name != metric.name) {
    return Conflict{"name", "has the same name in OpenMetrics as " + other + ", want another"};
  }
  if (first.metric.type != metric.type) {
    return Conflict{"type", "is not the type of " + other + ", want the same in both, or another name"};
  }
  if (first.metric.help != metric.help) {
    return Conflict{"help", "is not the help of " + other + ", want the same words in both"};
  }
  if (const std::set<std::string> wanted = LabelNames(first.metric); LabelNames(metric) != wanted) {
    return Conflict{"labels",
                    "are not the labels of " + other + ", want the same names in both: " + Listed(wanted)};
  }
  return std::nullopt;
}

// One of those that feed the family and are not turned off.
const FamilyNames::Feed* FamilyNames::Running(const std::string& family) const {
  const auto feeds = families_.find(family);
  if (feeds == families_.end()) return nullptr;
  const auto feed = std::find_if(feeds->second.begin(), feeds->second.end(),
                                 [](const Feed& candidate) { return candidate.enabled; });
  return feed == feeds->second.end() ? nullptr : &*feed;
}

std::optional<FamilyNames::Conflict> FamilyNames::SharedSamples(const std::string& family,
                                                                const MetricConfig& metric) const {
  for (const std::string_view sample : kHistogramSamples) {
    if (metric.type == MetricType::kHistogram) {
      if (const Feed* named = Running(family + std::string(sample))) {
        return Conflict{"name", "is a histogram, which has samples named like " + named->metric.name +
                                    " of " + Called(named->source) + ", want another name"};
      }
    }
    if (!family.ends_with(sample)) continue;
    const Feed* const whole = Running(family.substr(0, family.size() - sample.size()));
    if (whole != nullptr && whole->metric.type == MetricType::kHistogram) {
      return Conflict{"name", "is named like the samples of the histogram " + whole->metric.name + " of " +
                                  Called(whole->source) + ", want another name"};
    }
  }
  return std::nullopt;
}

FamilyNames::Conflict FamilyNames::Twins(const Feed& first, const std::string& source,
                                         const MetricConfig& metric) {
  constexpr std::string_view kWanted =
      "one same label in the static_labels of both, with a text of its own in each";
  if (first.source == source) {
    return {"static_labels", metric.name + " is in " + Called(source) +
                                 " already, and nothing distinguishes the series of the two, want another "
                                 "name, or " +
                                 std::string(kWanted)};
  }
  return {"static_labels", "do not distinguish the series of " + Called(source) + " from those of " +
                               metric.name + " of " + Called(first.source) + ", want " +
                               std::string(kWanted) + ", like shop: north here and shop: south there"};
}

}  // namespace o2o
