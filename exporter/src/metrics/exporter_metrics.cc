// SPDX-License-Identifier: Apache-2.0
#include "metrics/exporter_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/closed_set.h"
#include "base/log.h"
#include "base/mutex.h"
#include "metrics/catalogue.h"
#include "metrics/snapshot.h"

namespace o2o {
namespace {

using Gauges = prometheus::Family<prometheus::Gauge>;
using Counters = prometheus::Family<prometheus::Counter>;
using Histograms = prometheus::Family<prometheus::Histogram>;

// From a quick page on an idle database to the statement timeout.
const prometheus::Histogram::BucketBoundaries kWriteSeconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                            0.5,   1,    2.5,   5,    10,  30};

constexpr std::string_view NameOf(IngestedAs fate) {
  switch (fate) {
    case IngestedAs::kInserted: return "inserted";
    case IngestedAs::kUpdated: return "updated";
    case IngestedAs::kUnchanged: return "unchanged";
    case IngestedAs::kStale: return "stale";
    case IngestedAs::kRejected: return "rejected";
  }
  return "";
}

constexpr auto kIngestedAs = AllNamed<IngestedAs, NameOf>();

std::string Compiler() {
#if defined(__clang__)
  return __VERSION__;
#else
  return "g++ " __VERSION__;
#endif
}

template <typename Builder>
auto& Build(Builder builder, prometheus::Registry& registry, const MetricDesc& desc) {
  return builder.Name(desc.name).Help(desc.help).Register(registry);
}
Gauges& BuildGauges(prometheus::Registry& registry, const MetricDesc& desc) {
  return Build(prometheus::BuildGauge(), registry, desc);
}
Counters& BuildCounters(prometheus::Registry& registry, const MetricDesc& desc) {
  return Build(prometheus::BuildCounter(), registry, desc);
}
Histograms& BuildHistograms(prometheus::Registry& registry, const MetricDesc& desc) {
  return Build(prometheus::BuildHistogram(), registry, desc);
}

// A label set of the registry as values in the desc's order.
std::vector<std::string> LabelValues(const prometheus::ClientMetric& metric, const MetricDesc& desc) {
  std::vector<std::string> values;
  for (const std::string& name : desc.labels) {
    const auto found = std::find_if(metric.label.begin(), metric.label.end(),
                                    [&name](const auto& label) { return label.name == name; });
    values.push_back(found == metric.label.end() ? "" : found->value);
  }
  return values;
}

HistogramSample ToHistogram(const prometheus::ClientMetric& metric, const MetricDesc& desc) {
  HistogramSample sample{LabelValues(metric, desc), {}, FormatValue(metric.histogram.sample_sum)};
  std::uint64_t before = 0;
  for (const auto& bucket : metric.histogram.bucket) {
    sample.buckets.push_back(bucket.cumulative_count - before);
    before = bucket.cumulative_count;
  }
  return sample;
}

// The registry's values for our own writer: prometheus-cpp's loses digits and does not escape help texts.
Family ToFamily(const prometheus::MetricFamily& collected, const MetricDesc& desc) {
  Family family;
  family.desc = desc;
  for (const prometheus::ClientMetric& metric : collected.metric) {
    switch (desc.type) {
      case MetricType::kGauge:
        family.samples.push_back({LabelValues(metric, desc), FormatValue(metric.gauge.value)});
        break;
      case MetricType::kCounter:
        family.samples.push_back({LabelValues(metric, desc), FormatValue(metric.counter.value)});
        break;
      case MetricType::kHistogram:
        family.bounds.assign(kWriteSeconds.begin(), kWriteSeconds.end());
        family.histograms.push_back(ToHistogram(metric, desc));
        break;
    }
  }
  return family;
}

// Counters of one family and source, by reason; those that AddSource did not name are made when they are
// needed.
class ReasonCounters {
 public:
  ReasonCounters(Counters& family, std::string source) : family_(family), source_(std::move(source)) {}

  prometheus::Counter& Of(const std::string& reason) {
    prometheus::Counter*& counter = counters_[reason];
    if (counter == nullptr) counter = &family_.Add({{"source", source_}, {"reason", reason}});
    return *counter;
  }
  void Remove() {
    for (const auto& [reason, counter] : counters_) family_.Remove(counter);
    counters_.clear();
  }

 private:
  Counters& family_;
  const std::string source_;
  std::map<std::string, prometheus::Counter*> counters_;
};

}  // namespace

std::string_view Name(IngestedAs fate) { return NameOf(fate); }

std::span<const IngestedAs> AllIngestedAs() { return kIngestedAs; }

