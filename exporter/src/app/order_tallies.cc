// SPDX-License-Identifier: Apache-2.0
#include "app/order_tallies.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "metrics/catalogue.h"

namespace o2o {
namespace {

using Labels = std::vector<std::string>;
using Values = std::map<Labels, std::string>;

std::vector<std::string> StatusesWith(const OrdersConfig& orders, Outcome outcome) {
  std::vector<std::string> names;
  for (const StatusRule& rule : orders.statuses) {
    if (rule.outcome == outcome) names.push_back(rule.status);
  }
  return names;
}

Family ToFamily(const MetricDesc& desc, Values values) {
  Family family{desc, {}, {}, {}};
  for (auto& [labels, value] : values) family.samples.push_back({labels, std::move(value)});
  return family;
}

// The label sets that exist at 0 before the first order has them.

Values ZeroPerType(const OrdersConfig& orders) {
  Values zeros;
  for (const std::string& type : orders.order_types) zeros[{type}] = "0";
  return zeros;
}

Values ZeroPerTypeAndStatus(const OrdersConfig& orders, Outcome outcome) {
  Values zeros;
  for (const std::string& type : orders.order_types) {
    for (const std::string& status : StatusesWith(orders, outcome)) zeros[{type, status}] = "0";
  }
  return zeros;
}

// Forward steps only: an order that goes back is worth a series when it happens.
Values ZeroTransitions(const OrdersConfig& orders) {
  Values zeros;
  for (std::size_t from = 0; from < orders.statuses.size(); ++from) {
    if (orders.statuses[from].outcome != Outcome::kOpen) continue;
    for (std::size_t to = from + 1; to < orders.statuses.size(); ++to) {
      zeros[{orders.statuses[from].status, orders.statuses[to].status}] = "0";
    }
  }
  return zeros;
}

Family CounterFamily(const MetricDesc& desc, Values values, const StoreView& view) {
  for (const Tally& tally : view.tallies) {
    if (tally.family == desc.name && tally.labels.size() == desc.labels.size())
      values[tally.labels] = tally.value;
  }
  return ToFamily(desc, std::move(values));
}

std::optional<std::uint64_t> ParseCount(const std::string& text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return count;
}

// Tallies hold one row per bucket, labels order_type, outcome, le.
Family DurationFamily(const StoreView& view, const OrdersConfig& orders) {
  const MetricDesc& desc = catalogue::kOrderDuration;
  Family family{desc, {}, view.duration_buckets, {}};
  std::map<Labels, HistogramSample> samples;
  const auto sample_of = [&](const Labels& labels) -> HistogramSample& {
    HistogramSample& sample = samples[labels];
    if (sample.buckets.empty()) sample = {labels, std::vector<std::uint64_t>(family.bounds.size() + 1), "0"};
    return sample;
  };
  for (const std::string& type : orders.order_types) {
    for (const Outcome outcome : {Outcome::kCompleted, Outcome::kFailed})
      sample_of({type, std::string(Name(outcome))});
  }
  for (const Tally& tally : view.tallies) {
    if (tally.family == desc.name + "_sum" && tally.labels.size() == 2) {
      sample_of(tally.labels).sum = tally.value;
    } else if (tally.family == desc.name + "_bucket" && tally.labels.size() == 3) {
      const std::string& le = tally.labels[2];
      const auto bound = std::find_if(family.bounds.begin(), family.bounds.end(),
                                      [&](double value) { return FormatValue(value) == le; });
      if (bound == family.bounds.end() && le != "+Inf") continue;
      const auto count = ParseCount(tally.value);
      if (count)
        sample_of({tally.labels[0], tally.labels[1]}).buckets[bound - family.bounds.begin()] = *count;
    }
  }
  for (auto& [labels, sample] : samples) family.histograms.push_back(std::move(sample));
  return family;
}

void AppendOpenOrders(const StoreView& view, const OrdersConfig& orders, std::vector<Family>& families) {
  Values open = ZeroPerTypeAndStatus(orders, Outcome::kOpen);
  Values delayed;
  for (const std::string& type : orders.order_types) {
    for (const StatusRule& rule : orders.statuses) {
      if (rule.delayed_after) delayed[{type, rule.status}] = "0";
    }
  }
  std::map<std::string, Timestamp> oldest;
  for (const OpenOrders& row : view.open_orders) {
    open[{row.order_type, row.status}] = FormatValue(row.open);
    const bool can_be_delayed =
        std::any_of(orders.statuses.begin(), orders.statuses.end(),
                    [&](const StatusRule& rule) { return rule.status == row.status && rule.delayed_after; });
    if (can_be_delayed) delayed[{row.order_type, row.status}] = FormatValue(row.delayed);
    const auto [entry, added] = oldest.try_emplace(row.status, row.oldest_since);
    if (!added) entry->second = std::min(entry->second, row.oldest_since);
  }
  families.push_back(ToFamily(catalogue::kOrdersOpen, std::move(open)));
  families.push_back(ToFamily(catalogue::kOrdersDelayed, std::move(delayed)));
  Values oldest_values;
  for (const auto& [status, since] : oldest) oldest_values[{status}] = FormatValue(UnixSeconds(since));
  families.push_back(ToFamily(catalogue::kOldestOpenOrder, std::move(oldest_values)));
}

// From the open orders: a status without a meaning leaves an order open for ever. Of types the open orders
// alone, so that one that went out of use is not held against the configuration.
Family UnconfiguredFamily(const StoreView& view, const OrdersConfig& orders) {
  std::map<Labels, std::int64_t> counts;
  for (const OpenOrders& row : view.open_orders) {
    const bool status_known = std::any_of(orders.statuses.begin(), orders.statuses.end(),
                                          [&](const StatusRule& rule) { return rule.status == row.status; });
    if (!status_known) counts[{"status", row.status}] += row.open;
    const auto& types = orders.order_types;
    const bool type_known = types.empty() || row.order_type == kNoOrderType ||
                            std::find(types.begin(), types.end(), row.order_type) != types.end();
    if (!type_known) counts[{"order_type", row.order_type}] += row.open;
  }
  Values values;
  for (const auto& [labels, count] : counts) values[labels] = FormatValue(count);
  return ToFamily(catalogue::kOrdersUnconfigured, std::move(values));
}

Values TimeValues(const std::map<std::string, Timestamp>& times) {
  Values values;
  for (const auto& [label, time] : times) values[{label}] = FormatValue(UnixSeconds(time));
  return values;
}

void AppendBatchJobs(const StoreView& view, std::vector<Family>& families) {
  Values successes, durations, failed;
  for (const auto& [name, job] : view.batch_jobs) {
    successes[{name}] = job.last_success ? FormatValue(UnixSeconds(*job.last_success)) : "0";
    if (job.duration_seconds) durations[{name}] = FormatValue(*job.duration_seconds);
    failed[{name}] = job.failed ? "1" : "0";
  }
  families.push_back(ToFamily(catalogue::kJobLastSuccess, std::move(successes)));
  families.push_back(ToFamily(catalogue::kJobDuration, std::move(durations)));
  families.push_back(ToFamily(catalogue::kJobFailed, std::move(failed)));
}

}  // namespace

std::vector<Family> BuildOrderFamilies(const StoreView& view, const OrdersConfig& orders,
                                       const std::string& source) {
  std::vector<Family> families;
  families.push_back(CounterFamily(catalogue::kOrdersIngested, ZeroPerType(orders), view));
  families.push_back(CounterFamily(catalogue::kOrdersCompleted, ZeroPerType(orders), view));
  families.push_back(
      CounterFamily(catalogue::kOrdersFailed, ZeroPerTypeAndStatus(orders, Outcome::kFailed), view));
  families.push_back(CounterFamily(catalogue::kOrdersCompletedAmount, ZeroPerType(orders), view));
  families.push_back(CounterFamily(catalogue::kOrderTransitions, ZeroTransitions(orders), view));
  families.push_back(DurationFamily(view, orders));
  AppendOpenOrders(view, orders, families);
  families.push_back(UnconfiguredFamily(view, orders));
  families.push_back(ToFamily(catalogue::kIngestWatermark, TimeValues(view.watermarks)));
  Values gaps;
  if (!source.empty()) gaps[{source}] = "0";
  for (const auto& [name, count] : view.gaps) gaps[{name}] = FormatValue(count);
  families.push_back(ToFamily(catalogue::kIngestGaps, std::move(gaps)));
  AppendBatchJobs(view, families);
  Values newest;
  if (view.newest_order) newest[{}] = FormatValue(UnixSeconds(*view.newest_order));
  families.push_back(ToFamily(catalogue::kNewestOrder, std::move(newest)));
  std::erase_if(families,
                [](const Family& family) { return family.samples.empty() && family.histograms.empty(); });
  return families;
}

OrderTallies::OrderTallies(std::string source, OrdersConfig orders, OrderStore& store, const Clock& clock,
                           const ClockOffset& oms_clock, StoreHealth& health)
    : source_(std::move(source)),
      orders_(std::move(orders)),
      store_(store),
      clock_(clock),
      oms_clock_(oms_clock),
      health_(health) {}

Result<PollResult> OrderTallies::Poll(std::stop_token) {
  const auto view = store_.View(oms_clock_.Apply(clock_.Now()));
  health_.Report(StoreHealth::Side::kRead, view ? nullptr : &view.error());
  if (!view) return tl::unexpected(view.error());
  PollResult result;
  result.families = BuildOrderFamilies(*view, orders_, source_);
  result.rows = view->tallies.size();
  return result;
}

}  // namespace o2o
