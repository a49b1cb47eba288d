// SPDX-License-Identifier: Apache-2.0
#include "app/probe.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "app/http_options.h"
#include "app/metabase_sessions.h"
#include "http/curl_http_client.h"
#include "metrics/catalogue.h"
#include "metrics/snapshot.h"
#include "sources/json_source.h"
#include "sources/metabase_source.h"
#include "sources/oms_api.h"

namespace o2o {
namespace {

// What fits a screen or two; the rest is counted.
constexpr std::size_t kMaxSeriesShown = 40;
constexpr MappingOptions kProbeSamples{.sample_rows = 5, .rejected_rows = 10, .max_row_bytes = 400, .max_kept_bytes = 64u << 10};

std::string Seconds(MonotonicTime from, MonotonicTime to) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f s", std::chrono::duration<double>(to - from).count());
  return text;
}

std::string Counted(std::size_t count, const std::string& noun) { return std::to_string(count) + " " + noun + (count == 1 ? "" : "s"); }

// The exposition's first lines.
std::string SeriesText(std::vector<Family> families, Timestamp now) {
  SnapshotBoard board;
  board.Publish("probe", MakeSnapshot(std::move(families), now));
  const std::string all = JoinText(board.Read());
  std::string shown;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at) + 1;
    const bool comment = all[at] == '#';
    if (comment || lines < kMaxSeriesShown) shown += all.substr(at, end - at);
    lines += comment ? 0 : 1;
    at = end;
  }
  if (lines > kMaxSeriesShown) shown += "... and " + Counted(lines - kMaxSeriesShown, "more series line") + "\n";
  return shown;
}

std::string ReportText(const MappingReport& report) {
  std::string text = "Columns (" + std::to_string(report.columns.size()) + "):";
  for (const std::string& column : report.columns) text += " `" + column + "`";
  text += "\n";
  for (const std::string& note : report.notes) text += "Note: " + note + "\n";
  if (report.duplicate_keys > 0) text += "Note: " + Counted(report.duplicate_keys, "key") + " stood twice in a row; the last one counts\n";
  if (report.filtered > 0) text += "Left out by `where`: " + std::to_string(report.filtered) + "\n";
  text += "\nFirst rows:\n";
  for (const std::string& row : report.sample_rows) text += "  " + row + "\n";
  std::string rejected;
  for (const auto& [reason, rows] : report.rejected) {
    if (rows > 0) rejected += (rejected.empty() ? "" : ", ") + reason + " " + std::to_string(rows);
  }
  text += "\nRejected rows: " + (rejected.empty() ? "none" : rejected) + "\n";
  for (const RejectedRowSample& row : report.rejected_rows) text += "  " + row.message + "\n    " + row.row + "\n";
  return text;
}

Result<std::string> MappedText(Result<MappedAnswer> answer, const Clock& clock, MonotonicTime start) {
  if (!answer) return tl::unexpected(answer.error());
  const MonotonicTime fetched = clock.Monotonic();
  const HttpResponse& response = answer->response;
  Mapping& mapping = *answer->mapping;
  std::string text = "Answer: status " + std::to_string(response.status) + ", " + std::to_string(response.body_bytes) + " bytes, " +
                     Counted(mapping.report.rows, "row") + "\n";
  text += ReportText(mapping.report);
  text += "\nWould be published (" + std::to_string(mapping.report.series) + " series):\n" +
          SeriesText(std::move(mapping.families), clock.Now());
  return text + "\nTime: asking and mapping " + Seconds(start, fetched) + ", rendering " + Seconds(fetched, clock.Monotonic()) + "\n";
}

struct Prober {
  const SourceConfig& source;
  const Clock& clock;
  std::stop_token stop;

  Result<std::string> operator()(const OmsSourceConfig& oms) const {
    const MonotonicTime start = clock.Monotonic();
    CurlHttpClient http(ToHttpOptions(oms.tls));
    HttpOmsApi api({oms.url, oms.api_key, oms.timezone, source.timeout, oms.max_body_bytes}, http);
    const auto lookback = std::chrono::ceil<std::chrono::minutes>(oms.initial_lookback).count();
    const auto page = api.Recent({lookback, oms.limit}, stop);
    if (!page) return tl::unexpected(page.error());
    std::string text = "Answer: " + std::to_string(page->body_bytes) + " bytes, " + Counted(page->rows, "row") + " of the last " +
                       std::to_string(lookback) + " minutes\n\nFirst orders:\n";
    for (std::size_t i = 0; i < std::min<std::size_t>(page->orders.size(), kProbeSamples.sample_rows); ++i) {
      const Order& order = page->orders[i];
      text += "  " + order.order_id + "  " + order.status + "  " + order.order_type + "  " + order.total_amount.value_or("-") + "  " +
              FormatTime(order.updated_at) + "\n";
    }
    text += "\nRejected rows: " + (page->rejected.empty() ? std::string("none") : std::to_string(page->rejected.size())) + "\n";
    for (std::size_t i = 0; i < std::min(page->rejected.size(), kProbeSamples.rejected_rows); ++i) {
      const RejectedRow& row = page->rejected[i];
      text += "  " + std::string(Name(row.reason)) + ": " + row.detail + "\n    " + row.payload.substr(0, kProbeSamples.max_row_bytes) + "\n";
    }
    Family recent{catalogue::kOrdersRecent, {}, {}, {}};
    for (const auto& [status, count] : page->status_counts) recent.samples.push_back({{status}, FormatValue(count)});
    std::vector<Family> families;
    families.push_back(std::move(recent));
    text += "\nWould be published from the answer itself; the counters come from PostgreSQL, which a probe leaves alone:\n" +
            SeriesText(std::move(families), clock.Now());
    return text + "\nTime: " + Seconds(start, clock.Monotonic()) + "\n";
  }

  Result<std::string> operator()(const MetabaseSourceConfig& metabase) const {
    const MonotonicTime start = clock.Monotonic();
    CurlHttpClient http(ToHttpOptions(metabase.tls, metabase.proxy_url));
    MetabaseSessions sessions(clock);
    MetabaseSource probed(metabase, source.timeout, http, sessions.For(metabase), clock);
    return MappedText(probed.Fetch(kProbeSamples, stop), clock, start);
  }

  Result<std::string> operator()(const JsonSourceConfig& json) const {
    const MonotonicTime start = clock.Monotonic();
    CurlHttpClient http(ToHttpOptions(json.tls, json.proxy_url));
    JsonSource probed(json, source.timeout, http);
    return MappedText(probed.Fetch(kProbeSamples, stop), clock, start);
  }
};

}  // namespace

Result<std::string> Probe(const Config& config, const std::string& source, const Clock& clock, std::stop_token stop) {
  std::string names;
  for (const SourceConfig& candidate : config.sources) {
    if (candidate.name == source) return std::visit(Prober{candidate, clock, stop}, candidate.kind);
    names += (names.empty() ? "" : ", ") + candidate.name;
  }
  return Fail(ErrorCode::kConfig, "no enabled source is named " + source + "; there " +
                                      (names.empty() ? "is none" : "are " + names));
}

}  // namespace o2o
