// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/http_client.h"
#include "http/inflater.h"

namespace o2o {

// Answers of our upstreams have some hundred bytes of headers.
inline constexpr std::size_t kMaxHeaderBytes = 64u << 10;

// One exchange as its bytes arrive: collects the headers that matter, decodes the body into the sink, and
// ends what goes past a ceiling. Knows nothing of the library that brings the bytes. One thread at a time;
// request and sink must outlive it.
class Exchange {
 public:
  // Why the exchange was ended from here.
  enum class Abort {
    kNone,
    kHeadersTooLarge,
    kBodyTooLarge,
    kDiscardedEnough,
    kSink,
    kDamaged,
    kUnknownEncoding,
    kException
  };

  Exchange(const HttpRequest& request, const BodySink& sink) : request_(request), sink_(sink) {}

  // A status line, a header line or the blank line behind them; and what comes of the body. False ends the
  // exchange.
  bool TakeHeader(std::string_view line);
  bool TakeBody(std::string_view bytes);
  // What took the bytes has thrown.
  void Failed() { abort_ = Abort::kException; }

  HttpResponse& response() { return response_; }
  const HttpResponse& response() const { return response_; }
  bool headers_done() const { return headers_done_; }
  std::size_t wire_bytes() const { return wire_bytes_; }  // of the body, as they came
  Abort abort() const { return abort_; }
  // Of a body that was compressed: whether its end has come.
  bool whole() const { return !inflater_ || inflater_->whole(); }
  // "120" or a date, which is counted from the server's own clock where its Date is known.
  std::optional<Millis> RetryAfter() const;

 private:
  void StartHeaders(std::string_view line);
  bool TakeDecoded(std::string_view bytes);
  bool End(Abort why) {
    abort_ = why;
    return false;
  }

  const HttpRequest& request_;
  const BodySink& sink_;
  HttpResponse response_;
  std::string retry_after_;
  std::string encoding_;
  std::unique_ptr<Inflater> inflater_;
  std::size_t header_bytes_ = 0;
  bool headers_done_ = false;
  std::size_t wire_bytes_ = 0;
  Abort abort_ = Abort::kNone;
};

}  // namespace o2o
