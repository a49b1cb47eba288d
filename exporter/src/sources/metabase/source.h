// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/http_client.h"
#include "sources/mapped_source.h"
#include "sources/metabase/access.h"
#include "sources/metabase/config.h"

namespace o2o {

// A saved question of a Metabase (v0.46 and later): POST /api/card/:id/query/json, streamed into the mapping.
// An answer counts only if status, whole JSON and its shape are right, since Metabase answers 200 and 202 for
// failed questions too, also behind rows.
class MetabaseSource final : public MappedSource {
 public:
  // `http`, `clock` and what `share` refers to must outlive it. A poll ends within `timeout`, waiting for its
  // turn, logins and all.
  MetabaseSource(MetabaseSourceConfig config, Millis timeout, HttpClient& http, MetabaseShare share,
                 const Clock& clock);

  std::vector<ErrorCode> FailureReasons() const override;
  [[nodiscard]] Result<PollResult> Poll(std::stop_token stop) override;
  [[nodiscard]] Result<MappedAnswer> Fetch(const MappingOptions& options, std::stop_token stop) override;
  // The question is archived (which takes a request to find out); the answer is probably truncated.
  std::vector<Error> Troubles(std::size_t rows, std::stop_token stop) override;

 private:
  [[nodiscard]] Result<MappedAnswer> AskWith(const Secret& credential, const MappingOptions& options,
                                             std::stop_token stop);
  void CheckArchived(std::stop_token stop);
  void CheckVersion(std::stop_token stop);
  std::optional<std::map<std::string, std::string>> AskFields(HttpRequest request, std::stop_token stop);
  HttpRequest MakeRequest(const std::string& path, const Secret& credential) const;
  [[nodiscard]] Result<Secret> Credential(std::stop_token stop);

  const MetabaseSourceConfig config_;
  const Millis timeout_;
  HttpClient& http_;
  const MetabaseShare share_;
  const Clock& clock_;
  MonotonicTime deadline_{};  // of the last Fetch() and its checks
  std::optional<MonotonicTime> archive_checked_;
  bool archived_ = false;
};

// What is wrong with an answer; nothing if it is a question's good result. Pure.
[[nodiscard]] std::optional<Error> MetabaseProblem(const MappedAnswer& answer, bool with_api_key);

}  // namespace o2o
