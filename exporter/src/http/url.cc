// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include "base/ascii.h"

namespace o2o {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};
using CurlText = std::unique_ptr<char, FreeText>;

std::string Part(const Url& url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (!url || curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  return CurlText(text).get();
}

Url ParseUrl(const std::string& text) {
  Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return nullptr;
  return url;
}

constexpr std::array kOrigin = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_ZONEID, CURLUPART_PORT};

bool IsSameOrigin(const Url& a, const Url& b) {
  return std::all_of(kOrigin.begin(), kOrigin.end(), [&](CURLUPart part) {
    return EqualsIgnoringCase(Part(a, part, CURLU_DEFAULT_PORT), Part(b, part, CURLU_DEFAULT_PORT));
  });
}

}  // namespace

bool IsHttpUrl(const std::string& text) {
  const Url url = ParseUrl(text);
  const std::string scheme = Part(url, CURLUPART_SCHEME);
  return scheme == "http" || scheme == "https";
}

std::string ShownUrl(const std::string& text, bool hides_path) {
  const Url url = ParseUrl(text);
  if (!url) return {};
  for (const CURLUPart part :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    curl_url_set(url.get(), part, nullptr, 0);
  }
  if (hides_path) curl_url_set(url.get(), CURLUPART_PATH, nullptr, 0);
  return Part(url, CURLUPART_URL);
}

std::optional<Reference> FollowReference(const std::string& base, const std::string& reference) {
  const Url from = ParseUrl(base);
  const Url to = ParseUrl(base);
  if (!from || !to || HasControl(reference)) return std::nullopt;
  // Of nothing but a fragment, which is the base itself, libcurl makes the folder of the base.
  const std::string target = reference.substr(0, reference.find('#'));
  if (!target.empty() && curl_url_set(to.get(), CURLUPART_URL, target.c_str(), CURLU_URLENCODE) != CURLUE_OK)
    return std::nullopt;
  Reference followed;
  followed.url = Part(to, CURLUPART_URL);
  if (followed.url.empty()) return std::nullopt;
  followed.shown = ShownUrl(followed.url, true);
  followed.same_origin = IsSameOrigin(from, to);
  followed.has_user = !Part(to, CURLUPART_USER).empty() || !Part(to, CURLUPART_PASSWORD).empty();
  return followed;
}

std::string UrlEncode(std::string_view text) {
  if (text.empty()) return {};  // libcurl would take the length 0 for a text up to its U+0000
  const CurlText encoded(curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())));
  if (!encoded) throw std::bad_alloc();
  return encoded.get();
}

std::string WithParameter(std::string_view url, std::string_view name, std::string_view value) {
  url = url.substr(0, url.find('#'));
  const std::string encoded = UrlEncode(name);
  const std::string parameter = encoded + "=" + UrlEncode(value);
  const std::size_t mark = url.find('?');
  std::string changed(url.substr(0, mark));
  std::string_view query = mark == std::string_view::npos ? std::string_view() : url.substr(mark + 1);
  char before = '?';
  bool is_set = false;
  const auto append = [&](std::string_view pair) {
    changed += before;
    changed += pair;
    before = '&';
  };
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::string_view key = pair.substr(0, pair.find('='));
    const bool is_it = key == name || key == encoded;
    if (!is_it) append(pair);
    if (is_it && !is_set) append(parameter);
    is_set |= is_it;
  }
  if (!is_set) append(parameter);
  return changed;
}

}  // namespace o2o
