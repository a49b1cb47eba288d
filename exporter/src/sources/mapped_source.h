// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "config/mapping_loader.h"
#include "http/http_client.h"
#include "sources/mapped_answer.h"
#include "sources/source.h"

// What the kinds of source have in common whose rows a mapping turns into series.
namespace o2o {

class MetabaseAccess;

// A kind of it says how to ask and which answers are good.
class MappedSource : public Source {
 public:
  // Asks once and reports what the mapping saw. Fails where no whole answer came; one that is not as agreed
  // says so itself. Like Poll(): one thread at a time, within the source's timeout.
  virtual Result<MappedAnswer> Fetch(const MappingOptions& options, std::stop_token stop) = 0;

  // What is wrong beside the good answer of `rows` rows that Fetch() has just brought. May ask the upstream,
  // in what is left of the timeout.
  virtual std::vector<Error> Troubles(std::size_t rows, std::stop_token stop);

  // What Fetch() brings, with the first of the troubles.
  Result<PollResult> Poll(std::stop_token stop) override;
  std::vector<std::string> RejectReasons() const final { return MappedRejectReasons(); }
  std::vector<std::string> RepairReasons() const final { return MappedRepairReasons(); }
  bool ShowsRows() const final { return true; }
};

// What a source is made with beside its configuration. What is referred to must outlive it.
struct SourceInputs {
  Millis timeout;            // of a poll, whole
  HttpClient& http;          // of this source alone
  MetabaseAccess& metabase;  // of the process
  const Clock& clock;
};

// The kind's own struct adds its own.
struct MappedSourceConfig : KindConfig {
  TlsConfig tls;
  ProxyConfig proxy;
  std::uint64_t max_body_bytes = 1ull << 30;
  MappingConfig mapping;

  virtual std::unique_ptr<MappedSource> MakeSource(const SourceInputs& inputs) const = 0;
};

// Reads `max_body` and the mapping, from the kind's block and from beside it.
void ReadMapped(MapReader& block, const MappingPlace& place, RowShape shape, MappedSourceConfig& config);

}  // namespace o2o
