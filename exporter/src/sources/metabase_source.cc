// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase_source.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "json/json_fields.h"
#include "json/json_reader.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

// Metabase runs an archived question like any other; only asking for the question itself tells. Nobody minds an hour.
constexpr auto kArchiveCheckInterval = 1h;
constexpr Millis kArchiveCheckTimeout = 5s;
constexpr std::size_t kMaxCardBytes = 4u << 20;
// An answer of exactly so many rows was most likely cut there, silently: the limits of plain questions up to v0.48 and of
// aggregated ones, of restricted downloads, and of every export (a sheet of Excel).
constexpr std::size_t kKnownLimits[] = {2'000, 10'000, 1'048'575};
// Of an error of the database behind Metabase: what went wrong stands at the beginning, the rest may be the whole query.
constexpr std::size_t kMaxReason = 200;

std::string UrlEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string FieldOr(const std::map<std::string, std::string>& fields, const std::string& name) {
  const auto field = fields.find(name);
  return field == fields.end() ? "" : field->second;
}

bool Mentions(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

// A question that failed, in every form that Metabase has had for it.
std::optional<Error> FailedQuery(const std::map<std::string, std::string>& fields) {
  const std::string status = FieldOr(fields, "status");
  if (status != "failed" && !fields.contains("_status") && FieldOr(fields, "error").empty()) return std::nullopt;
  std::string why = FieldOr(fields, "error");
  if (why.empty()) why = FieldOr(fields, "cause");
  if (why.empty()) why = FieldOr(fields, "message");
  const std::string type = FieldOr(fields, "error_type");
  why = Excerpt(why.substr(0, why.find('\n')), kMaxReason);
  if (type == "missing-required-permissions" || Mentions(why, "do not have permissions")) {
    return Error{ErrorCode::kForbidden, "Metabase: " + why + " Give the user or the key's group access to the question and its data"};
  }
  if (type == "missing-required-parameter") {
    return Error{ErrorCode::kQueryFailed, "Metabase: " + why + " Set `parameters` of the source, or a default in the question"};
  }
  if (type == "timed-out" || Mentions(why, "Timed out after")) {
    return Error{ErrorCode::kTimeout, "Metabase: " + why + " Make the question quicker"};
  }
  return Error{ErrorCode::kQueryFailed, "Metabase could not run the question" + (why.empty() ? "" : ": " + why)};
}

Error StatusProblem(const MappedAnswer& answer, bool with_api_key) {
  const HttpResponse& response = answer.response;
  const std::string status = std::to_string(response.status);
  if (response.status / 100 == 3) {
    return {ErrorCode::kRedirect, "Metabase redirects to " + Excerpt(response.location) + " (" + status +
                                      "), which is not followed: check METABASE_URL (https? single sign-on?)"};
  }
  if (response.status == 401) {
    return {ErrorCode::kUnauthorized, with_api_key ? "Metabase does not know the key (401): check METABASE_API_KEY"
                                                   : "Metabase refuses a session that it has just given (401)"};
  }
  if (response.status == 403) {
    return {ErrorCode::kForbidden, "Metabase says no (403): give the user or the key's group access to the question's collection"};
  }
  if (response.status == 404 && FieldOr(answer.top_fields, "message") == "The object has been archived.") {
    return {ErrorCode::kArchived, "the question is archived: restore it, or name another"};
  }
  if (response.status == 404) {
    return {ErrorCode::kNotFound, "Metabase has no such question, or no such path (404): check its id and METABASE_URL"};
  }
  if (response.status == 503 && (Mentions(answer.beginning, "still initializing") || Mentions(answer.beginning, "\"initializing\""))) {
    return {ErrorCode::kInitializing, "Metabase is still starting (503): waiting for it"};
  }
  return {ErrorCode::kHttpStatus, "Metabase answered " + status + " where 200 is due" +
                                      (response.status == 502 || response.status == 504 ? ": a proxy in front of it gave up" : "")};
}

}  // namespace

std::optional<Error> MetabaseProblem(const MappedAnswer& answer, bool with_api_key) {
  if (auto failed = FailedQuery(answer.top_fields)) return failed;
  const int status = answer.response.status;
  // 202 was the status of exports up to 0.36 and is that of failed questions up to 0.58; then the fields above told.
  if (status != 200 && status != 202) return StatusProblem(answer, with_api_key);
  if (answer.mapping) return std::nullopt;
  if (answer.beginning.empty()) {
    return Error{ErrorCode::kCut, "Metabase answered " + std::to_string(status) + " with an empty body: it gave up after its own time limit"};
  }
  if (!LooksLikeJson(answer.beginning)) {
    return Error{ErrorCode::kNotJson, "Metabase answered with something that is no JSON (" + Excerpt(answer.response.content_type) +
                                          "): check METABASE_URL, a proxy or login page answers in its place"};
  }
  return answer.mapping.error();
}

