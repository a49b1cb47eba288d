// SPDX-License-Identifier: Apache-2.0
#include "mapping/histogram_builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "mapping/decimal.h"
#include "mapping/shown.h"

namespace o2o {
namespace {

using Labels = std::vector<std::string>;

struct Bucket {
  std::uint64_t count = 0;
  std::string sum;
};
using Buckets = std::map<double, Bucket>;  // by bound

std::optional<double> ReadNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size() || std::isnan(number)) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> ReadCount(std::string_view text) {
  constexpr double kMax = 9'007'199'254'740'992;  // beyond it a double is not an exact count
  const std::optional<double> number = ReadNumber(text);
  if (!number || *number < 0 || *number > kMax || std::floor(*number) != *number) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

// The labels of a key; the bound apart.
std::pair<Labels, std::string> SplitKey(std::string_view key, std::size_t bound_place) {
  Labels labels;
  while (!key.empty()) {
    labels.emplace_back(key.substr(0, key.find('\0')));
    key.remove_prefix(labels.back().size() + 1);
  }
  const auto at = labels.begin() + static_cast<std::ptrdiff_t>(bound_place);
  std::string bound = std::move(*at);
  labels.erase(at);
  return {std::move(labels), std::move(bound)};
}

class Builder {
 public:
  Builder(const MetricConfig& metric, const MetricDesc& desc)
      : metric_(metric),
        bound_place_(static_cast<std::size_t>(std::find(desc.labels.begin(), desc.labels.end(), kBoundLabel) -
                                              desc.labels.begin())) {}

  Result<void> TakeCounts(const SeriesTable& table) {
    for (SeriesTable::Id id = 0; id < table.size(); ++id) {
      const auto [labels, text] = SplitKey(table.Key(id), bound_place_);
      const std::optional<double> bound = ReadNumber(text);
      if (!bound) return Wrong(metric_.histogram->le, text, "is not a bound, expected a number or +Inf");
      const std::optional<std::uint64_t> count = ReadCount(table.Value(id));
      if (!count)
        return Wrong(metric_.value_column, table.Value(id), "is not a count, expected a whole number");
      if (!series_[labels].try_emplace(*bound, Bucket{*count, ""}).second)
        return Wrong(metric_.histogram->le, text, "is a bound that appears twice");
    }
    return {};
  }

  void TakeSums(const SeriesTable& table) {
    for (SeriesTable::Id id = 0; id < table.size(); ++id) {
      const auto [labels, text] = SplitKey(table.Key(id), bound_place_);
      const std::optional<double> bound = ReadNumber(text);
      const auto series = series_.find(labels);
      if (!bound || series == series_.end()) continue;
      if (const auto bucket = series->second.find(*bound); bucket != series->second.end())
        bucket->second.sum = table.Value(id);
    }
  }

  Result<Family> Build(MetricDesc desc) {
    std::set<double> bounds;
    for (const auto& [labels, buckets] : series_) {
      for (const auto& [bound, bucket] : buckets) {
        if (!std::isinf(bound)) bounds.insert(bound);
      }
    }
    Family family;
    desc.type = MetricType::kHistogram;
    desc.labels.erase(desc.labels.begin() + static_cast<std::ptrdiff_t>(bound_place_));
    family.desc = std::move(desc);
    family.bounds.assign(bounds.begin(), bounds.end());
    for (auto& [labels, buckets] : series_) {
      if (metric_.histogram->cumulative && !Split(buckets)) {
        return Fail(ErrorCode::kBadShape,
                    metric_.name + ": the counts of column " + Quoted(metric_.value_column) +
                        " fall from one bound to the next, which those of `buckets: cumulative` "
                        "never do: want `buckets: each`?");
      }
      family.histograms.push_back({labels, Counts(buckets, family.bounds), SumOf(buckets)});
    }
    return family;
  }

 private:
  Result<void> Wrong(const std::string& column, std::string_view text, const std::string& what) const {
    return Fail(ErrorCode::kBadShape, metric_.name + ": column " + Quoted(column) + ": " +
                                          Shown(JsonType::kString, text) + " " + what);
  }

  // Into counts of each bucket alone.
  static bool Split(Buckets& buckets) {
    std::uint64_t before = 0;
    for (auto& [bound, bucket] : buckets) {
      if (bucket.count < before) return false;
      before = std::exchange(bucket.count, bucket.count - before);
    }
    return true;
  }

  static std::vector<std::uint64_t> Counts(const Buckets& buckets, const std::vector<double>& bounds) {
    std::vector<std::uint64_t> counts(bounds.size() + 1);
    for (const auto& [bound, bucket] : buckets) {
      const auto at = std::lower_bound(bounds.begin(), bounds.end(), bound);
      counts[static_cast<std::size_t>(at - bounds.begin())] += bucket.count;
    }
    return counts;
  }

  // Of cumulative ones the last has all; where nothing says it, it is not known.
  std::string SumOf(const Buckets& buckets) const {
    if (metric_.histogram->sum.empty()) return "NaN";
    if (metric_.histogram->cumulative) {
      const std::string& last = buckets.rbegin()->second.sum;
      return last.empty() ? "NaN" : last;
    }
    Sum sum;
    for (const auto& [bound, bucket] : buckets) {
      if (bucket.sum.empty()) return "NaN";
      sum.Add(bucket.sum);
    }
    return sum.Text();
  }

  const MetricConfig& metric_;
  const std::size_t bound_place_;
  std::map<Labels, Buckets> series_;
};

auto Named(std::vector<Family>& families, const std::string& name) {
  return std::find_if(families.begin(), families.end(),
                      [&](const Family& family) { return family.desc.name == name; });
}

std::string SumsName(const MetricConfig& histogram) { return histogram.name + "_sum"; }

}  // namespace

std::vector<MetricConfig> BucketMetrics(const MetricConfig& histogram) {
  MetricConfig counts = histogram;
  counts.histogram.reset();
  counts.type = MetricType::kCounter;
  counts.labels.push_back({kBoundLabel, histogram.histogram->le});
  std::vector<MetricConfig> metrics{counts};
  if (!histogram.histogram->sum.empty()) {
    MetricConfig sums = counts;
    sums.name = SumsName(histogram);
    sums.type = MetricType::kGauge;
    sums.value_column = histogram.histogram->sum;
    metrics.push_back(std::move(sums));
  }
  return metrics;
}

Result<void> BuildHistogram(const MetricConfig& histogram, std::vector<Family>& families) {
  const auto counts = Named(families, histogram.name);
  const bool built_already =
      counts != families.end() && counts->table == nullptr;  // by a metric of the same name
  if (counts == families.end() || built_already) return {};
  Builder builder(histogram, counts->desc);
  if (const Result<void> taken = builder.TakeCounts(*counts->table); !taken) return taken;
  const auto sums = histogram.histogram->sum.empty() ? families.end() : Named(families, SumsName(histogram));
  if (sums != families.end()) builder.TakeSums(*sums->table);
  Result<Family> built = builder.Build(counts->desc);
  if (!built) return tl::unexpected(built.error());
  *counts = *std::move(built);
  if (sums != families.end()) families.erase(sums);
  return {};
}

}  // namespace o2o