struct ExporterMetrics::Families {
  Mutex mutex;                                                     // one poll's numbers are seen together
  std::shared_ptr<const Snapshot> rendered O2O_GUARDED_BY(mutex);  // null where something has changed since

  prometheus::Registry registry;
  Gauges& source_up = BuildGauges(registry, catalogue::kSourceUp);
  Gauges& source_last_success = BuildGauges(registry, catalogue::kSourceLastSuccess);
  Gauges& source_poll_duration = BuildGauges(registry, catalogue::kSourcePollDuration);
  Gauges& source_interval = BuildGauges(registry, catalogue::kSourceInterval);
  Gauges& source_rows = BuildGauges(registry, catalogue::kSourceRows);
  Gauges& source_series = BuildGauges(registry, catalogue::kSourceSeries);
  Gauges& source_response_bytes = BuildGauges(registry, catalogue::kSourceResponseBytes);
  Gauges& source_stale = BuildGauges(registry, catalogue::kSourceStale);
  Counters& source_polls = BuildCounters(registry, catalogue::kSourcePolls);
  Counters& source_failures = BuildCounters(registry, catalogue::kSourceFailures);
  Counters& source_rejected_rows = BuildCounters(registry, catalogue::kSourceRejectedRows);
  Counters& source_repaired = BuildCounters(registry, catalogue::kSourceRepaired);
  Counters& ingest_rows = BuildCounters(registry, catalogue::kIngestRows);
  prometheus::Gauge& store_up = BuildGauges(registry, catalogue::kStoreUp).Add({});
  prometheus::Histogram& store_write_duration =
      BuildHistograms(registry, catalogue::kStoreWriteDuration).Add({}, kWriteSeconds);
  prometheus::Counter& log_lines_dropped = BuildCounters(registry, catalogue::kLogLinesDropped).Add({});
  prometheus::Gauge& config_ok = BuildGauges(registry, catalogue::kConfigReloadSuccessful).Add({});
  prometheus::Gauge& config_ok_time = BuildGauges(registry, catalogue::kConfigReloadSuccessTime).Add({});

  // The series of one source.
  struct SourceSeries {
    prometheus::Gauge& up;
    prometheus::Gauge& last_success;
    prometheus::Gauge& poll_duration;
    prometheus::Gauge& interval;
    prometheus::Gauge& rows;
    prometheus::Gauge& series;
    prometheus::Gauge& response_bytes;
    prometheus::Gauge& stale;
    prometheus::Counter& polls;
    ReasonCounters failures;
    ReasonCounters rejected_rows;
    ReasonCounters repaired;
  };
  std::map<std::string, SourceSeries> sources O2O_GUARDED_BY(mutex);

  // Adds those that are not there yet.
  SourceSeries& Of(const std::string& source) O2O_REQUIRES(mutex) {
    if (const auto found = sources.find(source); found != sources.end()) return found->second;
    const prometheus::Labels labels{{"source", source}};
    return sources
        .emplace(source, SourceSeries{source_up.Add(labels), source_last_success.Add(labels),
                                      source_poll_duration.Add(labels), source_interval.Add(labels),
                                      source_rows.Add(labels), source_series.Add(labels),
                                      source_response_bytes.Add(labels), source_stale.Add(labels),
                                      source_polls.Add(labels), ReasonCounters(source_failures, source),
                                      ReasonCounters(source_rejected_rows, source),
                                      ReasonCounters(source_repaired, source)})
        .first->second;
  }

  void Remove(const std::string& source) O2O_REQUIRES(mutex) {
    const auto found = sources.find(source);
    if (found == sources.end()) return;
    SourceSeries& gone = found->second;
    source_up.Remove(&gone.up);
    source_last_success.Remove(&gone.last_success);
    source_poll_duration.Remove(&gone.poll_duration);
    source_interval.Remove(&gone.interval);
    source_rows.Remove(&gone.rows);
    source_series.Remove(&gone.series);
    source_response_bytes.Remove(&gone.response_bytes);
    source_stale.Remove(&gone.stale);
    source_polls.Remove(&gone.polls);
    for (ReasonCounters* counters : {&gone.failures, &gone.rejected_rows, &gone.repaired}) counters->Remove();
    sources.erase(found);
  }

  // Before numbers are changed.
  void Changing() O2O_REQUIRES(mutex) { rendered.reset(); }

