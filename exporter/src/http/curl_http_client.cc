// SPDX-License-Identifier: Apache-2.0
#include "http/curl_http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "base/ascii.h"
#include "base/base64.h"
#include "http/exchange.h"
#include "http/pem_file.h"
#include "http/url.h"

namespace o2o {
namespace {

using std::chrono::steady_clock;

// A lost SYN is repeated after 1 s and 3 s; who has not answered by then will not in this poll.
constexpr Millis kConnectTimeout{5'000};
// libcurl forgets a connection idle for 118 s, shorter than the interval of many sources.
constexpr long kMaxIdleSeconds = 3'600;
// A source talks to one upstream, perhaps by two addresses.
constexpr long kMaxConnections = 4;
// Taken from a socket at once: a large answer costs fewer calls than with the 16 KiB that libcurl takes.
constexpr long kReceiveBytes = 128 << 10;

template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    free_function(pointer);
  }
};
using HeaderList = std::unique_ptr<curl_slist, Free<curl_slist_free_all>>;
// libcurl's own ceiling of 100 kB for one header line: out of memory up to 8.5, CURLE_TOO_LARGE from then on.
bool IsLongHeaderLine(CURLcode code) { return code == CURLE_OUT_OF_MEMORY || static_cast<int>(code) == 100; }

// A handle is with its multi handle for one exchange, however that ends: an exception must not leave it
// there.
struct Transfer {
  CURLM* multi;
  CURL* easy;
  ~Transfer() { curl_multi_remove_handle(multi, easy); }
};

// The callback of libcurl for headers or the body: the transfer ends when fewer bytes are taken than it
// brought.
template <bool (Exchange::*take)(std::string_view)>
std::size_t OnBytes(char* data, std::size_t size, std::size_t count, void* exchange) noexcept {
  auto& self = *static_cast<Exchange*>(exchange);
  try {
    return (self.*take)({data, size * count}) ? size * count : 0;
  } catch (...) {
    self.Failed();
    return 0;
  }
}

// Nothing if memory ran out.
HeaderList MakeHeaders(const HttpRequest& request) {
  // No "Expect: 100-continue": it costs a second at servers that do not know it.
  HeaderList list(curl_slist_append(nullptr, "Expect:"));
  for (const auto& [name, value] : request.headers) {
    if (!list) break;
    // libcurl takes "name:" for "leave this header out" and "name;" for an empty one.
    const std::string line = value.empty() ? name + ";" : name + ": " + value.Reveal();
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return nullptr;
  }
  return list;
}

// What is wrong with a request before it is sent.
std::optional<Error> CheckRequest(const HttpRequest& request) {
  if (!IsHttpUrl(request.url)) {
    return Error{ErrorCode::kConfig,
                 "not a URL that can be asked: it should look like https://host:port/path"};
  }
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || HasControl(name) || name.find(':') != std::string::npos) {
      return Error{ErrorCode::kConfig, "a header has a name that HTTP does not allow"};
    }
    if (HasControl(value.Reveal())) {
      return Error{ErrorCode::kConfig,
                   "the header " + name + " holds a line break or another control character"};
    }
  }
  return std::nullopt;
}

bool IsTls(CURLcode code) {
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_SHUTDOWN_FAILED:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT: return true;
    default: return false;
  }
}

}  // namespace

void InitHttp() { curl_global_init(CURL_GLOBAL_DEFAULT); }

struct CurlHttpClient::Handles {
  std::unique_ptr<CURLM, Free<curl_multi_cleanup>>
      multi;  // holds the connections, so it outlives the easy handle
  std::unique_ptr<CURL, Free<curl_easy_cleanup>> easy;
  std::array<char, CURL_ERROR_SIZE> error_text{};
  PemFile ca{{}};
  PemFile client_cert{{}};
  PemFile client_key{{}};

  template <typename T>
  void Set(CURLoption option, T value) {
    curl_easy_setopt(easy.get(), option, value);
  }

