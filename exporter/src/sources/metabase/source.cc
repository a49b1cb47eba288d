// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/source.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "http/url.h"
#include "json/json_fields.h"
#include "json/json_reader.h"
#include "sources/metabase/mentions.h"
#include "sources/redirect_text.h"
#include "sources/upstream_status.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

// Metabase runs an archived question like any other; only the question's own description says so. An hour's
// delay does no harm.
constexpr auto kArchiveCheckInterval = 1h;
// Of the requests besides the query.
constexpr Millis kCheckTimeout = 5s;
constexpr std::size_t kMaxCheckBytes = 4u << 20;
constexpr std::size_t kMaxCheckFields = 4'096;
// The share of the source's timeout that a query needs to begin.
constexpr int kLeastShare = 10;
// An answer with exactly this many rows was most likely truncated silently: the limits of plain questions up
// to v0.48 and of aggregated ones, of restricted downloads, and of every export (a sheet of Excel).
constexpr std::size_t kKnownLimits[] = {2'000, 10'000, 1'048'575};
// Of an error of the database behind Metabase: its beginning says what went wrong, the rest may be the whole
// query.
constexpr std::size_t kMaxReason = 200;

// Metabase's reason for a failure, as the beginning of a sentence of ours: only its first line, since the
// next may be the query.
std::string Reason(const std::map<std::string, std::string>& fields) {
  std::string why;
  for (const char* name : {"error", "cause", "message"}) {
    if (why.empty()) why = FieldText(fields, name);
  }
  why = Excerpt(why.substr(0, why.find('\n')), kMaxReason);
  while (why.ends_with('.') || why.ends_with(' ')) why.pop_back();
  return why;
}

// A question that failed, in every form that Metabase has had for it. Its statuses are 200, 202, 400 and 500;
// an `error` with another status comes from a proxy in between.
std::optional<Error> FailedQuery(int status, const std::map<std::string, std::string>& fields) {
  const bool says_so = FieldText(fields, "status") == "failed" || fields.contains("_status");
  const bool good_status = status == 200 || status == 202;
  if (!says_so && !(good_status && !FieldText(fields, "error").empty())) return std::nullopt;
  const std::string type = FieldText(fields, "error_type");
  const std::string why = Reason(fields);
  if (type == "missing-required-permissions" || Mentions(why, "do not have permissions")) {
    return Error{
        ErrorCode::kForbidden,
        "Metabase: " + why + ": give the user or the key's group access to the question and its data"};
  }
  if (type == "missing-required-parameter" || type == "invalid-parameter") {
    return Error{ErrorCode::kQueryFailed,
                 "Metabase: " + why + ": set `parameters` of the source, or a default in the question"};
  }
  if (type == "timed-out" || why.starts_with("Timed out after")) {
    return Error{ErrorCode::kTimeout, "Metabase: " + why + ": make the question faster"};
  }
  return Error{ErrorCode::kQueryFailed,
               "Metabase could not run the question, try it there" + (why.empty() ? "" : ": " + why)};
}

Error StatusProblem(const MappedAnswer& answer, bool with_api_key) {
  const int status = answer.response.status;
  const std::string code = std::to_string(status);
  const std::string why = Reason(answer.top_fields);
  if (status / 100 == 3) {
    return {
        ErrorCode::kRedirect,
        "Metabase " + RedirectText(answer.response, "check `url` of the source (https? single sign-on?)")};
  }
  if (status == 401) {
    return {ErrorCode::kUnauthorized,
            with_api_key ? "Metabase does not know the key (401): check `api_key` of the source"
                         : "Metabase refuses the session that it gave (401): does a proxy drop the header "
                           "X-Metabase-Session? An `api_key` may help"};
  }
  if (status == 403 && Mentions(answer.beginning, "mfa-setup-required")) {
    return {ErrorCode::kMfaRequired,
            "Metabase requires a second factor to be set up, which a program cannot do: give the source an "
            "`api_key` instead"};
  }
  if (status == 403) {
    return {ErrorCode::kForbidden,
            "Metabase refused access (403): give the user or the key's group access to the question's "
            "collection, "
            "and this address to Metabase"};
  }
  if (status == 404 && why == "The object has been archived") {
    return {ErrorCode::kArchived, "the question is archived: restore it, or name another"};
  }
  if (status == 404) {
    return {ErrorCode::kNotFound,
            "Metabase has no such question, or no such path (404): check `question` and `url` of the source"};
  }
  if (status == 503 &&
      (Mentions(answer.beginning, "still initializing") || Mentions(answer.beginning, "\"initializing\""))) {
    return {ErrorCode::kInitializing, "Metabase is still starting (503): waiting for it"};
  }
  if (status == 500 && why.starts_with("Invalid parameter")) {
    return {ErrorCode::kQueryFailed, "Metabase: " + why + ": check `parameters` of the source"};
  }
  if (status == 429) return {ErrorCode::kHttpStatus, UnexpectedStatus("Metabase", status)};
  return {
      ErrorCode::kHttpStatus,
      UnexpectedStatus("Metabase", status) +
          (status == 502 || status == 504
               ? ", a proxy in front of it gave up: make the question faster, or let the proxy wait longer"
           : why.empty() ? ": look into its log"
                         : ", look into its log: " + why)};
}

}  // namespace

