// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/redaction.h"
#include "base/text.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_http_client.h"
#include "sources/metabase/session.h"
#include "sources/oauth2.h"
#include "sources/upstream_status.h"

// What must hold for any answer to a login, at Metabase or at a token endpoint; for the unit test and for
// libFuzzer.
namespace o2o::testing {

// "200", the cookie, the redirect's address, a line each; the rest is the body.
inline FakeHttpClient::Reply HostileLogin(std::string_view bytes) {
  const auto line = [&bytes] {
    const std::size_t end = bytes.find('\n');
    const std::string_view text = bytes.substr(0, end);
    bytes = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
    return text;
  };
  FakeHttpClient::Reply reply;
  reply.response.status = 0;
  for (const char c : line().substr(0, 3))
    reply.response.status = reply.response.status * 10 + (c & 0xF) % 10;
  reply.response.set_cookies = {std::string(line())};
  reply.response.location = line();
  reply.response.content_type = "application/json";
  reply.body = bytes;
  return reply;
}

inline std::string CheckHeaders(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    const std::string text = value.Reveal();
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < ' ' || c == 0x7F)
        return "a header that breaks the request: " + name;
    }
  }
  return "";
}

inline std::string CheckWords(const Error& error) {
  if (error.message.empty() || error.message.size() > 1'000) return "an error without bounds";
  if (!IsCleanUtf8(error.message)) return "an error that is not text";
  if (error.message.find_first_of("\n\r\x1B") != std::string::npos) return "an error of two lines";
  if (error.message.find("p4ssword") != std::string::npos) return "an error that shows the password";
  return "";
}

// The words of other sources are not an upstream's to have masked.
inline std::string CheckWordsOfOthers() {
  for (const char* words :
       {"status=COMPLETED", "OUT_FOR_DELIVERY", "o2o_source_up", "source=orders level=info"}) {
    if (redaction::HoldsSecret(words)) return std::string("masks ") + words;
  }
  return "";
}

inline std::string CheckMetabaseLogin(std::string_view bytes) {
  const FakeClock clock{Timestamp(std::chrono::seconds(1'760'000'000))};
  FakeHttpClient http;
  LoginBudget budget;
  MetabaseSession session("http://mb.example", "user", Secret("p4ssword"), http, budget, clock);
  const auto ask = [&] { return session.Token(clock.Monotonic() + Millis(60'000), Millis(60'000), {}); };
  for (int i = 0; i < 2; ++i) {
    FakeHttpClient::Reply reply = HostileLogin(bytes);
    http.Answer(std::move(reply.response), std::move(reply.body));
  }
  const auto token = ask();
  if (!token) {
    const std::size_t asked = http.requests.size();
    (void)ask();
    if (http.requests.size() > asked) return "a refused login is tried again at once";
    return CheckWords(token.error());
  }
  if (!IsSendable(token->Reveal())) return "a token that cannot be sent";
  if (const auto again = ask(); !again || !(*again == *token)) return "a token that is forgotten";
  session.Forget(*token);
  (void)ask();
  if (http.requests.size() != 2) return "a token that cannot be renewed";
  if (std::string fault = CheckHeaders(http.requests[1]); !fault.empty()) return fault;
  return CheckWordsOfOthers();
}

inline std::string CheckTokenEndpoint(std::string_view bytes) {
  const FakeClock clock{Timestamp(std::chrono::seconds(1'760'000'000))};
  FakeHttpClient http;
  OAuth2Config config;
  config.token_url = "http://login.example/token";
  config.client_id = "o2o";
  config.client_secret = Secret("p4ssword");
  OAuth2Client client(config, http, clock);
  FakeHttpClient::Reply reply = HostileLogin(bytes);
  http.Answer(std::move(reply.response), std::move(reply.body));
  http.Answer(200, "[]");
  HttpRequest request;
  request.url = "http://shop.example/flags";
  request.timeout = Millis(7'000);
  const auto answer = client.Send(request, [](std::string_view) { return true; }, {});
  if (!answer) return CheckWords(answer.error());
  if (http.requests.size() != 2) return "an answer without a token";
  if (std::string fault = CheckHeaders(http.requests[1]); !fault.empty()) return fault;
  return CheckWordsOfOthers();
}

// Empty if all of it holds.
inline std::string CheckHostileLogin(std::string_view bytes) {
  std::string fault = CheckMetabaseLogin(bytes);
  return fault.empty() ? CheckTokenEndpoint(bytes) : fault;
}

}  // namespace o2o::testing
