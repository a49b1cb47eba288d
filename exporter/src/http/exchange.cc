// SPDX-License-Identifier: Apache-2.0
#include "http/exchange.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

#include "base/ascii.h"
#include "base/time_text.h"

namespace o2o {
namespace {

// Enough to drain an error page, so that the connection lives on.
constexpr std::size_t kMaxDiscardedBytes = 64u << 10;
constexpr Millis kMaxRetryAfter = std::chrono::hours(24);

// The value of a header line, if it is the header `name`.
std::optional<std::string_view> HeaderValue(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return std::nullopt;
  if (!EqualsIgnoringCase(line.substr(0, name.size()), name)) return std::nullopt;
  return Trim(line.substr(name.size() + 1));
}

}  // namespace

// There are several blocks of headers after "100 Continue"; the last one counts.
void Exchange::StartHeaders(std::string_view line) {
  response_ = HttpResponse{};
  retry_after_.clear();
  encoding_.clear();
  headers_done_ = false;
  const std::size_t blank = line.find(' ');
  if (blank != std::string_view::npos)
    std::from_chars(line.data() + blank + 1, line.data() + line.size(), response_.status);
}

bool Exchange::TakeHeader(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) return End(Abort::kHeadersTooLarge);
  if (headers_done_ && !line.starts_with("HTTP/")) return true;  // a trailer of a chunked body
  if (line.starts_with("HTTP/")) {
    StartHeaders(line);
  } else if (Trim(line).empty()) {
    headers_done_ = true;
  } else if (const auto type = HeaderValue(line, "content-type")) {
    response_.content_type = *type;
  } else if (const auto link = HeaderValue(line, "link")) {
    response_.link += (response_.link.empty() ? "" : ", ") + std::string(*link);
  } else if (const auto cookie = HeaderValue(line, "set-cookie")) {
    response_.set_cookies.emplace_back(*cookie);
  } else if (const auto date = HeaderValue(line, "date")) {
    response_.date = ParseHttpDate(*date);
  } else if (const auto wait = HeaderValue(line, "retry-after")) {
    retry_after_ = *wait;
  } else if (const auto coding = HeaderValue(line, "content-encoding")) {
    encoding_ = *coding;
  }
  return true;
}

bool Exchange::TakeBody(std::string_view bytes) {
  wire_bytes_ += bytes.size();
  const bool wanted = response_.status / 100 == 2 || request_.wants_error_body;
  if (!wanted) return wire_bytes_ <= kMaxDiscardedBytes || End(Abort::kDiscardedEnough);
  if (encoding_.empty() || EqualsIgnoringCase(encoding_, "identity")) return TakeDecoded(bytes);
  if (!inflater_) {
    if (!EqualsIgnoringCase(encoding_, "gzip") && !EqualsIgnoringCase(encoding_, "x-gzip") &&
        !EqualsIgnoringCase(encoding_, "deflate")) {
      return End(Abort::kUnknownEncoding);
    }
    inflater_ = std::make_unique<Inflater>();
  }
  const Inflater::Outcome outcome =
      inflater_->Feed(bytes, [this](std::string_view piece) { return TakeDecoded(piece); });
  if (outcome == Inflater::Outcome::kDamaged) return End(Abort::kDamaged);
  return outcome == Inflater::Outcome::kGood;
}

bool Exchange::TakeDecoded(std::string_view bytes) {
  response_.body_bytes += bytes.size();
  if (response_.body_bytes > request_.max_body_bytes) return End(Abort::kBodyTooLarge);
  return sink_(bytes) || End(Abort::kSink);
}

std::optional<Millis> Exchange::RetryAfter() const {
  const std::string_view text = retry_after_;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (end == text.data() + text.size() && !text.empty()) {
    if (error != std::errc{} || seconds > kMaxRetryAfter / std::chrono::seconds(1)) return kMaxRetryAfter;
    if (seconds < 0) return std::nullopt;
    return std::chrono::seconds(seconds);
  }
  const std::optional<Timestamp> until = ParseHttpDate(text);
  if (!until) return std::nullopt;
  const Timestamp now = response_.date.value_or(SystemClock().Now());
  return std::clamp(std::chrono::duration_cast<Millis>(*until - now), Millis{0}, kMaxRetryAfter);
}

}  // namespace o2o
