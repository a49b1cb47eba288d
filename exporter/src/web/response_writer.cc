// SPDX-License-Identifier: Apache-2.0
#include "web/response_writer.h"

#include <cstddef>
#include <ctime>

#include "web/masked_body.h"

namespace o2o {
namespace {

constexpr std::size_t kSliceBytes = 256u << 10;  // of one write
constexpr std::size_t kSmallBytes = 16u << 10;   // joined rather than written alone

// Hands pieces on, small ones together, until the first that is not taken.
class PieceWriter {
 public:
  explicit PieceWriter(const ResponseSink& sink) : sink_(sink) {}

  void Write(std::string_view bytes) {
    if (bytes.size() < kSmallBytes) {
      pending_ += bytes;
      if (pending_.size() >= kSliceBytes) Flush();
      return;
    }
    Flush();
    WriteSlices(bytes);
  }
  void Flush() {
    WriteSlices(pending_);
    pending_.clear();
  }
  bool failed() const { return failed_; }

 private:
  void WriteSlices(std::string_view bytes) {
    while (!failed_ && !bytes.empty()) {
      const std::string_view slice = bytes.substr(0, kSliceBytes);
      failed_ = !sink_(slice);
      bytes.remove_prefix(slice.size());
    }
  }

  const ResponseSink& sink_;
  std::string pending_;
  bool failed_ = false;
};

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return std::string(text, size);
}

std::string Head(const WebResponse& response, std::string_view reason, std::size_t body_size) {
  std::size_t length = body_size;
  for (const std::string_view part : response.parts) length += part.size();
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += reason;
  head += "\r\nDate: " + HttpDate() + "\r\n";
  head += "Content-Type: " + response.content_type + "\r\n";
  head += "Content-Length: " + std::to_string(length) + "\r\n";
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
  // Pages carry their style and data, load and run nothing, and may not be framed.
  head +=
      "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
      "base-uri 'none'; form-action 'none'\r\n"
      "Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n";
  return head;
}

}  // namespace

bool WriteResponse(const WebResponse& response, std::string_view reason, bool with_body,
                   const ResponseSink& sink) {
  PieceWriter writer(sink);
  const std::string body = MaskedBody(response);
  writer.Write(Head(response, reason, body.size()));
  if (with_body) {
    writer.Write(body);
    for (const std::string_view part : response.parts) {
      if (writer.failed()) break;
      writer.Write(part);
    }
  }
  writer.Flush();
  return !writer.failed();
}

}  // namespace o2o
