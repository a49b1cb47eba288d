// SPDX-License-Identifier: Apache-2.0
#include "sources/page_walk.h"

#include <utility>

#include "base/ascii.h"
#include "base/redaction.h"
#include "config/column_problem.h"
#include "http/url.h"
#include "mapping/answer_mapper.h"
#include "mapping/shown.h"
#include "sources/link_header.h"

namespace o2o {
namespace {

constexpr std::string_view kLinkHeader = "link";
// The URLs of all pages are kept.
constexpr Range<std::int64_t> kPagesRange{1, 1'000};

bool IsNone(const DocumentValue& value) {
  return !value.present || value.type == JsonType::kNull ||
         (value.type == JsonType::kBool && value.text == "false") ||
         (value.type == JsonType::kString && Trim(value.text).empty());
}

// The URL as it would result from following a reference to it.
std::string AsFollowed(std::string url) {
  const std::optional<Reference> same = FollowReference(url, url);
  return same ? same->url : url;
}

}  // namespace

std::optional<PagesConfig> ReadPages(MapReader& block) {
  if (!block.Has("pages")) return std::nullopt;
  PagesConfig config;
  MapReader pages = block.Section("pages");
  pages.Require("next", "want the JSON Pointer to what names the next page, or link for the Link header");
  if (pages.Text("next", config.pointer)) {
    if (config.pointer == kLinkHeader) {
      config.pointer.clear();
    } else if (!config.pointer.starts_with('/') || !IsPointer(config.pointer)) {
      pages.FailValue(
          "next",
          "is neither a JSON Pointer nor link, want one like /meta/next (with ~1 for / and ~0 for ~)");
    }
  }
  if (pages.Text("parameter", config.parameter) && config.pointer.empty())
    pages.FailKey("parameter", "is for a cursor in the answer, and the Link header has URLs: remove it");
  pages.Integer("max_pages", config.max_pages, kPagesRange);
  return config;
}

PageWalk::PageWalk(const PagesConfig& config, std::string first_url)
    : config_(config), first_url_(AsFollowed(std::move(first_url))), url_(first_url_), seen_{first_url_} {}

Result<std::optional<std::string>> PageWalk::Next(const HttpResponse& response, const DocumentValue& value) {
  const auto named = Named(response, value);
  if (!named || !*named) return named;
  Result<std::string> url = Follow(**named);
  if (!url) return tl::unexpected(url.error());
  if (seen_.contains(*url)) {
    return Fail(ErrorCode::kBadShape, ThisPage() + " names as its next page one that was read before, in " +
                                          Place() + ", so that there would be no end");
  }
  if (page() >= static_cast<std::size_t>(config_.max_pages)) {
    return Fail(ErrorCode::kTooLarge,
                "more than " + std::to_string(page()) +
                    " pages: let the upstream answer with fewer or larger ones, or raise "
                    "pages.max_pages");
  }
  url_ = *std::move(url);
  seen_.insert(url_);
  return std::optional(url_);
}

Result<std::optional<std::string>> PageWalk::Named(const HttpResponse& response, const DocumentValue& value) {
  if (!config_.pointer.empty()) return NamedByValue(value);
  NextLink next = FindNextLink(response.link);
  if (!next.is_good)
    return Fail(ErrorCode::kBadShape, ThisPage() + " has a Link header that is not one of RFC 8288");
  return std::move(next.target);
}

Result<std::optional<std::string>> PageWalk::NamedByValue(const DocumentValue& value) {
  if (!value.present && page() == 1)
    note_ = Place() + " not in the answer, so that its first page counts as the only one";
  if (IsNone(value)) return std::optional<std::string>();
  const bool is_cursor = !config_.parameter.empty();
  if (value.type != JsonType::kString && !(is_cursor && value.type == JsonType::kNumber)) {
    std::string problem = Place() + " is " + redaction::Mask(Shown(value.type, value.text)) + ", expected " +
                          (is_cursor ? "a text, a number" : "a URL") + " or null";
    if (value.type == JsonType::kNumber) problem += "; for a page number or cursor set pages.parameter";
    return Fail(ErrorCode::kBadShape, std::move(problem));
  }
  if (value.text.size() > kMaxNextPageBytes) {
    return Fail(ErrorCode::kBadShape,
                Place() + " is longer than " + std::to_string(kMaxNextPageBytes) + " bytes");
  }
  return std::optional(std::string(Trim(value.text)));
}

Result<std::string> PageWalk::Follow(const std::string& named) const {
  if (!config_.parameter.empty()) return WithParameter(first_url_, config_.parameter, named);
  const std::optional<Reference> next =
      named.size() > kMaxNextPageBytes ? std::nullopt : FollowReference(url_, named);
  const std::string who = ThisPage() + " names as its next page, in " + Place() + ", ";
  if (!next) {
    return Fail(ErrorCode::kBadShape, who + "a text of " + std::to_string(named.size()) +
                                          " bytes that is not a URL; for a cursor set "
                                          "pages.parameter");
  }
  if (!next->same_origin) {
    return Fail(ErrorCode::kRedirect, who + "one at " + redaction::Mask(next->shown) +
                                          ", which is not where the source's url is, so it is not asked: its "
                                          "headers and credentials are not for others");
  }
  if (next->has_user)
    return Fail(ErrorCode::kRedirect, who + "a URL with a user or password, so it is not asked");
  return next->url;
}

std::string PageWalk::ThisPage() const { return "page " + std::to_string(page()); }

std::string PageWalk::Place() const {
  return config_.pointer.empty() ? std::string("its Link header") : Quoted(config_.pointer);
}

}  // namespace o2o
