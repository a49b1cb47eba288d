// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "config/config_reader.h"
#include "http/http_client.h"
#include "mapping/document_values.h"

namespace o2o {

// How the pages of an answer are found.
struct PagesConfig {
  std::string pointer;    // JSON Pointer to what names the next page; empty: the Link header does
  std::string parameter;  // of the first URL's query, that gets what is there; empty: what is there is a URL
  std::int64_t max_pages = 100;
};

// Reads `pages` of a block; nothing where there is none.
std::optional<PagesConfig> ReadPages(MapReader& block);

// From page to page: where the next one is. Never leads away from scheme, host and port of the first one,
// since credentials travel with the requests; never to a page that was read before; and not beyond the
// ceiling.
class PageWalk {
 public:
  // `config` must outlive it.
  PageWalk(const PagesConfig& config, std::string first_url);

  // The number of the page at hand, from 1 on.
  std::size_t page() const { return seen_.size(); }
  // Goes on to the page behind the one at hand: its URL, or nothing where that was the last. `value`: what
  // the page has at the pointer. kBadShape, kRedirect (elsewhere), kTooLarge (the ceiling); the messages
  // quote no URL or cursor.
  Result<std::optional<std::string>> Next(const HttpResponse& response, const DocumentValue& value);
  // For people; mostly empty.
  const std::string& note() const { return note_; }

 private:
  Result<std::optional<std::string>> Named(const HttpResponse& response, const DocumentValue& value);
  Result<std::optional<std::string>> NamedByValue(const DocumentValue& value);
  Result<std::string> Follow(const std::string& named) const;
  std::string ThisPage() const;
  std::string Place() const;

  const PagesConfig& config_;
  const std::string first_url_;
  std::string url_;             // of the page at hand
  std::set<std::string> seen_;  // the URLs so far
  std::string note_;
};

}  // namespace o2o