  void Prepare(const HttpOptions& options, const HttpRequest& request, const HeaderList& headers,
               Exchange& exchange);
  void SetTls(const HttpOptions& options);
  void SetPem(PemFile& file, CURLoption content, CURLoption path);
  void SetUser(const HttpRequest& request);
  void SetBody(const HttpRequest& request);
  std::optional<CURLcode> Run(steady_clock::time_point deadline, const std::stop_token& stop);
  Error Explain(CURLcode code, const HttpRequest& request, const Exchange& exchange);
  Error ExplainCut(const Exchange& exchange) const;
  Error ExplainConnect(CURLcode code) const;
  Error ExplainTimeout(const HttpRequest& request, const Exchange& exchange) const;
  bool Connected() const;

  Secret encoded_user;  // user and password as they travel: an upstream that echoes them must not show them
};

void CurlHttpClient::Handles::Prepare(const HttpOptions& options, const HttpRequest& request,
                                      const HeaderList& headers, Exchange& exchange) {
  curl_easy_reset(easy.get());  // keeps connections, TLS sessions and resolved names
  error_text[0] = '\0';
  const long timeout_ms = static_cast<long>(request.timeout.count());
  Set(CURLOPT_ERRORBUFFER, error_text.data());
  Set(CURLOPT_URL, request.url.c_str());
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_QUICK_EXIT, 1L);  // else giving up while a name is looked up waits for the name server
  Set(CURLOPT_TIMEOUT_MS, timeout_ms);
  Set(CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout_ms, static_cast<long>(kConnectTimeout.count())));
  Set(CURLOPT_TCP_KEEPALIVE, 1L);
  Set(CURLOPT_BUFFERSIZE, kReceiveBytes);
  Set(CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  Set(CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
  Set(CURLOPT_FORBID_REUSE, request.fresh_connection ? 1L : 0L);
  Set(CURLOPT_ACCEPT_ENCODING, "gzip");
  Set(CURLOPT_HTTP_CONTENT_DECODING, 0L);         // Inflater does it
  Set(CURLOPT_PROXY, options.proxy_url.c_str());  // "" switches http_proxy and its like off
  Set(CURLOPT_NOPROXY, "");
  const std::string proxy_password = options.proxy_password.Reveal();
  Set(CURLOPT_PROXYUSERNAME, options.proxy_user.empty() ? nullptr : options.proxy_user.c_str());
  Set(CURLOPT_PROXYPASSWORD, options.proxy_user.empty() ? nullptr : proxy_password.c_str());
  Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!options.user_agent.empty()) Set(CURLOPT_USERAGENT, options.user_agent.c_str());
  Set(CURLOPT_HTTPHEADER, headers.get());
  Set(CURLOPT_HEADERFUNCTION, &OnBytes<&Exchange::TakeHeader>);
  Set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
  Set(CURLOPT_WRITEFUNCTION, &OnBytes<&Exchange::TakeBody>);
  Set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
  SetTls(options);
  SetUser(request);
  SetBody(request);
}

void CurlHttpClient::Handles::SetTls(const HttpOptions& options) {
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_SSL_VERIFYPEER, options.insecure_skip_verify ? 0L : 1L);
  Set(CURLOPT_SSL_VERIFYHOST, options.insecure_skip_verify ? 0L : 2L);
  SetPem(ca, CURLOPT_CAINFO_BLOB, CURLOPT_CAINFO);
  SetPem(client_cert, CURLOPT_SSLCERT_BLOB, CURLOPT_SSLCERT);
  SetPem(client_key, CURLOPT_SSLKEY_BLOB, CURLOPT_SSLKEY);
}

// The content, by which libcurl knows connections apart: after a renewal a new one is made.
void CurlHttpClient::Handles::SetPem(PemFile& file, CURLoption content, CURLoption path) {
  if (file.path().empty()) return;
  std::string text = file.Read();
  if (text.empty()) return Set(path, file.path().c_str());  // which then says what is wrong with it
  curl_blob blob{text.data(), text.size(), CURL_BLOB_COPY};
  Set(content, &blob);
}

// Sent with the first request, rather than after a 401.
void CurlHttpClient::Handles::SetUser(const HttpRequest& request) {
  if (request.user.empty()) return;
  Set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  Set(CURLOPT_USERNAME, request.user.c_str());
  const std::string password = request.password.Reveal();
  Set(CURLOPT_PASSWORD, password.c_str());
  encoded_user = Secret(Base64(request.user + ":" + password));
}

