// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "config/mapping_config.h"
#include "http/http_client.h"
#include "mapping/answer_mapper.h"
#include "sources/source.h"

namespace o2o {

// An answer whose body was mapped while it arrived, for the kinds of source whose answers are rows.
struct MappedAnswer {
  HttpResponse response;
  std::string beginning;  // of the body, to see what it is if it is not JSON
  Result<Mapping> mapping = Fail(ErrorCode::kInternal, "nothing was read");
  std::size_t pages = 0;  // that were read, if the source has pages: `response` is that of the last one
  std::map<std::string, std::string> top_fields;  // AnswerMapper::TopFields
  MappingReport report;                           // of a mapping that failed; a good one has its own
  std::optional<Error> problem;  // why the kind of source rejects this answer; none: there is a mapping
};

// Sends the request and streams the body into the mapping; keeps only the series and a few sample rows. Fails
// if the answer is not complete. An answer of any status, with any body, is a success here; of a body that
// cannot be mapped at most 1 MiB is read.
[[nodiscard]] Result<MappedAnswer> FetchMapped(HttpClient& http, const HttpRequest& request,
                                               const MappingConfig& mapping, const MappingOptions& options,
                                               std::stop_token stop);

// A request whose body went into a mapper.
struct FedAnswer {
  HttpResponse response;
  std::string beginning;
};

// The same with a mapper that gets several bodies: leaves its page open.
[[nodiscard]] Result<FedAnswer> FeedAnswer(HttpClient& http, const HttpRequest& request, AnswerMapper& mapper,
                                           std::stop_token stop);
// Ends the mapping and fills in the rest of the answer.
void FinishMapping(AnswerMapper& mapper, MappedAnswer& answer);

// The result of a good answer, or the problem that it has.
[[nodiscard]] Result<PollResult> ToPollResult(MappedAnswer answer);

// The reasons for which a mapping rejects rows, and for which it repairs something in them.
std::vector<std::string> MappedRejectReasons();
std::vector<std::string> MappedRepairReasons();

// How many rows are kept for /api/<source>, and how many bytes of them.
inline constexpr MappingOptions kPollSamples{
    .sample_rows = 10'000, .rejected_rows = 10, .max_row_bytes = 4'096, .max_kept_bytes = 2u << 20};

}  // namespace o2o