  std::shared_ptr<const Snapshot> Render() const {
    std::vector<Family> families;
    for (const prometheus::MetricFamily& family : registry.Collect()) {
      if (const MetricDesc* desc = catalogue::Find(family.name)) families.push_back(ToFamily(family, *desc));
    }
    return MakeSnapshot(std::move(families), SystemClock().Now());
  }
};

ExporterMetrics::ExporterMetrics() : families_(std::make_unique<Families>()) {
  BuildGauges(families_->registry, catalogue::kBuildInfo)
      .Add({{"version", O2O_VERSION}, {"cxx", Compiler()}})
      .Set(1);
  for (const IngestedAs result : AllIngestedAs()) {
    families_->ingest_rows.Add({{"result", std::string(Name(result))}});
  }
}

ExporterMetrics::~ExporterMetrics() = default;

void ExporterMetrics::AddSource(const std::string& source, double interval_seconds,
                                const SourceReasons& reasons) {
  const MutexLock lock(families_->mutex);
  families_->Changing();
  Families::SourceSeries& series = families_->Of(source);
  series.interval.Set(interval_seconds);
  for (const ErrorCode reason : reasons.failures) series.failures.Of(std::string(Name(reason)));
  for (const std::string& reason : reasons.rejected) series.rejected_rows.Of(reason);
  for (const std::string& reason : reasons.repaired) series.repaired.Of(reason);
}

void ExporterMetrics::RemoveSource(const std::string& source) {
  const MutexLock lock(families_->mutex);
  families_->Changing();
  families_->Remove(source);
}

void ExporterMetrics::PollStarted(const std::string& source) {
  const MutexLock lock(families_->mutex);
  families_->Changing();
  families_->Of(source).polls.Increment();
}

void ExporterMetrics::PollEnded(const std::string& source, const PollOutcome& outcome) {
  if (!outcome.up && outcome.reason == ErrorCode::kCancelled) return;
  const MutexLock lock(families_->mutex);
  families_->Changing();
  Families::SourceSeries& series = families_->Of(source);
  const auto count_failure = [&](ErrorCode reason) {
    series.failures.Of(std::string(Name(reason))).Increment();
  };
  series.up.Set(outcome.up ? 1 : 0);
  series.poll_duration.Set(outcome.duration_seconds);
  if (outcome.up) {
    series.last_success.Set(UnixSeconds(outcome.at));
    series.rows.Set(static_cast<double>(outcome.rows));
    series.series.Set(static_cast<double>(outcome.series));
    series.response_bytes.Set(static_cast<double>(outcome.response_bytes));
    if (outcome.trouble && *outcome.trouble != ErrorCode::kCancelled) count_failure(*outcome.trouble);
  } else {
    count_failure(outcome.reason);
  }
  for (const auto& [reason, rows] : outcome.rejected_rows)
    series.rejected_rows.Of(reason).Increment(static_cast<double>(rows));
  for (const auto& [reason, count] : outcome.repaired)
    series.repaired.Of(reason).Increment(static_cast<double>(count));
}

void ExporterMetrics::SetStale(const std::string& source, bool stale) {
  const MutexLock lock(families_->mutex);
  families_->Changing();
  families_->Of(source).stale.Set(stale ? 1 : 0);
}

void ExporterMetrics::SetStoreUp(bool up) {
  const MutexLock lock(families_->mutex);
  families_->Changing();
  families_->store_up.Set(up ? 1 : 0);
}

void ExporterMetrics::StoreWrote(double seconds) {
  const MutexLock lock(families_->mutex);
  families_->Changing();
  families_->store_write_duration.Observe(seconds);
}

void ExporterMetrics::IngestedRows(IngestedAs result, std::int64_t rows) {
  const MutexLock lock(families_->mutex);
  families_->Changing();
  families_->ingest_rows.Add({{"result", std::string(Name(result))}}).Increment(static_cast<double>(rows));
}

void ExporterMetrics::ConfigLoaded(bool ok, Timestamp at) {
  const MutexLock lock(families_->mutex);
  families_->Changing();
  families_->config_ok.Set(ok ? 1 : 0);
  if (ok) families_->config_ok_time.Set(UnixSeconds(at));
}

std::shared_ptr<const Snapshot> ExporterMetrics::Read() const {
  const MutexLock lock(families_->mutex);
  // A lost line is not announced when it is lost: the thread that logs may hold any lock.
  const double lost = static_cast<double>(log::DroppedLines()) - families_->log_lines_dropped.Value();
  if (lost > 0) {
    families_->log_lines_dropped.Increment(lost);
    families_->rendered.reset();
  }
  if (families_->rendered == nullptr) families_->rendered = families_->Render();
  return families_->rendered;
}

}  // namespace o2o
