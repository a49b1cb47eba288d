// SPDX-License-Identifier: Apache-2.0
#include "app/probe.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/redaction.h"
#include "base/text.h"
#include "base/time_text.h"
#include "http/curl_http_client.h"
#include "metrics/catalogue.h"
#include "metrics/snapshot.h"
#include "sources/http_options.h"
#include "sources/mapped_source.h"
#include "sources/metabase/access.h"
#include "sources/oms/api.h"
#include "sources/oms/config.h"

namespace o2o {
namespace {

// Fits on a screen or two; the rest is counted.
constexpr std::size_t kMaxSeriesShown = 40;
constexpr MappingOptions kProbeSamples{
    .sample_rows = 5, .rejected_rows = 10, .max_row_bytes = 400, .max_kept_bytes = 64u << 10};

std::string Seconds(MonotonicTime from, MonotonicTime to) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f s", std::chrono::duration<double>(to - from).count());
  return text;
}

// Notes when the answer to the last request began.
class WatchedClient final : public HttpClient {
 public:
  WatchedClient(HttpClient& http, const Clock& clock) : http_(http), clock_(clock) {}

  Result<HttpResponse> Send(const HttpRequest& request, const BodySink& sink, std::stop_token stop) override {
    asked = clock_.Monotonic();
    began.reset();
    const auto watch = [&](std::string_view bytes) {
      if (!began) began = clock_.Monotonic();
      return sink(bytes);
    };
    return http_.Send(request, watch, std::move(stop));
  }

  MonotonicTime asked{};
  std::optional<MonotonicTime> began;

 private:
  HttpClient& http_;
  const Clock& clock_;
};

// Upstream text goes to a terminal, which must not obey it: control characters (C0, C1 and DEL) become \xNN.
std::string Printable(std::string_view text) {
  std::string printable;
  const auto escape = [&](unsigned char byte) {
    char code[5];
    std::snprintf(code, sizeof code, "\\x%02x", byte);
    printable += code;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
      escape(next);
      ++i;
    } else if ((byte < ' ' && byte != '\n') || byte == 0x7F) {
      escape(byte);
    } else {
      printable += text[i];
    }
  }
  return printable;
}

std::string Counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

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
  if (lines > kMaxSeriesShown)
    shown += "... and " + Counted(lines - kMaxSeriesShown, "more series line") + "\n";
  return shown;
}

// The counts that are not 0.
std::string CountsText(const std::vector<std::pair<std::string, std::uint64_t>>& by_reason) {
  std::string text;
  for (const auto& [reason, count] : by_reason) {
    if (count > 0) text += (text.empty() ? "" : ", ") + reason + " " + std::to_string(count);
  }
  return text.empty() ? "none" : text;
}

std::string ReportText(const MappingReport& report) {
  std::string text = "Columns (" + std::to_string(report.columns.size()) + "):";
  for (const std::string& column : report.columns) text += " `" + column + "`";
  text += "\n";
  for (const std::string& note : report.notes) text += "Note: " + note + "\n";
  for (const std::string& metric : report.filtered_metrics)
    text += "Note: " + metric + ": `where` leaves out every row\n";
  if (report.filtered > 0) text += "Left out by `where`: " + std::to_string(report.filtered) + "\n";
  if (report.skipped > 0) text += "Left out by `null: skip`: " + std::to_string(report.skipped) + "\n";
  text += "Repaired: " + CountsText(report.repaired) + "\n";
  text += "\nFirst rows:\n";
  for (const std::string& row : report.sample_rows) text += "  " + row + "\n";
  text += "\nRejected rows: " + CountsText(report.rejected) + "\n";
  for (const RejectedRowSample& row : report.rejected_rows)
    text += "  " + row.message + "\n    " + row.row + "\n";
  return text;
}

// `start`: when the probe began, before a login if there is one.
ProbeReport AnswerReport(const Result<MappedAnswer>& answer, const WatchedClient& http, MonotonicTime start,
                         const Clock& clock) {
  const MonotonicTime ended = clock.Monotonic();
  if (!answer) return {"", answer.error()};
  const HttpResponse& response = answer->response;
  const MappingReport& report = answer->mapping ? answer->mapping->report : answer->report;
  ProbeReport probe{"Answer: status " + std::to_string(response.status) + ", " +
                        (answer->pages > 0 ? Counted(answer->pages, "page") + ", " : "") +
                        Counted(response.body_bytes, "byte") + ", " + Counted(report.rows, "row") + "\n",
                    answer->problem};
  if (report.rows > 0 || !probe.error) probe.text += ReportText(report);
  if (!probe.error) {
    probe.text += "\nWould be published (" + std::to_string(report.series) + " series):\n" +
                  SeriesText(answer->mapping->families, clock.Now());
  }
  const MonotonicTime began = http.began.value_or(ended);
  if (answer->pages > 1) {
    probe.text += "\nTime: reading and mapping all pages " + Seconds(start, ended) + ", rendering " +
                  Seconds(ended, clock.Monotonic()) + "\n";
    return probe;
  }
  probe.text += "\nTime: before asking (login) " + Seconds(start, http.asked) + ", until the answer began " +
                Seconds(http.asked, began) + ", reading and mapping it " + Seconds(began, ended) +
                ", rendering " + Seconds(ended, clock.Monotonic()) + "\n";
  return probe;
}

