// SPDX-License-Identifier: Apache-2.0
#include "store/pg_session.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <thread>

#include "base/text.h"
#include "store/notice_log.h"
#include "store/pg_hosts.h"

namespace o2o {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kMaxAttempts = 5;                 // at a transaction that collides with others
constexpr std::size_t kMaxFailuresBytes = 600;  // of several hosts; one more is added whole
const std::string kHeldBy = "; the lock is held by ";
constexpr const char* kUnknownHolder = "a session that could not be identified";
constexpr int kMaxLockTimeouts = 2;              // each has waited for lock_timeout already
constexpr milliseconds kLongTimeout{3'600'000};  // a table of the proof of concept is rewritten once

std::string SetLocal(const std::string& setting, const std::string& value) {
  return "SET LOCAL " + setting + " = " + value + ";";
}

// The settings that the transaction relies on, whatever role, database or pooler have set.
std::string Settings(const StoreConfig& config, milliseconds statement_timeout) {
  // First, before anything with operators or functions: nothing that others create in their schemas is ever
  // called. pg_temp is named last, so that temporary tables hide nothing.
  return SetLocal("search_path", QuoteName(config.schema) + ", pg_temp") +
         SetLocal("client_min_messages", "error") + SetLocal("TimeZone", "'UTC'") +
         SetLocal("standard_conforming_strings", "on") +
         SetLocal("statement_timeout", std::to_string(statement_timeout.count())) +
         SetLocal("lock_timeout", std::to_string(config.lock_timeout.count())) +
         SetLocal("idle_in_transaction_session_timeout",
                  std::to_string(2 * config.statement_timeout.count()));
}

// For a page of 100,000 orders to be staged, sorted and counted in memory. Only for speed: if the server
// refuses a setting (temp_buffers, once temporary tables were used on the same server connection), it is left
// as it is.
constexpr const char* kTuning =
    "DO $$ DECLARE setting text[]; BEGIN FOREACH setting SLICE 1 IN ARRAY "
    "ARRAY[['work_mem', '64MB'], ['temp_buffers', '64MB'], ['jit', 'off']] LOOP "
    "BEGIN PERFORM pg_catalog.set_config(setting[1], setting[2], true); "
    "EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $$";

// All addresses to try, with the settings for each.
std::vector<ConnectionSettings> Addresses(const Secret& dsn) {
  const Result<ConnectionSettings> given = ParseConnectionString(dsn);
  if (!given) throw PgFailure{PgFailure::Kind::kOther, "the connection string " + given.error().message};
  ConnectionSettings settings = *given;
  // Of what the environment and service files add, the keywords that are used here; libpq's default of the
  // last one means nothing.
  for (const auto& [keyword, value] : PgConnection::Complete(settings)) {
    const bool needed = keyword == "host" || keyword == "hostaddr" || keyword == "port" ||
                        keyword == "connect_timeout" || (keyword == "target_session_attrs" && value != "any");
    if (needed) settings = WithDefaults(std::move(settings), {{keyword, value}});
  }
  return AddressesOf(WithDefaults(std::move(settings), {{"application_name", "o2o-exporter"},
                                                        {"client_encoding", "UTF8"},
                                                        {"keepalives_idle", "30"},
                                                        {"keepalives_interval", "5"},
                                                        {"keepalives_count", "3"},
                                                        {"tcp_user_timeout", "20000"}}));
}

// The connection string's own, where it has one.
milliseconds ConnectTimeout(const ConnectionSettings& settings, milliseconds configured) {
  for (const auto& [keyword, value] : settings) {
    int seconds = 0;
    std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (keyword == "connect_timeout" && seconds > 0) return std::chrono::seconds(seconds);
  }
  return configured;
}

// Call inside a catch block.
PgFailure DescribeCurrentException() {
  try {
    throw;
  } catch (const PgFailure& failure) {
    return failure;
  } catch (const std::bad_alloc&) {
    return {PgFailure::Kind::kLost, "out of memory"};
  } catch (const std::exception& error) {
    return {PgFailure::Kind::kLost, "internal error: " + Excerpt(error.what(), 200)};
  }
}

}  // namespace

PgTransaction::PgTransaction(PgConnection& connection, const StoreConfig& config, Kind kind)
    : connection_(connection) {
  const bool reads = kind == Kind::kSnapshot || kind == Kind::kHistory;
  const std::string begin =
      reads ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;" : "BEGIN ISOLATION LEVEL READ COMMITTED;";
  const bool takes_long = kind == Kind::kSchema || kind == Kind::kHistory;
  if (takes_long) connection_.SetDeadline(steady_clock::now() + kLongTimeout);
  connection_.Execute(begin + Settings(config, takes_long ? kLongTimeout : config.statement_timeout));
  if (kind == Kind::kBulk) connection_.Execute(kTuning);
}

PgTransaction::~PgTransaction() {
  if (!connection_.alive() || !connection_.in_transaction()) return;
  try {
    connection_.Execute("ROLLBACK");
  } catch (...) {  // the next statement of the session will fail
  }
}