std::optional<Error> MetabaseProblem(const MappedAnswer& answer, bool with_api_key) {
  const int status = answer.response.status;
  if (auto failed = FailedQuery(status, answer.top_fields)) return failed;
  // 202 was the status of exports up to 0.36 and is that of failed questions up to 0.58, which the fields
  // above have shown.
  if (status != 200 && status != 202) return WithWait(StatusProblem(answer, with_api_key), answer.response);
  if (answer.mapping) return std::nullopt;
  if (answer.beginning.empty()) {
    return Error{ErrorCode::kCut,
                 "Metabase answered " + std::to_string(status) +
                     " with an empty body: it gave up at its own time limit, make the question faster"};
  }
  if (!LooksLikeJson(answer.beginning)) {
    return Error{ErrorCode::kNotJson,
                 "Metabase answered with something that is not JSON (" +
                     Excerpt(answer.response.content_type) +
                     "): check `url` of the source, a proxy or login page may be answering instead"};
  }
  return answer.mapping.error();
}

std::unique_ptr<MappedSource> MetabaseSourceConfig::MakeSource(const SourceInputs& inputs) const {
  return std::make_unique<MetabaseSource>(*this, inputs.timeout, inputs.http, inputs.metabase.ShareOf(*this),
                                          inputs.clock);
}

MetabaseSource::MetabaseSource(MetabaseSourceConfig config, Millis timeout, HttpClient& http,
                               MetabaseShare share, const Clock& clock)
    : config_(std::move(config)), timeout_(timeout), http_(http), share_(share), clock_(clock) {}

std::vector<ErrorCode> MetabaseSource::FailureReasons() const {
  return UpstreamFailures({ErrorCode::kQueryFailed, ErrorCode::kForbidden, ErrorCode::kNotFound,
                           ErrorCode::kArchived, ErrorCode::kInitializing, ErrorCode::kThrottled,
                           ErrorCode::kMfaRequired, ErrorCode::kTruncated});
}

Result<PollResult> MetabaseSource::Poll(std::stop_token stop) {
  auto result = MappedSource::Poll(stop);
  if (result) CheckVersion(std::move(stop));
  return result;
}

std::vector<Error> MetabaseSource::Troubles(std::size_t rows, std::stop_token stop) {
  CheckArchived(std::move(stop));
  std::vector<Error> troubles;
  if (archived_) {
    troubles.push_back({ErrorCode::kArchived,
                        "the question is archived; it still answers, but nobody maintains it: restore it, "
                        "or name another"});
  }
  if (std::find(std::begin(kKnownLimits), std::end(kKnownLimits), rows) != std::end(kKnownLimits)) {
    troubles.push_back(
        {ErrorCode::kTruncated,
         "the answer has exactly " + std::to_string(rows) +
             " rows, a limit of Metabase: some are probably missing; aggregate in the question"});
  }
  return troubles;
}

Result<MappedAnswer> MetabaseSource::Fetch(const MappingOptions& options, std::stop_token stop) {
  deadline_ = clock_.Monotonic() + timeout_;
  const auto credential = Credential(stop);
  if (!credential) return tl::unexpected(credential.error());
  auto answer = AskWith(*credential, options, stop);
  const bool expired = share_.session != nullptr && answer && answer->response.status == 401;
  if (!expired) return answer;
  share_.session->Forget(*credential);
  const auto renewed = Credential(stop);
  if (!renewed) return tl::unexpected(renewed.error());
  if (*renewed == *credential) return answer;
  return AskWith(*renewed, options, std::move(stop));
}

