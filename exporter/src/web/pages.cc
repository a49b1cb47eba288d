// SPDX-License-Identifier: Apache-2.0
#include "web/pages.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/duration.h"
#include "base/time_text.h"
#include "json/json_writer.h"
#include "web/cross_site.h"
#include "web/html_text.h"
#include "web/metrics_page.h"
#include "web/runbooks.h"
#include "web/vendor_codes_page.h"

namespace o2o {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kHtml = "text/html; charset=utf-8";

WebResponse Plain(int status, std::string content_type, std::string body) {
  WebResponse response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  return response;
}

// "12s ago". What has happened is not in the future, whatever was done to the clock since.
std::string Ago(std::optional<Timestamp> time, Timestamp now) {
  if (!time) return "never";
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - *time);
  return FormatDuration(std::max(seconds, std::chrono::seconds(0))) + " ago";
}

// "in 3s". Once its time has come, the poll runs: what comes after it is not known yet.
std::string NextPoll(std::optional<Timestamp> time, Timestamp now) {
  if (!time) return "never";
  if (*time <= now) return "now";
  return "in " + FormatDuration(std::chrono::duration_cast<std::chrono::seconds>(*time - now));
}

std::string Count(std::uint64_t count) { return FormatValue(static_cast<std::int64_t>(count)); }

// "3 (bad_value, no_value)"; "0" where none were.
std::string Rejected(const SourceStatus& status) {
  std::string reasons;
  for (const std::string& reason : status.rejected_reasons) reasons += (reasons.empty() ? "" : ", ") + reason;
  return Count(status.rejected_rows) + (reasons.empty() ? "" : " (" + reasons + ")");
}

// As ISO 8601, or null.
void WriteTime(JsonWriter& json, std::string_view key, std::optional<Timestamp> time) {
  json.Key(key);
  if (time) {
    json.Text(FormatTime(*time));
  } else {
    json.Null();
  }
}

void WriteSource(JsonWriter& json, const SourceStatus& status) {
  json.StartObject()
      .Text("source", status.source)
      .Text("kind", status.kind)
      .Text("state", Name(status.state))
      .Bool("stale", status.stale)
      .Raw("interval_seconds", FormatValue(std::chrono::duration<double>(status.interval).count()));
  WriteTime(json, "last_poll", status.last_poll);
  WriteTime(json, "last_success", status.last_success);
  WriteTime(json, "next_poll", status.next_poll);
  json.Raw("rows", Count(status.rows))
      .Raw("rejected_rows", Count(status.rejected_rows))
      .Raw("series", Count(status.series))
      .Raw("polls", Count(status.polls))
      .Raw("failures", Count(status.failures));
  if (!status.last_error.empty()) {
    json.Text("last_error_reason", status.last_error_reason).Text("last_error", status.last_error);
    WriteTime(json, "last_error_at", status.last_error_at);
  }
  json.EndObject();
}

std::string SourcesJson(const App& app) {
  JsonWriter json;
  json.StartObject().Key("sources").StartArray();
  for (const SourceStatus& status : app.Sources()) WriteSource(json, status);
  json.EndArray();
  if (const auto store = app.Store()) {
    json.Key("store").StartObject().Bool("up", store->up);
    if (!store->error.empty()) json.Text("error", store->error);
    json.EndObject();
  }
  json.EndObject();
  return json.text() + "\n";
}

// Readiness is about this process: it can be scraped. An upstream or database that is down is shown, and
// alerted on, but must not take the exporter out of service, since then nobody would hear of it.
WebResponse Ready(const PageInputs& inputs) {
  const App& app = inputs.app;
  const bool stopping = inputs.stopping();
  const bool polled = app.FirstPollsDone();
  const bool ready = polled && !stopping;
  JsonWriter json;
  json.StartObject().Text("status", ready ? "ready" : "not ready").Key("checks").StartObject();
  json.Text("first_polls", polled ? "ok" : "waiting").Text("stopping", stopping ? "yes" : "no");
  for (const SourceStatus& status : app.Sources()) json.Text("source " + status.source, Name(status.state));
  if (const auto store = app.Store()) json.Text("store", store->up ? "up" : "down");
  json.EndObject().EndObject();
  return Plain(ready ? 200 : 503, kJson, json.text() + "\n");
}

WebResponse Scrape(const PageInputs& inputs, const WebRequest& request) {
  inputs.app.ExpireStale();
  return MetricsPage(request, inputs.board, inputs.metrics);
}