ProbeReport ProbeMapped(const MappedSourceConfig& config, Millis timeout, const Clock& clock,
                        std::stop_token stop) {
  CurlHttpClient http(ToHttpOptions(config.tls, config.proxy));
  WatchedClient watched(http, clock);
  MetabaseAccess metabase(clock);
  const auto source = config.MakeSource({timeout, watched, metabase, clock});
  const MonotonicTime start = clock.Monotonic();
  const auto answer = source->Fetch(kProbeSamples, stop);
  ProbeReport report = AnswerReport(answer, watched, start, clock);
  if (report.error) return report;
  for (const Error& trouble : source->Troubles(answer->mapping->report.rows, std::move(stop)))
    report.text += "\nWarning: " + std::string(Name(trouble.code)) + ": " + trouble.message + "\n";
  return report;
}

ProbeReport ProbeOms(const OmsSourceConfig& oms, Millis timeout, const Clock& clock, std::stop_token stop) {
  const MonotonicTime start = clock.Monotonic();
  CurlHttpClient http(ToHttpOptions(oms.tls, oms.proxy));
  HttpOmsApi api(oms, http);
  const auto lookback = std::chrono::ceil<std::chrono::minutes>(oms.initial_lookback).count();
  const auto page = api.Recent({lookback, oms.limit}, timeout, stop);
  if (!page) return {"", page.error()};
  std::string text = "Answer: " + std::to_string(page->body_bytes) + " bytes, " + Counted(page->rows, "row") +
                     " of the last " + std::to_string(lookback) +
                     " minutes\nTimes without a zone are read as " + oms.timezone.name() +
                     " (`timezone`)\n\nFirst orders:\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(page->orders.size(), kProbeSamples.sample_rows); ++i) {
    const Order& order = page->orders[i];
    text += "  " + order.order_id + "  " + order.status + "  " + order.order_type + "  " +
            order.total_amount.value_or("-") + "  " + FormatTime(order.updated_at) + "\n";
  }
  text += "\nRejected rows: " +
          (page->rejected.empty() ? std::string("none") : std::to_string(page->rows - page->orders.size())) +
          "\n";
  for (std::size_t i = 0; i < std::min(page->rejected.size(), kProbeSamples.rejected_rows); ++i) {
    const RejectedRow& row = page->rejected[i];
    text += "  " + std::string(Name(row.reason)) + ": " + row.detail + "\n    " +
            CutMasked(row.payload, kProbeSamples.max_row_bytes) + "\n";
  }
  Family recent{catalogue::kOrdersRecent, {}, {}, {}};
  for (const auto& [status, count] : page->status_counts)
    recent.samples.push_back({{status}, FormatValue(count)});
  std::vector<Family> families;
  families.push_back(std::move(recent));
  text +=
      "\nWould be published from the answer itself; the counters come from PostgreSQL, which a probe does "
      "not touch:\n" +
      SeriesText(std::move(families), clock.Now());
  return {text + "\nTime: " + Seconds(start, clock.Monotonic()) + "\n", std::nullopt};
}

ProbeReport ProbeSource(const SourceConfig& source, const Clock& clock, std::stop_token stop) {
  const KindConfig& kind = *source.kind_config;
  if (const auto* mapped = dynamic_cast<const MappedSourceConfig*>(&kind))
    return ProbeMapped(*mapped, source.timeout, clock, std::move(stop));
  return ProbeOms(dynamic_cast<const OmsSourceConfig&>(kind), source.timeout, clock, std::move(stop));
}

}  // namespace

ProbeReport Probe(const Config& config, const std::string& source, const Clock& clock, std::stop_token stop) {
  std::string names;
  for (const SourceConfig& candidate : config.sources) {
    if (candidate.name == source) {
      ProbeReport report = ProbeSource(candidate, clock, stop);
      // In this order: an escape could split a secret.
      report.text = Printable(redaction::Mask(std::move(report.text)));
      if (report.error) report.error->message = Printable(redaction::Mask(std::move(report.error->message)));
      return report;
    }
    names += (names.empty() ? "" : ", ") + candidate.name;
  }
  for (const std::string& name : config.left_out) names += (names.empty() ? "" : ", ") + name;
  const bool off = std::find(config.disabled.begin(), config.disabled.end(), source) != config.disabled.end();
  return {"", Error{ErrorCode::kConfig, (off ? "source " + source + " is off: its enabled_if is empty"
                                             : "no enabled source is named " + Printable(source)) +
                                            "; there " + (names.empty() ? "is none" : "are " + names)}};
}

}  // namespace o2o
