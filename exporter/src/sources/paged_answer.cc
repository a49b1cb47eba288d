// SPDX-License-Identifier: Apache-2.0
#include "sources/paged_answer.h"

#include <chrono>
#include <string>
#include <utility>

namespace o2o {
namespace {

// One walk from the first page to the last.
class Walk {
 public:
  Walk(HttpRequest first, const PagesConfig& pages, const Clock& clock)
      : clock_(clock),
        deadline_(clock.Monotonic() + first.timeout),
        max_body_bytes_(first.max_body_bytes),
        timeout_(first.timeout),
        request_(std::move(first)),
        walk_(pages, request_.url) {}

  const HttpRequest& request() const { return request_; }
  std::size_t page() const { return walk_.page(); }
  std::size_t body_bytes() const { return body_bytes_; }
  const std::string& note() const { return walk_.note(); }

  void Read(const HttpResponse& response) { body_bytes_ += response.body_bytes; }

  // Whether there is another page, which request() then requests.
  Result<bool> Next(const HttpResponse& response, const DocumentValue& value) {
    auto url = walk_.Next(response, value);
    if (!url) return tl::unexpected(url.error());
    if (!*url) return false;
    request_.url = **std::move(url);
    request_.max_body_bytes = max_body_bytes_ - body_bytes_;
    request_.timeout = std::chrono::duration_cast<Millis>(deadline_ - clock_.Monotonic());
    if (request_.timeout > Millis{0}) return true;
    return Fail(ErrorCode::kTimeout,
                "the source's timeout of " + FormatDuration(timeout_) + " ended after " +
                    std::to_string(page() - 1) +
                    " pages: let the upstream answer with larger ones, or raise timeout");
  }

  // Adds the page's number to its error; not for the first page.
  Error OfPage(Error error) const {
    if (page() == 1) return error;
    error.message = "page " + std::to_string(page()) + ": " + error.message;
    return error;
  }

  // The error of a page that did not arrive completely.
  Error OfRequest(Error error) const {
    error = OfPage(std::move(error));
    if (error.code == ErrorCode::kTooLarge && page() > 1)
      error.message += "; all pages together may have " + std::to_string(max_body_bytes_) + " (max_body)";
    return error;
  }

 private:
  const Clock& clock_;
  const MonotonicTime deadline_;
  const std::size_t max_body_bytes_;
  const Millis timeout_;
  HttpRequest request_;
  PageWalk walk_;
  std::size_t body_bytes_ = 0;
};

}  // namespace

Result<MappedAnswer> FetchPages(HttpClient& http, HttpRequest first, const PagesConfig& pages,
                                const MappingConfig& mapping, const MappingOptions& options,
                                const Judge& judge, const Clock& clock, std::stop_token stop) {
  AnswerMapper mapper(mapping, options, pages.pointer);
  Walk walk(std::move(first), pages, clock);
  MappedAnswer answer;
  for (bool more = true; more && !answer.problem;) {
    auto fed = FeedAnswer(http, walk.request(), mapper, stop);
    if (!fed) return tl::unexpected(walk.OfRequest(fed.error()));
    walk.Read(fed->response);
    answer.pages = walk.page();
    answer.response = std::move(fed->response);
    answer.beginning = std::move(fed->beginning);
    const Result<void> ended = mapper.EndPage();
    answer.mapping = ended ? Result<Mapping>(Mapping()) : tl::unexpected(ended.error());
    answer.problem = judge(answer);
    if (answer.problem) {
      answer.problem = walk.OfPage(*std::move(answer.problem));
      break;
    }
    const Result<bool> next = walk.Next(answer.response, mapper.NextPage());
    if (!next) answer.problem = next.error();
    more = next.value_or(false);
    if (more) mapper.BeginPage();
  }
  answer.response.body_bytes = walk.body_bytes();
  FinishMapping(mapper, answer);
  if (answer.mapping && !walk.note().empty()) answer.mapping->report.notes.push_back(walk.note());
  if (!answer.problem) answer.problem = judge(answer);
  return answer;
}

}  // namespace o2o
