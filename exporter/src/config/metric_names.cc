// SPDX-License-Identifier: Apache-2.0
#include "config/metric_names.h"

#include <algorithm>
#include <cstddef>
#include <set>

#include "base/text.h"
#include "metrics/catalogue.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxNameBytes = 200;
constexpr std::string_view kTotal = "_total";
constexpr std::string_view kHistogramSamples[] = {"_bucket", "_sum", "_count"};

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && !(name[0] >= '0' && name[0] <= '9') &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
             std::string_view::npos;
}

// Prometheus writes these itself, for every target and for its alerts.
bool IsPrometheusOwn(std::string_view name) {
  return name == "up" || name.starts_with("scrape_") || name == "ALERTS" || name == "ALERTS_FOR_STATE";
}

// OpenMetrics calls a counter by its name without _total.
std::string FamilyName(std::string_view name, MetricType type) {
  if (type == MetricType::kCounter && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  return std::string(name);
}

// Whether a histogram has samples of that name.
bool IsSampleOf(std::string_view name, std::string_view histogram) {
  return name.starts_with(histogram) &&
         std::find(std::begin(kHistogramSamples), std::end(kHistogramSamples),
                   name.substr(histogram.size())) != std::end(kHistogramSamples);
}

// The exporter's own family that the name would get into, by its samples or by its OpenMetrics name.
const MetricDesc* OwnFamily(const std::string& name, MetricType type) {
  for (const MetricDesc* own : catalogue::All()) {
    if (name == own->name || FamilyName(name, type) == FamilyName(own->name, own->type)) return own;
    if (own->type == MetricType::kHistogram && IsSampleOf(name, own->name)) return own;
    if (type == MetricType::kHistogram && IsSampleOf(FamilyName(own->name, own->type), name)) return own;
  }
  return nullptr;
}

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

std::optional<std::string> MetricNameProblem(std::string_view name) {
  if (name.find(':') != std::string_view::npos) {
    return "holds a colon, which is for recording rules, want letters, digits and _";
  }
  if (!IsName(name)) {
    return "is not a metric name, want at most 200 letters, digits and _, not beginning with a digit";
  }
  if (name.starts_with("__")) return "begins with __, which is for Prometheus' own use, want another name";
  if (IsPrometheusOwn(name)) return "is a name that Prometheus itself writes, want another name";
  return std::nullopt;
}

std::optional<std::string> MetricTypeProblem(const std::string& name, MetricType type) {
  if (const MetricDesc* own = OwnFamily(name, type)) {
    return "is the exporter's own metric " + own->name + ", or too near to it, want another name";
  }
  const bool total = name.ends_with(kTotal);
  if (type == MetricType::kCounter && (!total || name.size() == kTotal.size())) {
    return "is a counter, whose name ends in _total, want one like " +
           (total ? "orders_total" : name + "_total") + ", or type: gauge";
  }
  if (type == MetricType::kGauge && total) {
    return "is a gauge, but _total is for counters, want another name, or type: counter";
  }
  if (type == MetricType::kHistogram && total) {
    return "is a histogram, but _total is for counters, want another name";
  }
  return std::nullopt;
}

std::optional<std::string> LabelNameProblem(std::string_view name) {
  if (!IsName(name)) {
    return "is not a label name, want at most 200 letters, digits and _, not beginning with a digit";
  }
  if (name.starts_with("__")) return "begins with __, which is for Prometheus' own use, want another name";
  if (name == "le") return "is the label of a histogram's buckets, want another name";
  return std::nullopt;
}

bool IsTargetLabel(std::string_view name) {
  static constexpr std::string_view kTargetLabels[] = {
      "alertname",   "cluster", "container", "customer", "datacenter", "dc",        "env",
      "environment", "host",    "hostname",  "instance", "job",        "namespace", "node",
      "owner",       "pod",     "quantile",  "region",   "replica",    "service",   "severity",
      "stage",       "team",    "type",      "zone"};
  return std::find(std::begin(kTargetLabels), std::end(kTargetLabels), name) != std::end(kTargetLabels);
}

std::optional<FamilyNames::Conflict> FamilyNames::Add(const std::string& source, const MetricConfig& metric,
                                                      bool enabled) {
  const std::string family = FamilyName(metric.name, metric.type);
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
                                 " already, and nothing tells the series of the two apart, want another "
                                 "name, or " +
                                 std::string(kWanted)};
  }
  return {"static_labels", "do not tell the series of " + Called(source) + " from those of " + metric.name +
                               " of " + Called(first.source) + ", want " + std::string(kWanted) +
                               ", like shop: north here and shop: south there"};
}

}  // namespace o2o