std::string SourceRow(const SourceStatus& status, Timestamp now) {
  const char* css = status.state == SourceStatus::State::kUp && !status.troubled ? "good"
                    : status.state == SourceStatus::State::kStarting             ? "wait"
                                                                                 : "bad";
  const std::string name = EscapeHtml(status.source);
  std::string row = "<tr><td>" + (status.shows_rows ? "<a href='/api/" + name + "'>" + name + "</a>" : name) +
                    "</td><td class=" + css + ">" + std::string(Name(status.state));
  if (status.troubled) row += ", with trouble";
  if (status.stale) row += ", stale";
  row += "</td><td data-is='Last success'>" + Ago(status.last_success, now) +
         "</td><td data-is='Next poll'>" + NextPoll(status.next_poll, now) + "</td><td data-is=Every>" +
         FormatDuration(status.interval) + "</td><td data-is=Rows>" + Count(status.rows) +
         "</td><td data-is=Rejected>" + Rejected(status) + "</td><td data-is=Series>" + Count(status.series) +
         "</td><td class=text data-is='Last error'>" +
         (status.last_error.empty() ? ""
                                    : Ago(status.last_error_at, now) + ": " + EscapeHtml(status.last_error)) +
         "</td></tr>\n";
  return row;
}

WebResponse Home(const PageInputs& inputs) {
  App& app = inputs.app;
  app.ExpireStale();
  const Timestamp now = inputs.clock.Now();
  std::string body =
      "<!doctype html><html lang=en><head><meta charset=utf-8><title>o2o-exporter</title>"
      "<meta name=viewport content='width=device-width'><meta http-equiv=refresh content=5><style>"
      ":root{color-scheme:light dark;--good:#157347;--bad:#b02a37;--wait:#805f00;--line:#ddd}"
      "@media(prefers-color-scheme:dark){:root{--good:#5fd39a;--bad:#ff8591;--wait:#e5c04b;--line:#444}}"
      "body{font:16px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em}"
      "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;white-space:nowrap;"
      "padding:.3em .6em;border-bottom:1px solid "
      "var(--line)}td.text{white-space:normal;overflow-wrap:anywhere}"
      ".good{color:var(--good)}.bad{color:var(--bad);font-weight:bold}.wait{color:var(--wait)}"
      // No room for a table: a source is a block, a cell a line with its heading.
      "@media(max-width:50em){table,tbody,tr,td{display:block}th{display:none}td{border:0;padding:0}"
      "tr{padding:.6em 0;border-bottom:1px solid var(--line)}td:first-child{font-weight:bold}"
      "td[data-is]:not(:empty):before{content:attr(data-is) ': '}}</style></head><body>"
      "<h1>o2o-exporter</h1><p>Polls its sources and publishes what they report as Prometheus metrics: "
      "<a href=/metrics>/metrics</a>.</p>";
  if (const auto store = app.Store()) {
    body += std::string("<p>Order database: <span class=") + (store->up ? "good>up" : "bad>down") +
            "</span>" + (store->error.empty() ? "" : " (" + EscapeHtml(store->error) + ")") + "</p>";
  }
  body +=
      "<table><tr><th>Source</th><th>State</th><th>Last success</th><th>Next "
      "poll</th><th>Every</th><th>Rows</th>"
      "<th>Rejected</th><th>Series</th><th>Last error</th></tr>\n";
  for (const SourceStatus& status : app.Sources()) body += SourceRow(status, now);
  const auto config = app.config();
  for (const std::string& name : config ? (*config)->disabled : std::vector<std::string>{}) {
    body += "<tr><td>" + EscapeHtml(name) +
            "</td><td class=wait>off</td><td colspan=7 class=text>its enabled_if is empty in the "
            "configuration</td></tr>\n";
  }
  body +=
      "</table><p>A source's name links to its last rows. For programs: <a "
      "href=/api/v1/sources>/api/v1/sources</a>, "
      "<a href=/api/vendor-codes>/api/vendor-codes</a>, <a href=/ready>/ready</a>, "
      "<a href=/health>/health</a>.</p></body></html>\n";
  WebResponse response;
  response.content_type = kHtml;
  response.body = std::move(body);
  return response;
}

constexpr const char* kOrdersElsewhere =
    "orders are not shown here, since they name customers: they are in PostgreSQL, table "
    "fact_orders_monitoring; their numbers are in /metrics";

// `source`: the name of one that there is. What a client asked for instead is not said back: masked in the
// answer, it would show who guesses a secret that he has guessed it.
WebResponse JsonError(int status, const std::optional<std::string>& source, std::string_view error) {
  JsonWriter json;
  json.StartObject();
  if (source) json.Text("source", *source);
  json.Text("error", error).EndObject();
  return Plain(status, kJson, json.text() + "\n");
}

const SourceStatus* Find(const std::vector<SourceStatus>& sources, const std::string& name) {
  for (const SourceStatus& status : sources) {
    if (status.source == name) return &status;
  }
  return nullptr;
}

