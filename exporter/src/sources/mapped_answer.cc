// SPDX-License-Identifier: Apache-2.0
#include "sources/mapped_answer.h"

#include <utility>

namespace o2o {
namespace {

constexpr std::size_t kBeginningBytes = 512;
// How much of an unreadable body is read before the transfer is ended: enough for every error page, so that
// its status is known.
constexpr std::size_t kMaxUnreadable = 1u << 20;

}  // namespace

Result<FedAnswer> FeedAnswer(HttpClient& http, const HttpRequest& request, AnswerMapper& mapper,
                             std::stop_token stop) {
  FedAnswer answer;
  bool readable = true;
  std::size_t unreadable = 0;
  auto response = http.Send(
      request,
      [&](std::string_view bytes) {
        if (answer.beginning.size() < kBeginningBytes) {
          answer.beginning += bytes.substr(0, kBeginningBytes - answer.beginning.size());
        }
        readable = readable && mapper.Feed(bytes).has_value();
        if (!readable) unreadable += bytes.size();
        return unreadable <= kMaxUnreadable;
      },
      stop);
  // We ended the transfer: an unreadable body of that size is not an error page.
  const bool ended_by_us =
      !response && !readable && !stop.stop_requested() && response.error().code == ErrorCode::kCancelled;
  // Memory may have run out in the mapper, which is unusable then.
  if (!response && !ended_by_us) return tl::unexpected(response.error());
  if (response) {
    answer.response = *std::move(response);
  } else {
    answer.response.status = 200;
  }
  return answer;
}

void FinishMapping(AnswerMapper& mapper, MappedAnswer& answer) {
  answer.mapping = mapper.Finish();
  if (!answer.mapping) answer.report = mapper.report();
  answer.top_fields = mapper.TopFields();
}

Result<MappedAnswer> FetchMapped(HttpClient& http, const HttpRequest& request, const MappingConfig& mapping,
                                 const MappingOptions& options, std::stop_token stop) {
  AnswerMapper mapper(mapping, options);
  auto fed = FeedAnswer(http, request, mapper, std::move(stop));
  if (!fed) return tl::unexpected(fed.error());
  MappedAnswer answer;
  answer.response = std::move(fed->response);
  answer.beginning = std::move(fed->beginning);
  FinishMapping(mapper, answer);
  return answer;
}

Result<PollResult> ToPollResult(MappedAnswer answer) {
  if (answer.problem) return tl::unexpected(*std::move(answer.problem));
  Mapping mapping = *std::move(answer.mapping);
  PollResult result;
  result.families = std::move(mapping.families);
  result.rows = mapping.report.rows;
  result.response_bytes = answer.response.body_bytes;
  result.rejected_rows = std::move(mapping.report.rejected);
  result.repaired = std::move(mapping.report.repaired);
  result.notes = std::move(mapping.report.notes);
  result.sample_rows = std::move(mapping.report.sample_rows);
  result.vendors = std::move(mapping.report.vendors);
  return result;
}

std::vector<std::string> MappedRejectReasons() { return RowReasons(); }

std::vector<std::string> MappedRepairReasons() { return RowRepairs(); }

}  // namespace o2o