void CurlHttpClient::Handles::SetBody(const HttpRequest& request) {
  if (request.method == "GET" && request.body.empty()) return;
  if (request.method == "HEAD") return Set(CURLOPT_NOBODY, 1L);
  Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  Set(CURLOPT_POSTFIELDS, request.body.c_str());
  Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// The transfer's end, or nothing when `stop` or the deadline came first.
std::optional<CURLcode> CurlHttpClient::Handles::Run(steady_clock::time_point deadline,
                                                     const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
  while (!stop.stop_requested()) {
    int running = 0;
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int left = 0;
    if (const CURLMsg* const message = curl_multi_info_read(multi.get(), &left);
        message != nullptr && message->msg == CURLMSG_DONE) {
      return message->data.result;
    }
    const auto rest = std::chrono::ceil<Millis>(deadline - steady_clock::now());
    if (rest <= Millis{0}) return std::nullopt;
    const auto wait = std::min(rest, Millis{1'000});
    if (curl_multi_poll(multi.get(), nullptr, 0, static_cast<int>(wait.count()), nullptr) != CURLM_OK)
      return CURLE_FAILED_INIT;
  }
  return std::nullopt;
}

Error CurlHttpClient::Handles::ExplainCut(const Exchange& exchange) const {
  long proxy_status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  if (exchange.response().status == 0 && proxy_status / 100 > 2) {
    return {ErrorCode::kConnect, "the proxy refused to connect (" + std::to_string(proxy_status) +
                                     (proxy_status == 407 ? "): check `proxy_auth`" : ")")};
  }
  if (exchange.response().status == 0) return {ErrorCode::kCut, "the connection was cut before an answer"};
  if (!exchange.headers_done())
    return {ErrorCode::kCut, "the connection was cut in the headers of the answer"};
  return {ErrorCode::kCut,
          "the connection was cut after " + std::to_string(exchange.wire_bytes()) + " bytes"};
}

Error CurlHttpClient::Handles::ExplainConnect(CURLcode code) const {
  if (code == CURLE_COULDNT_RESOLVE_HOST) return {ErrorCode::kConnect, "the host name is not known"};
  if (code == CURLE_COULDNT_RESOLVE_PROXY)
    return {ErrorCode::kConnect, "the host name of the proxy is not known"};
  long os_error = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &os_error);
  if (os_error == ECONNREFUSED) return {ErrorCode::kConnect, "connection refused"};
  if (os_error == 0) return {ErrorCode::kConnect, "no connection"};
  return {ErrorCode::kConnect,
          "no connection: " + std::generic_category().message(static_cast<int>(os_error))};
}

// From then on the request is being sent.
bool CurlHttpClient::Handles::Connected() const {
  curl_off_t connected_us = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_PRETRANSFER_TIME_T, &connected_us);
  return connected_us > 0;
}

Error CurlHttpClient::Handles::ExplainTimeout(const HttpRequest& request, const Exchange& exchange) const {
  if (!Connected() && exchange.response().status == 0) {
    return {ErrorCode::kTimeout,
            "no connection within " + FormatDuration(std::min(request.timeout, kConnectTimeout))};
  }
  if (exchange.response().status == 0)
    return {ErrorCode::kTimeout, "no answer within " + FormatDuration(request.timeout)};
  return {ErrorCode::kTimeout, "no whole answer within " + FormatDuration(request.timeout) + ", only " +
                                   std::to_string(exchange.wire_bytes()) + " bytes"};
}

Error CurlHttpClient::Handles::Explain(CURLcode code, const HttpRequest& request, const Exchange& exchange) {
  switch (exchange.abort()) {
    case Exchange::Abort::kHeadersTooLarge:
      return {ErrorCode::kTooLarge,
              "the headers of the answer are larger than " + std::to_string(kMaxHeaderBytes) + " bytes"};
    case Exchange::Abort::kBodyTooLarge:
      return {ErrorCode::kTooLarge,
              "the answer is larger than " + std::to_string(request.max_body_bytes) + " bytes"};
    case Exchange::Abort::kSink: return {ErrorCode::kCancelled, "the answer was not wanted any longer"};
    case Exchange::Abort::kDamaged:
      return {ErrorCode::kCut,
              "the compressed answer is damaged, after " + std::to_string(exchange.wire_bytes()) + " bytes"};
    case Exchange::Abort::kUnknownEncoding:
      return {ErrorCode::kCut, "the answer is compressed in a way that was not asked for, only gzip was"};
    case Exchange::Abort::kException: return {ErrorCode::kInternal, "no memory for the answer"};
    case Exchange::Abort::kDiscardedEnough:
    case Exchange::Abort::kNone: break;
  }
  if (!exchange.headers_done() && exchange.response().status != 0 && IsLongHeaderLine(code)) {
    return {ErrorCode::kTooLarge, "a header of the answer is longer than 100 kB"};
  }
  if (IsTls(code))
    return {ErrorCode::kTls,
            std::string("TLS: ") + (error_text[0] != '\0' ? error_text.data() : curl_easy_strerror(code))};
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY: return ExplainConnect(code);
    case CURLE_OPERATION_TIMEDOUT: return ExplainTimeout(request, exchange);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE: return ExplainCut(exchange);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY: return {ErrorCode::kCut, "the answer is not HTTP"};
    default: return {ErrorCode::kInternal, curl_easy_strerror(code)};
  }
}