Result<MappedAnswer> MetabaseSource::AskWith(const Secret& credential, const MappingOptions& options,
                                             std::stop_token stop) {
  // Metabase would start a query that begins just before the deadline, only to cancel it.
  const Millis least = timeout_ / kLeastShare;
  const auto turn = share_.turns.Await(config_.question, deadline_ - least, stop);
  if (!turn) return tl::unexpected(turn.error());
  HttpRequest request = MakeRequest("/query/json", credential);
  if (request.timeout < std::max(least, Millis{1}))
    return Fail(ErrorCode::kTimeout, "the login to Metabase took nearly all of the source's timeout");
  request.method = "POST";
  request.headers.emplace_back("Content-Type", Secret::Plain("application/x-www-form-urlencoded"));
  // A form is understood by every version, JSON by the newer ones only; raw values are the default of the
  // newer ones only.
  request.body = "parameters=" + UrlEncode(config_.parameters.empty() ? "[]" : config_.parameters) +
                 "&format_rows=false&pivot_results=false";
  auto answer = FetchMapped(http_, request, config_.mapping, options, std::move(stop));
  if (answer) answer->problem = MetabaseProblem(*answer, share_.session == nullptr);
  return answer;
}

// Checked once an hour at most, but at every poll while the question is archived, so that a restored one is
// noticed at once. A failing check does not fail the source.
void MetabaseSource::CheckArchived(std::stop_token stop) {
  const MonotonicTime now = clock_.Monotonic();
  const bool due = archived_ || !archive_checked_ || now - *archive_checked_ >= kArchiveCheckInterval;
  if (!due || now >= deadline_) return;
  archive_checked_ = now;
  const auto credential = Credential(stop);
  if (!credential) return;
  HttpRequest request = MakeRequest("", *credential);
  if (const auto card = AskFields(std::move(request), std::move(stop)))
    archived_ = FieldText(*card, "archived") == "true";
}

// For the log only: the version of this Metabase. Needs no credentials.
void MetabaseSource::CheckVersion(std::stop_token stop) {
  if (clock_.Monotonic() >= deadline_ || !share_.version.BeginCheck()) return;
  HttpRequest request = MakeRequest("", Secret());
  request.url = config_.url + "/api/session/properties";
  std::erase_if(request.headers, [](const auto& header) { return header.second.empty(); });
  const auto properties = AskFields(std::move(request), std::move(stop));
  if (!properties) return;
  if (const std::string tag = FieldText(*properties, "version.tag"); !tag.empty())
    share_.version.Note(Excerpt(tag));
}

// The fields of a small answer; nothing if it is not a good one.
std::optional<std::map<std::string, std::string>> MetabaseSource::AskFields(HttpRequest request,
                                                                            std::stop_token stop) {
  request.timeout = std::min(request.timeout, kCheckTimeout);
  request.max_body_bytes = kMaxCheckBytes;
  std::string body;
  const auto keep = [&](std::string_view bytes) {
    body += bytes;
    return true;
  };
  const auto response = http_.Send(request, keep, std::move(stop));
  if (!response || response->status != 200) return std::nullopt;
  return ReadJsonFields(body, kMaxCheckFields);
}

HttpRequest MetabaseSource::MakeRequest(const std::string& path, const Secret& credential) const {
  HttpRequest request;
  request.url = config_.url + "/api/card/" + std::to_string(config_.question) + path;
  request.headers = {{"Accept", Secret::Plain("application/json")},
                     {share_.session == nullptr ? "X-API-KEY" : "X-Metabase-Session", credential}};
  for (const auto& [name, value] : config_.headers) request.headers.emplace_back(name, value.Current());
  request.timeout = std::chrono::duration_cast<Millis>(deadline_ - clock_.Monotonic());
  request.max_body_bytes = config_.max_body_bytes;
  // Always: up to v0.51 its watch for hung-up clients may eat the beginning of the next request on the
  // connection.
  request.fresh_connection = true;
  request.wants_error_body = true;
  return request;
}

Result<Secret> MetabaseSource::Credential(std::stop_token stop) {
  if (share_.session == nullptr) return config_.api_key.Current();
  return share_.session->Token(deadline_, timeout_, std::move(stop));
}

}  // namespace o2o
