// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.h"
#include "http/http_client.h"
#include "sources/mapped_answer.h"
#include "sources/source.h"

namespace o2o {

// Any HTTP endpoint that answers JSON, by a mapping that the user wrote.
class JsonSource final : public Source {
 public:
  // `http` must outlive it.
  JsonSource(JsonSourceConfig config, Millis timeout, HttpClient& http);

  Result<PollResult> Poll(std::stop_token stop) override;
  std::vector<std::string> RejectReasons() const override { return MappedRejectReasons(); }
  std::vector<std::string> RepairReasons() const override { return MappedRepairReasons(); }

  // The same request, with what the mapping saw: for `probe`. Fails where no whole answer came; one that is
  // not as agreed says so itself.
  Result<MappedAnswer> Fetch(const MappingOptions& options, std::stop_token stop);

 private:
  const JsonSourceConfig config_;
  const Millis timeout_;
  HttpClient& http_;
};

}  // namespace o2o