CurlHttpClient::CurlHttpClient(HttpOptions options)
    : options_(std::move(options)), handles_(std::make_unique<Handles>()) {
  handles_->multi.reset(curl_multi_init());
  handles_->easy.reset(curl_easy_init());
  handles_->ca = PemFile(options_.ca_file);
  handles_->client_cert = PemFile(options_.client_cert_file);
  handles_->client_key = PemFile(options_.client_key_file);
  if (handles_->multi) curl_multi_setopt(handles_->multi.get(), CURLMOPT_MAXCONNECTS, kMaxConnections);
}

CurlHttpClient::~CurlHttpClient() = default;

Result<HttpResponse> CurlHttpClient::Send(const HttpRequest& request, const BodySink& sink,
                                          std::stop_token stop) {
  const auto deadline = steady_clock::now() + request.timeout;
  const auto fail = [&request](Error error) {
    return Fail(error.code,
                request.method + " " + ShownUrl(request.url, request.hides_path) + ": " + error.message);
  };
  if (const std::optional<Error> error = CheckRequest(request)) return fail(*error);
  const HeaderList headers = MakeHeaders(request);
  if (!handles_->multi || !handles_->easy || !headers)
    return fail({ErrorCode::kInternal, "no memory for the request"});

  Exchange exchange(request, sink);
  handles_->Prepare(options_, request, headers, exchange);
  if (curl_multi_add_handle(handles_->multi.get(), handles_->easy.get()) != CURLM_OK) {
    return fail({ErrorCode::kInternal, "no memory for the request"});
  }
  const Transfer transfer{handles_->multi.get(), handles_->easy.get()};
  const std::optional<CURLcode> code = handles_->Run(deadline, stop);

  HttpResponse& response = exchange.response();
  if (request.sent != nullptr) *request.sent = handles_->Connected() || response.status != 0;
  std::optional<Error> error;
  if (stop.stop_requested() && !code) {
    error = Error{ErrorCode::kCancelled, "cancelled: the program is stopping"};
  } else if (!code) {
    error = handles_->ExplainTimeout(request, exchange);
  } else if (*code != CURLE_OK) {
    error = handles_->Explain(*code, request, exchange);
  } else if (!exchange.headers_done()) {
    error = handles_->ExplainCut(exchange);  // libcurl takes headers that break off for whole
  } else if (!exchange.whole()) {
    error = Error{ErrorCode::kCut, "the compressed answer ends in the middle, after " +
                                       std::to_string(exchange.wire_bytes()) + " bytes"};
  }
  char* redirect = nullptr;
  if (response.status / 100 == 3) curl_easy_getinfo(handles_->easy.get(), CURLINFO_REDIRECT_URL, &redirect);
  // For a relative Location libcurl builds it from a URL with user and password in it: ShownUrl drops them.
  if (redirect != nullptr) response.location = ShownUrl(redirect, request.hides_path);

  const bool told_by_status = exchange.headers_done() && response.status / 100 > 2;
  if (error && (error->code == ErrorCode::kCancelled || !told_by_status)) return fail(*std::move(error));
  response.retry_after = exchange.RetryAfter();
  return std::move(response);
}

}  // namespace o2o