// The last good rows of a source, with their age: also those that are too old to be published, and those of
// before a reload.
WebResponse RowsPage(const PageInputs& inputs, const std::string& source) {
  const std::vector<SourceStatus> sources = inputs.app.Sources();
  const SourceStatus* status = Find(sources, source);
  if (status == nullptr) {
    return JsonError(404, std::nullopt, "no source of this name has rows; /api/v1/sources lists the sources");
  }
  if (!status->shows_rows) return JsonError(404, source, kOrdersElsewhere);
  const auto all = inputs.board.Rows();
  const auto found = all.find(source);
  if (found == all.end()) return JsonError(503, source, "no good poll yet");
  const LastRows& last = found->second;
  const auto age = std::chrono::duration<double>(
      std::max(inputs.clock.Now() - last.taken_at, Timestamp::duration::zero()));
  JsonWriter json;  // up to the rows, which are JSON already
  json.StartObject()
      .Text("source", source)
      .Text("taken_at", FormatTime(last.taken_at))
      .Raw("age_seconds", FormatValue(age.count()))
      .Raw("total", Count(last.total))
      .Bool("complete", last.complete())
      .Key("rows")
      .StartArray();
  WebResponse response = Plain(200, kJson, json.text());
  response.parts_owner = last.rows;
  for (const std::string& row : *last.rows) {
    if (!response.parts.empty()) response.parts.emplace_back(",");
    response.parts.emplace_back(row);
  }
  response.parts.emplace_back("]}\n");
  return response;
}

// Anybody may ask for a reload: no answer names a path, a value or what is wrong with the configuration.
WebResponse Reload(const PageInputs& inputs, const WebRequest& request) {
  if (IsCrossSite(request)) {
    return Plain(403, kText,
                 "403: a browser sent this for the page of another site; use curl on this machine, or "
                 "SIGHUP.\n");
  }
  switch (inputs.reload()) {
    case ReloadAnswer::kDone: return Plain(200, kText, "configuration reloaded\n");
    case ReloadAnswer::kFailed:
      return Plain(500, kText,
                   "reload failed, keeping the previous configuration; the exporter's log says why\n");
    case ReloadAnswer::kRunning:
      return Plain(202, kText, "the reload is still running; the exporter's log will say how it ended\n");
    case ReloadAnswer::kBusy:
      return Plain(409, kText, "409: another request waits for a reload; try again when it is over\n");
  }
  return Plain(500, kText, "500: the reload ended in an unknown way\n");
}

}  // namespace

std::vector<WebRoute> MakeRoutes(const PageInputs& inputs) {
  const auto get = [](std::string path, std::function<WebResponse(const WebRequest&)> handler) {
    WebRoute route;
    route.path = std::move(path);
    route.handler = std::move(handler);
    return route;
  };
  std::vector<WebRoute> routes;
  routes.push_back(get("/metrics", [inputs](const WebRequest& request) { return Scrape(inputs, request); }));
  routes.back().limited = true;
  routes.push_back(get("/", [inputs](const WebRequest&) { return Home(inputs); }));
  routes.push_back(
      get("/health", [](const WebRequest&) { return Plain(200, kJson, "{\"status\":\"ok\"}\n"); }));
  routes.push_back(get("/ready", [inputs](const WebRequest&) { return Ready(inputs); }));
  routes.push_back(
      get("/-/healthy", [](const WebRequest&) { return Plain(200, kText, "o2o-exporter is healthy.\n"); }));
  routes.push_back(get("/-/ready", [inputs](const WebRequest&) {
    const int status = Ready(inputs).status;
    return Plain(status, kText, status == 200 ? "o2o-exporter is ready.\n" : "o2o-exporter is not ready.\n");
  }));
  routes.push_back(get("/api/v1/sources", [inputs](const WebRequest&) {
    inputs.app.ExpireStale();
    return Plain(200, kJson, SourcesJson(inputs.app));
  }));
  routes.push_back(
      get("/api/vendor-codes", [inputs](const WebRequest&) { return VendorCodesPage(inputs.board.Rows()); }));
  routes.push_back(get("/-/reload", [inputs](const WebRequest& request) { return Reload(inputs, request); }));
  routes.back().method = "POST";
  routes.push_back(get("/runbooks/", [](const WebRequest& request) {
    return RunbookPage(std::string_view(request.path).substr(std::string_view("/runbooks/").size()));
  }));
  routes.back().below = true;
  // Of whatever sources there are by then: a reload may bring others.
  routes.push_back(get("/api/", [inputs](const WebRequest& request) {
    return RowsPage(inputs, request.path.substr(std::string_view("/api/").size()));
  }));
  routes.back().below = true;
  return routes;
}

}  // namespace o2o