MetabaseSource::MetabaseSource(MetabaseSourceConfig config, Millis timeout, HttpClient& http,
                               MetabaseSession* session, const Clock& clock)
    : config_(std::move(config)), timeout_(timeout), http_(http), session_(session), clock_(clock) {}

Result<PollResult> MetabaseSource::Poll(std::stop_token stop) {
  auto answer = Fetch(kPollSamples, stop);
  if (!answer) return tl::unexpected(answer.error());
  PollResult result = ToPollResult(*std::move(answer));
  result.trouble = ArchivedTrouble(stop);
  if (!result.trouble && std::find(std::begin(kKnownLimits), std::end(kKnownLimits), result.rows) != std::end(kKnownLimits)) {
    result.trouble = Error{ErrorCode::kTruncated, "the answer has exactly " + std::to_string(result.rows) +
                                                      " rows, a limit of Metabase: some are probably missing; aggregate in the question"};
  }
  return result;
}

Result<MappedAnswer> MetabaseSource::Fetch(const MappingOptions& options, std::stop_token stop) {
  auto answer = Ask(options, stop);
  if (!answer) return answer;
  if (const auto problem = MetabaseProblem(*answer, session_ == nullptr)) return tl::unexpected(*problem);
  return answer;
}

Result<MappedAnswer> MetabaseSource::Ask(const MappingOptions& options, std::stop_token stop) {
  HttpRequest request = MakeRequest("/query/json");
  request.method = "POST";
  request.headers.emplace_back("Content-Type", Secret("application/x-www-form-urlencoded"));
  // A form is understood by every version, JSON by the newer ones only; raw values are the default of the newer ones only.
  request.body = "parameters=" + UrlEncode(config_.parameters.empty() ? "[]" : config_.parameters) +
                 "&format_rows=false&pivot_results=false";
  const HttpRequest unauthorized = request;
  const MonotonicTime deadline = clock_.Monotonic() + timeout_;
  for (int attempt = 0;; ++attempt) {
    request.timeout = std::max(Millis{1}, std::chrono::duration_cast<Millis>(deadline - clock_.Monotonic()));
    Secret token;
    if (const auto authorized = Authorize(request, token, stop); !authorized) return tl::unexpected(authorized.error());
    auto answer = FetchMapped(http_, request, config_.mapping, options, stop);
    const bool expired = answer && answer->response.status == 401 && session_ != nullptr;
    if (!expired || attempt > 0) return answer;
    session_->Forget(token);
    request = unauthorized;
  }
}

// True once an hour at most; a question that cannot be asked about is not held against it.
std::optional<Error> MetabaseSource::ArchivedTrouble(std::stop_token stop) {
  const MonotonicTime now = clock_.Monotonic();
  if (!archive_checked_ || now - *archive_checked_ >= kArchiveCheckInterval) {
    archive_checked_ = now;
    HttpRequest request = MakeRequest("");
    request.timeout = std::min(timeout_, kArchiveCheckTimeout);
    request.max_body_bytes = kMaxCardBytes;
    Secret token;
    std::string body;
    if (Authorize(request, token, stop)) {
      const auto response = http_.Send(request, [&](std::string_view bytes) { body += bytes; return true; }, stop);
      if (response && response->status == 200) archived_ = FieldOr(ReadJsonFields(body, 4'096), "archived") == "true";
    }
  }
  if (!archived_) return std::nullopt;
  return Error{ErrorCode::kArchived, "the question is archived; it still answers, but nobody looks after it: restore it, or name another"};
}

HttpRequest MetabaseSource::MakeRequest(const std::string& path) const {
  HttpRequest request;
  request.url = config_.url + "/api/card/" + std::to_string(config_.question) + path;
  request.headers = {{"Accept", Secret("application/json")}};
  request.timeout = timeout_;
  request.max_body_bytes = config_.max_body_bytes;
  // Always: up to v0.51 its watch for hung-up clients may eat the beginning of the next request on the connection.
  request.fresh_connection = true;
  request.wants_error_body = true;
  return request;
}

Result<void> MetabaseSource::Authorize(HttpRequest& request, Secret& token, std::stop_token stop) {
  if (session_ == nullptr) {
    request.headers.emplace_back("X-API-KEY", config_.api_key);
    return {};
  }
  auto session = session_->Token(std::move(stop));
  if (!session) return tl::unexpected(session.error());
  token = *session;
  request.headers.emplace_back("X-Metabase-Session", token);
  return {};
}

}  // namespace o2o
