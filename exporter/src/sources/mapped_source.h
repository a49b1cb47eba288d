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

// Common to all kinds of source whose rows a mapping turns into series.
namespace o2o {

class MetabaseAccess;

// A kind implements how to request and which answers are good.
class MappedSource : public Source {
 public:
  // Sends one request and returns what the mapping made of the answer. Fails if the answer is not complete;
  // an answer that is not as expected carries its `problem`. Like Poll(): one thread at a time, within the
  // source's timeout.
  [[nodiscard]] virtual Result<MappedAnswer> Fetch(const MappingOptions& options, std::stop_token stop) = 0;

  // Problems besides the good answer of `rows` rows that Fetch() has just returned. May query the upstream
  // within the rest of the timeout.
  virtual std::vector<Error> Troubles(std::size_t rows, std::stop_token stop);

  // The result of Fetch(), with the first of the troubles.
  [[nodiscard]] Result<PollResult> Poll(std::stop_token stop) override;
  std::vector<std::string> RejectReasons() const final { return MappedRejectReasons(); }
  std::vector<std::string> RepairReasons() const final { return MappedRepairReasons(); }
  bool ShowsRows() const final { return true; }
};

// What a source is made with besides its configuration. References must outlive it.
struct SourceInputs {
  Millis timeout;            // of a whole poll
  HttpClient& http;          // of this source alone
  MetabaseAccess& metabase;  // of the process
  const Clock& clock;
};

// Each kind's struct adds its own settings.
struct MappedSourceConfig : KindConfig {
  TlsConfig tls;
  ProxyConfig proxy;
  std::uint64_t max_body_bytes = 1ull << 30;
  MappingConfig mapping;

  virtual std::unique_ptr<MappedSource> MakeSource(const SourceInputs& inputs) const = 0;
};

// Reads `max_body` from the kind's block, and the mapping from beside it.
void ReadMapped(MapReader& block, const MappingPlace& place, RowShape shape, MappedSourceConfig& config);

}  // namespace o2o