void PgTransaction::Commit() {
  try {
    const PgRows committed = connection_.Execute("COMMIT");
    if (committed.command() != "COMMIT") throw PgFailure{PgFailure::Kind::kOther, "COMMIT was refused"};
  } catch (PgFailure& failure) {
    if (failure.kind == PgFailure::Kind::kLost) failure.text = "the connection was lost while committing";
    throw;
  }
}

PgSession::PgSession(StoreConfig config, std::function<void(PgSession&)> prepare)
    : config_(std::move(config)), prepare_(std::move(prepare)), notices_(NoticeLog()) {}

PgTransaction PgSession::Begin(PgTransaction::Kind kind) {
  return PgTransaction(*connection_, config_, kind);
}

std::optional<Error> PgSession::Run(std::string_view what, const std::function<void()>& work) {
  using Kind = PgFailure::Kind;
  const MonotonicTime deadline = steady_clock::now() + 2 * config_.statement_timeout;
  for (int attempt = 1, lock_timeouts = 0;; ++attempt) {
    const bool reused = connection_.has_value();
    PgFailure failure;
    try {
      if (!reused) Connect(deadline);
      connection_->SetDeadline(deadline);
      work();
      return std::nullopt;
    } catch (...) {
      failure = DescribeCurrentException();
    }
    if (failure.kind == Kind::kLockTimeout) ++lock_timeouts;
    const bool collided = failure.kind == Kind::kCollision ||
                          (failure.kind == Kind::kLockTimeout && lock_timeouts < kMaxLockTimeouts);
    const bool in_time = steady_clock::now() < std::min(deadline, interruption_.until());
    if (in_time && collided && attempt < kMaxAttempts) {
      std::this_thread::sleep_for(
          milliseconds(std::uniform_int_distribution<int>(5, 40 << attempt)(random_)));
      continue;
    }
    NameLockHolder(failure);
    connection_.reset();
    // A connection that ended while it was idle is not a failure yet.
    if (in_time && failure.kind == Kind::kLost && reused) continue;
    const ErrorCode code = failure.kind == Kind::kStopped ? ErrorCode::kCancelled : ErrorCode::kStore;
    return Error{code, std::string(what) + ": " + failure.text};
  }
}

// Asked after the wait, so by the locks that are held and not by pg_blocking_pids: locks that keep writers
// out come first, then the transaction that has been open longest. Only members of pg_read_all_stats see when
// it began.
std::string PgSession::LockHolder() {
  if (!connection_ || !connection_->alive()) return kUnknownHolder;
  try {
    PgTransaction tx = Begin();
    const PgRows rows = tx.Execute(
        "SELECT a.pid, a.application_name, a.usename, extract(epoch FROM clock_timestamp() - "
        "a.xact_start)::bigint "
        "FROM (SELECT pid, bool_or(mode LIKE '%Share%Exclusive%' OR mode IN ('ShareLock', 'ExclusiveLock', "
        "'AccessExclusiveLock')) AS keeps_out FROM pg_locks l JOIN pg_class c ON c.oid = relation "
        "JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted "
        "AND mode <> 'AccessShareLock' AND pid <> pg_backend_pid() AND (relname = 'fact_orders_monitoring' "
        "OR nspname = " +
        tx.Quote(config_.schema) +
        ") GROUP BY pid) h JOIN pg_stat_activity a USING (pid) ORDER BY keeps_out DESC, xact_start NULLS "
        "LAST LIMIT 1");
    if (rows.empty()) return "a session that has since ended";
    const PgRow row = rows[0];
    const std::string application = row.IsNull(1) ? "" : row.Text(1);
    return "pid " + row.Text(0) + " (" +
           (application.empty() ? "without application_name"
                                : "application_name " + Excerpt(application, 63)) +
           ", user " + (row.IsNull(2) ? "unknown" : Excerpt(row.Text(2), 63)) +
           (row.IsNull(3) ? "" : ", in a transaction for " + row.Text(3) + " s") + ")";
  } catch (const PgFailure&) {
    return kUnknownHolder;
  }
}

void PgSession::NameLockHolder(PgFailure& failure) {
  if (failure.kind != PgFailure::Kind::kLockTimeout || failure.text.find(kHeldBy) != std::string::npos)
    return;
  failure.text += kHeldBy + LockHolder();
}

void PgSession::Connect(MonotonicTime deadline) {
  std::string failures;
  for (const ConnectionSettings& address : Addresses(config_.dsn)) {
    const MonotonicTime connected_by = steady_clock::now() + ConnectTimeout(address, config_.connect_timeout);
    try {
      connection_.emplace(address, std::min(deadline, connected_by), interruption_, notices_);
      break;
    } catch (const PgFailure& failure) {
      connection_.reset();
      if (failure.kind == PgFailure::Kind::kStopped) throw;
      if (failures.size() < kMaxFailuresBytes) failures += (failures.empty() ? "" : "; ") + failure.text;
    }
  }
  if (!connection_) throw PgFailure{PgFailure::Kind::kOther, failures};
  try {
    connection_->SetDeadline(deadline);
    prepare_(*this);
  } catch (PgFailure& failure) {
    NameLockHolder(failure);
    connection_.reset();
    throw;
  } catch (...) {
    connection_.reset();
    throw;
  }
}

}  // namespace o2o
