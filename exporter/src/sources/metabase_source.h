// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "http/http_client.h"
#include "sources/mapped_answer.h"
#include "sources/metabase_server.h"
#include "sources/metabase_session.h"
#include "sources/source.h"

namespace o2o {

// A saved question of a Metabase (v0.46 and later): POST /api/card/:id/query/json, streamed into the mapping.
// An answer counts only if status, whole JSON and its shape are right, since Metabase answers 200 and 202 for
// failed questions too, also behind rows.
class MetabaseSource final : public Source {
 public:
  // `http`, `server`, `session` and `clock` must outlive it. `session`: null with an API key. A poll ends
  // within `timeout`, waiting for its turn, logins and all.
  MetabaseSource(MetabaseSourceConfig config, Millis timeout, HttpClient& http, MetabaseServer& server,
                 MetabaseSession* session, const Clock& clock);

  Result<PollResult> Poll(std::stop_token stop) override;
  std::vector<std::string> RejectReasons() const override { return MappedRejectReasons(); }
  std::vector<std::string> RepairReasons() const override { return MappedRepairReasons(); }

  // One question asked, with what the mapping saw: for `probe`. Fails where no whole answer came; one that is
  // not as agreed says so itself.
  Result<MappedAnswer> Fetch(const MappingOptions& options, std::stop_token stop);

  // What is wrong beside a good answer of `rows` rows: the question is archived (asked for, by `deadline`),
  // the answer is probably cut.
  std::vector<Error> Troubles(std::size_t rows, MonotonicTime deadline, std::stop_token stop);

 private:
  Result<MappedAnswer> Ask(const MappingOptions& options, MonotonicTime deadline, std::stop_token stop);
  Result<MappedAnswer> AskWith(const Secret& credential, const MappingOptions& options,
                               MonotonicTime deadline, std::stop_token stop);
  void CheckArchived(MonotonicTime deadline, std::stop_token stop);
  void CheckVersion(MonotonicTime deadline, std::stop_token stop);
  std::optional<std::map<std::string, std::string>> AskFields(HttpRequest request, std::stop_token stop);
  HttpRequest MakeRequest(const std::string& path, const Secret& credential, MonotonicTime deadline) const;
  Result<Secret> Credential(MonotonicTime deadline, std::stop_token stop);

  const MetabaseSourceConfig config_;
  const Millis timeout_;
  HttpClient& http_;
  MetabaseServer& server_;
  MetabaseSession* const session_;
  const Clock& clock_;
  std::optional<MonotonicTime> archive_checked_;
  bool archived_ = false;
};

// What an answer means that is not a question's good result. Pure; nothing where it is one.
std::optional<Error> MetabaseProblem(const MappedAnswer& answer, bool with_api_key);

}  // namespace o2o
