// SPDX-License-Identifier: Apache-2.0
#include "metrics/catalogue.h"

#include "metrics/text_format.h"

namespace o2o::catalogue {

using enum MetricType;

// Orders. Counters are the tallies that PostgreSQL keeps beside the orders, as read by the last poll.

const MetricDesc kOrdersIngested{"o2o_orders_ingested_total",
                                 kCounter,
                                 {"order_type"},
                                 "Distinct orders ever seen, each counted once, when it was first seen; kept "
                                 "in PostgreSQL, so a restart does not "
                                 "reset it; order types beyond the first 100 count as other; as of the "
                                 "last poll."};

const MetricDesc kOrdersCompleted{"o2o_orders_completed_total",
                                  kCounter,
                                  {"order_type"},
                                  "Orders that reached a completed status, each counted once; kept in "
                                  "PostgreSQL, so a restart does not reset it; "
                                  "as of the last poll."};

const MetricDesc kOrdersFailed{"o2o_orders_failed_total",
                               kCounter,
                               {"order_type", "status"},
                               "Orders that reached a failed status, each counted once per such status; kept "
                               "in PostgreSQL, so a restart does "
                               "not reset it; as of the last poll."};

const MetricDesc kOrdersCompletedAmount{"o2o_orders_completed_amount_total",
                                        kCounter,
                                        {"order_type"},
                                        "Sum of total_amount, in the OMS's currency, of completed orders, "
                                        "each counted when it first completed; kept in "
                                        "PostgreSQL, so a restart does not reset it; as of the last poll."};

const MetricDesc kOrderTransitions{"o2o_order_transitions_total",
                                   kCounter,
                                   {"from", "to"},
                                   "Changes of status between two polls that saw the order; a status that no "
                                   "poll saw is not counted; kept in "
                                   "PostgreSQL, so a restart does not reset it; beyond 100 statuses that are "
                                   "not configured, as other; as of the last poll."};

const MetricDesc kOrderDuration{"o2o_order_duration_seconds",
                                kHistogram,
                                {"order_type", "outcome"},
                                "Time from an order's first sight to its completed or failed status, by the "
                                "OMS's updated_at, in seconds; only of "
                                "orders first seen in an open status; kept in PostgreSQL, so a restart does "
                                "not reset it; as of the last poll."};

const MetricDesc kOrdersOpen{
    "o2o_orders_open",
    kGauge,
    {"order_type", "status"},
    "Orders that are kept in a status that is neither completed nor failed, as of the last poll."};

const MetricDesc kOrdersDelayed{"o2o_orders_delayed",
                                kGauge,
                                {"order_type", "status"},
                                "Open orders that have been in their status for longer than the configured "
                                "delayed_after, by the OMS's clock, as "
                                "of the last poll."};

const MetricDesc kOldestOpenOrder{"o2o_oldest_open_order_timestamp_seconds",
                                  kGauge,
                                  {"status"},
                                  "When the order that has been open in this status for longest entered it, "
                                  "by the OMS's updated_at, in seconds "
                                  "since the epoch, as of the last poll."};

const MetricDesc kOrdersUnconfigured{
    "o2o_orders_unconfigured",
    kGauge,
    {"field", "word"},
    "Open orders whose status or order_type (field) is a word that the configuration does not list; one in "
    "such a "
    "status counts as open for ever. Absent if there is none; as of the last poll."};

const MetricDesc kOrdersRecent{
    "o2o_orders_recent",
    kGauge,
    {"status"},
    "The OMS's own count of orders (statusCounts) in the window that the last "
    "poll asked for; the window grows after "
    "an outage, so this is not a rate. The first 100 statuses that are not configured are "
    "listed by name, all others as other."};

const MetricDesc kNewestOrder{"o2o_newest_order_timestamp_seconds",
                              kGauge,
                              {},
                              "The newest updated_at of any order that is not dated in the OMS's future, in "
                              "seconds since the epoch, as of the "
                              "last poll."};

// Taking orders in.

const MetricDesc kIngestWatermark{"o2o_ingest_watermark_timestamp_seconds",
                                  kGauge,
                                  {"source"},
                                  "Up to which updated_at, by the OMS's clock, the source's orders are "
                                  "committed to PostgreSQL, in seconds since the "
                                  "epoch, as of the last poll."};

const MetricDesc kIngestGaps{"o2o_ingest_gaps_total",
                             kCounter,
                             {"source"},
                             "Windows that the OMS would not show whole, so that orders may be missing; kept "
                             "in PostgreSQL, so a restart does "
                             "not reset it; as of the last poll."};

const MetricDesc kIngestRows{"o2o_ingest_rows_total",
                             kCounter,
                             {"result"},
                             "Rows of orders that this process gave to PostgreSQL, by what became of them: "
                             "inserted, updated, unchanged, stale "
                             "(older than what is kept) or rejected."};

// Every source.

const MetricDesc kSourceUp{"o2o_source_up",
                           kGauge,
                           {"source"},
                           "Whether the source's last poll succeeded (1) or failed (0); 0 before the first."};

const MetricDesc kSourceLastSuccess{
    "o2o_source_last_success_timestamp_seconds",
    kGauge,
    {"source"},
    "When the source's last successful poll ended, in seconds since the epoch; 0 before the first."};

const MetricDesc kSourcePollDuration{"o2o_source_poll_duration_seconds",
                                     kGauge,
                                     {"source"},
                                     "How long the source's last poll took, successful or not, in seconds."};

const MetricDesc kSourceInterval{"o2o_source_interval_seconds",
                                 kGauge,
                                 {"source"},
                                 "The configured time from one poll of the source to the next, in seconds."};

const MetricDesc kSourceRows{
    "o2o_source_rows", kGauge, {"source"}, "Rows in the answer to the source's last successful poll."};

const MetricDesc kSourceSeries{
    "o2o_source_series", kGauge, {"source"}, "Time series that the source's last successful poll published."};

const MetricDesc kSourceResponseBytes{
    "o2o_source_response_bytes",
    kGauge,
    {"source"},
    "Size of the answer to the source's last successful poll, decompressed, in bytes."};

const MetricDesc kSourceStale{"o2o_source_stale",
                              kGauge,
                              {"source"},
                              "Whether the source's series were dropped (1) because its last successful poll "
                              "is older than stale_after."};

const MetricDesc kSourcePolls{"o2o_source_polls_total",
                              kCounter,
                              {"source"},
                              "Polls of the source that were started since this process started."};

const MetricDesc kSourceFailures{"o2o_source_failures_total",
                                 kCounter,
                                 {"source", "reason"},
                                 "Polls of the source that failed, or whose rows could not be kept (store), "
                                 "since this process started, by reason."};

const MetricDesc kSourceRejectedRows{"o2o_source_rejected_rows_total",
                                     kCounter,
                                     {"source", "reason"},
                                     "Rows in the source's answers that could not be used, by reason; a row "
                                     "that comes again with every poll counts "
                                     "every time."};

const MetricDesc kSourceRepaired{
    "o2o_source_repaired_total",
    kCounter,
    {"source", "reason"},
    "What was wrong in the source's answers and used all the same, by reason: rows "
    "with the labels of an earlier row, taken in as on_duplicate says "
    "(duplicate_labels), keys that appeared twice in an object (duplicate_key), labels "
    "that were not UTF-8 (text); counts again with every poll."};

// The store, the batch jobs.

const MetricDesc kStoreUp{
    "o2o_store_up",
    kGauge,
    {},
    "Whether the last use of PostgreSQL succeeded (1) or failed (0); 0 before the first."};

const MetricDesc kStoreWriteDuration{"o2o_store_write_duration_seconds",
                                     kHistogram,
                                     {},
                                     "Time taken to commit one page of orders to PostgreSQL, in seconds."};

const MetricDesc kJobLastSuccess{"o2o_job_last_success_timestamp_seconds",
                                 kGauge,
                                 {"batch_job"},
                                 "When the batch job last reported success to PostgreSQL, in seconds since "
                                 "the epoch; 0 before the first; as of the last poll."};

const MetricDesc kJobDuration{"o2o_job_duration_seconds",
                              kGauge,
                              {"batch_job"},
                              "How long the batch job's last run took, successful or not, by its own report "
                              "to PostgreSQL, in seconds, as of the last poll."};

const MetricDesc kJobFailed{"o2o_job_failed",
                            kGauge,
                            {"batch_job"},
                            "Whether the batch job's last run failed (1) or succeeded (0), by its own report "
                            "to PostgreSQL, as of the last poll."};

// The program.

const MetricDesc kBuildInfo{
    "o2o_exporter_build_info",
    kGauge,
    {"version", "cxx"},
    "Always 1; the labels name the program's version and the compiler that built it."};

const MetricDesc kLogLinesDropped{"o2o_exporter_log_lines_dropped_total",
                                  kCounter,
                                  {},
                                  "Log lines that were dropped since this process started, because nobody "
                                  "read stderr or it could not be written "
                                  "to."};

const MetricDesc kConfigReloadSuccessful{"o2o_exporter_config_last_reload_successful",
                                         kGauge,
                                         {},
                                         "Whether the configuration was accepted (1) when it was last read, "
                                         "or refused (0), so that the one before it "
                                         "stays in force."};

const MetricDesc kConfigReloadSuccessTime{
    "o2o_exporter_config_last_reload_success_timestamp_seconds",
    kGauge,
    {},
    "When a configuration was last accepted, in seconds since the epoch."};

const MetricDesc kProcessCpu{
    "process_cpu_seconds_total", kCounter, {}, "Total user and system CPU time spent, in seconds."};

const MetricDesc kProcessResidentMemory{
    "process_resident_memory_bytes", kGauge, {}, "Resident memory size, in bytes."};

const MetricDesc kProcessVirtualMemory{
    "process_virtual_memory_bytes", kGauge, {}, "Virtual memory size, in bytes."};

const MetricDesc kProcessStartTime{
    "process_start_time_seconds", kGauge, {}, "When the process started, in seconds since the epoch."};

const MetricDesc kProcessOpenFds{"process_open_fds", kGauge, {}, "Number of open file descriptors."};

const MetricDesc kProcessMaxFds{
    "process_max_fds", kGauge, {}, "The most file descriptors that the process may open."};

const MetricDesc kProcessThreads{"process_threads", kGauge, {}, "Number of threads of the process."};

std::span<const MetricDesc* const> All() {
  static constexpr const MetricDesc* kAll[] = {
      &kOrdersIngested,
      &kOrdersCompleted,
      &kOrdersFailed,
      &kOrdersCompletedAmount,
      &kOrderTransitions,
      &kOrderDuration,
      &kOrdersOpen,
      &kOrdersDelayed,
      &kOldestOpenOrder,
      &kOrdersUnconfigured,
      &kOrdersRecent,
      &kNewestOrder,
      &kIngestWatermark,
      &kIngestGaps,
      &kIngestRows,
      &kSourceUp,
      &kSourceLastSuccess,
      &kSourcePollDuration,
      &kSourceInterval,
      &kSourceRows,
      &kSourceSeries,
      &kSourceResponseBytes,
      &kSourceStale,
      &kSourcePolls,
      &kSourceFailures,
      &kSourceRejectedRows,
      &kSourceRepaired,
      &kStoreUp,
      &kStoreWriteDuration,
      &kJobLastSuccess,
      &kJobDuration,
      &kJobFailed,
      &kBuildInfo,
      &kLogLinesDropped,
      &kConfigReloadSuccessful,
      &kConfigReloadSuccessTime,
      &kProcessCpu,
      &kProcessResidentMemory,
      &kProcessVirtualMemory,
      &kProcessStartTime,
      &kProcessOpenFds,
      &kProcessMaxFds,
      &kProcessThreads,
  };
  return kAll;
}

const MetricDesc* Find(std::string_view name) {
  for (const MetricDesc* desc : All()) {
    if (desc->name == name) return desc;
  }
  return nullptr;
}

std::string MarkdownTable(const std::vector<MetricDesc>& configured) {
  std::string table = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  const auto add = [&table](const MetricDesc& desc) {
    std::string labels;
    for (const std::string& label : desc.labels) labels += (labels.empty() ? "" : ", ") + label;
    table.append("| `").append(desc.name).append("` | ").append(Name(desc.type)).append(" |");
    table.append(labels.empty() ? "" : " " + labels).append(" | ").append(desc.help).append(" |\n");
  };
  for (const MetricDesc* desc : All()) add(*desc);
  for (const MetricDesc& desc : configured) add(desc);
  return table;
}

std::string MarkdownValues(const std::vector<ClosedLabel>& labels) {
  std::string table = "| metric | label | values |\n|---|---|---|\n";
  for (const ClosedLabel& closed : labels) {
    std::string values;
    for (const std::string& value : closed.values) values += (values.empty() ? "`" : ", `") + value + "`";
    table.append("| `").append(closed.metric.name).append("` | ").append(closed.label).append(" | ");
    table.append(values).append(" |\n");
  }
  return table;
}

}  // namespace o2o::catalogue
