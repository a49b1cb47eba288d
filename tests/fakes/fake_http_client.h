// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "http/http_client.h"

namespace o2o {

// An upstream of scripted replies: each call gets the next one, and is noted. Keeps HttpClient's promises:
// bodies of 2xx only unless others are wanted, the ceiling, a stop that was asked for. Fails with kInternal
// when the script is at its end.
class FakeHttpClient final : public HttpClient {
 public:
  struct Reply {
    HttpResponse response;
    std::string body;
  };

  void Answer(int status, std::string body, std::string content_type = "application/json") {
    HttpResponse response;
    response.status = status;
    response.content_type = std::move(content_type);
    Answer(std::move(response), std::move(body));
  }
  void Answer(HttpResponse response, std::string body) {
    unsent_.push_back(false);
    replies_.push_back(Reply{std::move(response), std::move(body)});
  }
  // `sent`: whether the upstream may have got the request.
  void FailWith(ErrorCode code, std::string message, bool sent = true) {
    unsent_.push_back(!sent);
    replies_.push_back(Fail(code, std::move(message)));
  }

  Result<HttpResponse> Send(const HttpRequest& request, const BodySink& sink, std::stop_token stop) override {
    requests.push_back(request);
    if (stop.stop_requested()) return Fail(ErrorCode::kCancelled, "cancelled: the program is stopping");
    if (replies_.empty()) return Fail(ErrorCode::kInternal, "no reply in the script");
    Result<Reply> reply = std::move(replies_.front());
    replies_.pop_front();
    if (request.sent != nullptr) *request.sent = !unsent_.front();
    unsent_.pop_front();
    if (!reply) return tl::unexpected<Error>(reply.error());
    if (reply->response.status / 100 != 2 && !request.wants_error_body) return reply->response;
    if (reply->body.size() > request.max_body_bytes)
      return Fail(ErrorCode::kTooLarge, "larger than the ceiling");
    reply->response.body_bytes = reply->body.size();
    const std::size_t half = reply->body.size() / 2;  // bodies come in pieces
    const std::string_view body = reply->body;
    if (!sink(body.substr(0, half)) || !sink(body.substr(half)))
      return Fail(ErrorCode::kCancelled, "not wanted");
    return reply->response;
  }

  // Of the script.
  bool ended() const { return replies_.empty(); }

  std::vector<HttpRequest> requests;

 private:
  std::deque<Result<Reply>> replies_;
  std::deque<bool> unsent_;  // of each reply
};

}  // namespace o2o
