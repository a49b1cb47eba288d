// SPDX-License-Identifier: Apache-2.0
#include "store/pg_connection.h"

#include <libpq-fe.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <new>
#include <vector>

#include "base/text.h"

namespace o2o {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// We read hundreds of tallies, and open orders by type and status: far below this.
constexpr std::int64_t kMaxAnswerBytes = 16 << 20;
constexpr std::int64_t kMaxGreetingBytes = 1 << 20;

[[noreturn]] void Odd(const std::string& what) {
  throw PgFailure{PgFailure::Kind::kOther, "PostgreSQL's answer was not as expected: " + what};
}

[[noreturn]] void Lost() { throw PgFailure{PgFailure::Kind::kLost, "the connection was lost"}; }

std::string_view Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? text : "";
}

PgFailure Describe(const PGresult* result) {
  return DescribeServerError({Field(result, PG_DIAG_SQLSTATE), Field(result, PG_DIAG_MESSAGE_PRIMARY),
                              Field(result, PG_DIAG_SOURCE_FUNCTION), Field(result, PG_DIAG_CONTEXT)});
}

void OnNotice(void* sink, const PGresult* notice) noexcept {
  try {
    (*static_cast<const PgConnection::NoticeSink*>(sink))(Describe(notice).text);
  } catch (...) {  // libpq is C; a notice may be lost
  }
}

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Connection StartConnecting(const ConnectionSettings& settings) {
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : settings) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  Connection connection(PQconnectStartParams(keywords.data(), values.data(), 0), &PQfinish);
  if (!connection) throw std::bad_alloc();
  return connection;
}

std::int64_t BytesReceived(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return static_cast<std::int64_t>(info.tcpi_bytes_received);
}

}  // namespace

bool PgRow::IsNull(int column) const { return PQgetisnull(result_.get(), row_, column) == 1; }

std::string_view PgRow::Value(int column) const {
  if (column >= PQnfields(result_.get())) Odd("a column is missing");
  if (IsNull(column)) Odd("null in column " + std::to_string(column + 1));
  return {PQgetvalue(result_.get(), row_, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
}

std::string PgRow::Text(int column) const { return std::string(Value(column)); }

namespace {

template <typename T>
T Parse(std::string_view text, const char* type) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) Odd("a value is not " + std::string(type));
  return value;
}

}  // namespace

std::int64_t PgRow::Integer(int column) const { return Parse<std::int64_t>(Value(column), "an integer"); }
double PgRow::Number(int column) const { return Parse<double>(Value(column), "a number"); }

int PgRows::size() const { return PQntuples(result_.get()); }

PgRow PgRows::operator[](int row) const {
  if (row >= size()) Odd("a row is missing");
  return PgRow(result_, row);
}

std::int64_t PgRows::affected() const {
  return Parse<std::int64_t>(PQcmdTuples(result_.get()), "a number of rows");
}

std::string_view PgRows::command() const { return PQcmdStatus(result_.get()); }

ConnectionSettings PgConnection::Complete(const ConnectionSettings& settings) {
  // Only libpq's function that connects reads a service file: given an sslmode that does not exist, it
  // refuses before it connects anywhere.
  constexpr const char* kNoMode = "none-to-connect-with";
  ConnectionSettings refused = settings;
  refused.emplace_back("sslmode", kNoMode);
  const Connection connection = StartConnecting(refused);
  const std::string_view message = PQerrorMessage(connection.get());
  if (message.find(kNoMode) == std::string_view::npos) {
    throw PgFailure{PgFailure::Kind::kOther, DescribeConnectFailure(message, {PQpass(connection.get())})};
  }
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfo(connection.get()),
                                                                             &PQconninfoFree);
  if (!options) throw std::bad_alloc();
  ConnectionSettings completed;
  for (const PQconninfoOption* option = options.get(); option->keyword; ++option) {
    if (option->val) completed.emplace_back(option->keyword, option->val);
  }
  return completed;
}

PgConnection::PgConnection(const ConnectionSettings& settings, MonotonicTime deadline,
                           const PgInterruption& interruption, NoticeSink notices)
    : deadline_(deadline),
      interruption_(interruption),
      notices_(std::move(notices)),
      connection_(nullptr, &PQfinish) {
  connection_ = StartConnecting(settings);
  // Before the first word of the server: libpq would print it to stderr.
  PQsetNoticeReceiver(connection_.get(), &OnNotice, const_cast<NoticeSink*>(&notices_));
  Connect();
  if (PQsetnonblocking(connection_.get(), 1) != 0) Lost();
}

PgConnection::~PgConnection() = default;

void PgConnection::Connect() {
  short events = POLLOUT;
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (PQstatus(connection_.get()) != CONNECTION_BAD && next != PGRES_POLLING_FAILED) {
    WaitFor(events);
    CheckIncoming(kMaxGreetingBytes);
    next = PQconnectPoll(connection_.get());
    if (next == PGRES_POLLING_OK) return;
    events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
  }
  throw PgFailure{PgFailure::Kind::kOther,
                  DescribeConnectFailure(PQerrorMessage(connection_.get()), {PQpass(connection_.get())})};
}

