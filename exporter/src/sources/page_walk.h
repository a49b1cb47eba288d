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
  std::string pointer;    // JSON Pointer to the next page's URL or cursor; empty: the Link header has the URL
  std::string parameter;  // query parameter of the first URL that is set to the cursor; empty: it is a URL
  std::int64_t max_pages = 100;
};

// Reads `pages` of a block; nothing if the block has none.
std::optional<PagesConfig> ReadPages(MapReader& block);

// Finds the next page. Never leads away from the scheme, host and port of the first page, since credentials
// travel with the requests; never to a page that was read before; and not beyond the ceiling.
class PageWalk {
 public:
  // `config` must outlive it.
  PageWalk(const PagesConfig& config, std::string first_url);

  // The number of the current page, from 1.
  std::size_t page() const { return seen_.size(); }
  // Advances to the next page: its URL, or nothing if the current page was the last. `value`: the page's
  // value at the pointer. Fails with kBadShape, kRedirect (elsewhere) or kTooLarge (the ceiling); messages do
  // not quote URLs or cursors.
  [[nodiscard]] Result<std::optional<std::string>> Next(const HttpResponse& response,
                                                        const DocumentValue& value);
  // For people; mostly empty.
  const std::string& note() const { return note_; }

 private:
  [[nodiscard]] Result<std::optional<std::string>> Named(const HttpResponse& response,
                                                         const DocumentValue& value);
  [[nodiscard]] Result<std::optional<std::string>> NamedByValue(const DocumentValue& value);
  [[nodiscard]] Result<std::string> Follow(const std::string& named) const;
  std::string ThisPage() const;
  std::string Place() const;

  const PagesConfig& config_;
  const std::string first_url_;
  std::string url_;             // of the current page
  std::set<std::string> seen_;  // the URLs so far
  std::string note_;
};

}  // namespace o2o
