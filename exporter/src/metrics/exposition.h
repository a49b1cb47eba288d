// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/snapshot.h"

// The answer to one scrape. It points at the bytes that the polls have rendered and compressed; nothing is
// copied, so a scrape costs what it sends, and a reader that takes its time holds on to old snapshots but to
// nothing else.
namespace o2o {

// Immutable.
struct Exposition {
  std::string content_type;
  bool gzip = false;                    // Content-Encoding
  std::vector<std::string_view> parts;  // the body
  std::size_t bytes = 0;                // of all parts

  // What the parts point at.
  SnapshotBoard::Snapshots snapshots;
  std::vector<std::string> own;
};

// All families of `snapshots`, sorted by name, then `own_text`: complete families of other names, in
// `format`, few enough not to be worth compressing at every scrape.
std::shared_ptr<const Exposition> Compose(SnapshotBoard::Snapshots snapshots, std::string own_text,
                                          ExpositionFormat format, bool gzip);

// What an Accept header prefers; text where it leaves the choice, and where nothing that we have suits it.
ExpositionFormat NegotiateFormat(std::string_view accept);

// Whether an Accept-Encoding header takes gzip, and not rather the plain text.
bool AcceptsGzip(std::string_view accept_encoding);

}  // namespace o2o