void PgConnection::WaitFor(short events) {
  for (;;) {
    const bool raised = interruption_.until() != MonotonicTime::max();
    const auto until = std::min(deadline_, interruption_.until());
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
    if (left <= 0) {
      if (raised && interruption_.until() <= deadline_) {
        throw PgFailure{PgFailure::Kind::kStopped,
                        "interrupted while PostgreSQL did not answer: uncommitted orders are not stored"};
      }
      throw PgFailure{PgFailure::Kind::kTooLate, "PostgreSQL did not answer in time"};
    }
    pollfd watched[] = {{PQsocket(connection_.get()), events, 0}, {interruption_.descriptor(), POLLIN, 0}};
    const int timeout = static_cast<int>(std::min<std::int64_t>(left, 60'000));
    const int ready = ::poll(watched, raised ? 1 : 2, timeout);
    if (ready < 0 && errno != EINTR) Lost();
    if (ready > 0 && watched[0].revents != 0) return;
  }
}

// libpq holds a whole answer in memory, even a message of 2 GiB if a server announces one. A Unix socket,
// which is the administrator's own, is not limited.
void PgConnection::CheckIncoming(std::int64_t ceiling) const {
  if (BytesReceived(PQsocket(connection_.get())) - received_before_ <= ceiling) return;
  throw PgFailure{PgFailure::Kind::kLost, "PostgreSQL sent more than " + std::to_string(ceiling >> 20) +
                                              " MiB in answer to one call"};
}

// False where the connection has ended.
bool PgConnection::Flush() {
  for (;;) {
    const int left = PQflush(connection_.get());
    if (left <= 0) return left == 0;
    WaitFor(POLLIN | POLLOUT);
    CheckIncoming(kMaxAnswerBytes);
    // A server that sends something before it reads on waits until we receive it.
    if (PQconsumeInput(connection_.get()) == 0) return false;
  }
}

std::shared_ptr<pg_result> PgConnection::NextResult() {
  (void)Flush();  // where that fails, the server's last words may say why
  while (PQisBusy(connection_.get()) != 0) {
    WaitFor(POLLIN);
    CheckIncoming(kMaxAnswerBytes);
    // After the connection has ended, PQgetResult no longer waits.
    if (PQconsumeInput(connection_.get()) == 0) break;
  }
  return {PQgetResult(connection_.get()), &PQclear};
}

// All results up to the end of the call; throws for the first that is an error.
PgRows PgConnection::ReadResults() {
  std::shared_ptr<pg_result> last;
  while (std::shared_ptr<pg_result> result = NextResult()) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (!last || PQresultStatus(last.get()) != PGRES_FATAL_ERROR) last = result;
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) break;
  }
  if (!last) Lost();
  const ExecStatusType status = PQresultStatus(last.get());
  if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_NONFATAL_ERROR) {
    // If the session ended, libpq has a message of its own.
    if (Field(last.get(), PG_DIAG_SQLSTATE).empty()) Lost();
    throw Describe(last.get());
  }
  return PgRows(std::move(last));
}

PgRows PgConnection::Execute(const std::string& sql) {
  received_before_ = BytesReceived(PQsocket(connection_.get()));
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) Lost();
  PgRows rows = ReadResults();
  if (PQtransactionStatus(connection_.get()) == PQTRANS_ACTIVE) Odd("it began a COPY");
  return rows;
}

void PgConnection::BeginCopy(const std::string& sql) {
  received_before_ = BytesReceived(PQsocket(connection_.get()));
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) Lost();
  const PgRows begun = ReadResults();
  if (PQtransactionStatus(connection_.get()) != PQTRANS_ACTIVE) Odd("it did not begin a COPY");
}

void PgConnection::PutCopy(std::string_view rows) {
  constexpr std::size_t kMaxPiece = 1 << 20;
  while (!rows.empty()) {
    const std::string_view piece = rows.substr(0, kMaxPiece);
    const int queued = PQputCopyData(connection_.get(), piece.data(), static_cast<int>(piece.size()));
    if (queued < 0 || !Flush()) Lost();
    if (queued > 0) rows.remove_prefix(piece.size());
  }
}

void PgConnection::EndCopy() {
  int queued = 0;
  while ((queued = PQputCopyEnd(connection_.get(), nullptr)) == 0) {
    if (!Flush()) Lost();
  }
  if (queued < 0) Lost();
  ReadResults();
}

bool PgConnection::alive() const { return PQstatus(connection_.get()) == CONNECTION_OK; }

bool PgConnection::in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(connection_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

std::string PgConnection::Quote(std::string_view text) const {
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(
      PQescapeLiteral(connection_.get(), text.data(), text.size()), &PQfreemem);
  if (!quoted) Odd("text could not be quoted");
  return quoted.get();
}

// A pooler gives its clients a process id of its own.
bool PgConnection::shared() {
  return Execute("SELECT pg_catalog.pg_backend_pid()")[0].Integer(0) != PQbackendPID(connection_.get());
}

std::string PgConnection::user() const { return PQuser(connection_.get()); }
std::string PgConnection::database() const { return PQdb(connection_.get()); }

std::string QuoteName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace o2o
