// SPDX-License-Identifier: Apache-2.0
#include "store/pg_order_store.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <pqxx/pqxx>
#include <random>
#include <thread>
#include <tuple>

#include "base/text.h"
#include "base/time_text.h"
#include "store/call_deadline.h"
#include "store/connection_text.h"
#include "store/migrations.h"
#include "store/newest_rows.h"

namespace o2o {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kMaxAttempts = 5;                       // of a transaction that collided with another one
constexpr int kMaxLockTimeouts = 2;                   // each has waited for lock_timeout already
constexpr milliseconds kMigrationTimeout{3'600'000};  // a table of the proof of concept is rewritten once
constexpr std::chrono::hours kPruneInterval{1};
constexpr std::size_t kMaxDetailBytes = 1'000;

// What of a failed attempt matters to the next one.
struct Failure {
  enum class Kind { kCollision, kLockTimeout, kLost, kOther };
  Kind kind = Kind::kOther;
  std::string text;  // one line, free of secrets and of row content
};

// Something is wrong with what we found, said in our own words.
struct StoreProblem {
  std::string text;
  Failure::Kind kind = Failure::Kind::kOther;
};

// PostgreSQL's message without severity, position and context (which quotes rows); of bad values only what
// kind of value.
std::string DescribeSqlError(std::string_view message, const std::string& sqlstate) {
  // libpqxx 7 has words of its own in front.
  for (const std::string_view severity : {"ERROR:", "FATAL:", "PANIC:"}) {
    const std::size_t at = message.substr(0, message.find('\n')).find(severity);
    if (at == std::string_view::npos) continue;
    message.remove_prefix(at + severity.size());
    break;
  }
  message.remove_prefix(std::min(message.find_first_not_of(' '), message.size()));
  message = message.substr(0, message.find('\n'));
  if (sqlstate.starts_with("22")) message = message.substr(0, message.find(':'));
  return std::string(message) + (sqlstate.empty() ? "" : " (SQLSTATE " + sqlstate + ")");
}

Failure::Kind KindOf(const std::string& sqlstate) {
  if (sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "23505") return Failure::Kind::kCollision;
  if (sqlstate == "55P03") return Failure::Kind::kLockTimeout;
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P")) return Failure::Kind::kLost;
  return Failure::Kind::kOther;
}

// Call inside a catch block.
Failure DescribeCurrentException() {
  try {
    throw;
  } catch (const StoreProblem& problem) {
    return {problem.kind, problem.text};
  } catch (const pqxx::deadlock_detected&) {
    return {Failure::Kind::kCollision, "deadlock with another writer (SQLSTATE 40P01)"};
  } catch (const pqxx::serialization_failure&) {
    return {Failure::Kind::kCollision, "collision with another writer (SQLSTATE 40001)"};
  } catch (const pqxx::broken_connection&) {
    return {Failure::Kind::kLost, "the connection was lost"};
  } catch (const pqxx::in_doubt_error&) {
    return {Failure::Kind::kLost, "the connection was lost while committing"};
  } catch (const pqxx::insufficient_privilege& error) {  // libpqxx 6 forgets its SQLSTATE
    return {Failure::Kind::kOther, DescribeSqlError(error.what(), "42501")};
  } catch (const pqxx::sql_error& error) {
    // Where the server ended our session, libpq has a message but no SQLSTATE.
    const Failure::Kind kind = error.sqlstate().empty() ? Failure::Kind::kLost : KindOf(error.sqlstate());
    return {kind, DescribeSqlError(error.what(), error.sqlstate())};
  } catch (const pqxx::failure&) {
    return {Failure::Kind::kLost, "the connection was lost"};
  } catch (const std::exception&) {
    return {Failure::Kind::kOther, "an answer of PostgreSQL could not be understood"};
  }
}

// Times travel as microseconds since 1970, exact in both directions. PostgreSQL holds times that we do not
// (infinity is one): they become the first or last that the OMS can tell, since one odd row must not hide all
// others.
std::string MicrosOf(const std::string& expression) {
  const std::string first = "'1970-01-01Z'", last = "'2200-12-31 23:59:59Z'";
  return "(extract(epoch FROM CASE WHEN " + expression + " < " + first + " THEN " + first + " WHEN " +
         expression + " > " + last + " THEN " + last + " ELSE " + expression + " END) * 1000000)::bigint";
}
Timestamp TimeAt(const pqxx::row& row, int column) {
  return Timestamp(microseconds(row[column].as<std::int64_t>()));
}

std::string SetLimits(milliseconds statement, milliseconds lock) {
  return "SET statement_timeout = " + std::to_string(statement.count()) +
         "; SET lock_timeout = " + std::to_string(lock.count()) + ";";
}

// One column that breaks the mapping's promise must not keep the whole page out for ever.
class CleanText {
 public:
  const std::string& operator()(const std::string& text) {
    if (IsCleanUtf8(text)) return text;
    return repaired_ = RepairUtf8(text);
  }

 private:
  std::string repaired_;
};

class CleanOptional {
 public:
  const std::optional<std::string>& operator()(const std::optional<std::string>& text) {
    if (!text || IsCleanUtf8(*text)) return text;
    return repaired_ = RepairUtf8(*text);
  }

 private:
  std::optional<std::string> repaired_;
};

// COPY into a temporary table, all its columns in order.
class CopyStream {
 public:
#if PQXX_VERSION_MAJOR >= 7
  CopyStream(pqxx::work& tx, const std::string& table) : stream_(pqxx::stream_to::raw_table(tx, table)) {}
  template <typename... Fields>
  void Write(const Fields&... fields) {
    stream_.write_values(fields...);
  }
#else
  CopyStream(pqxx::work& tx, const std::string& table) : stream_(tx, table) {}
  template <typename... Fields>
  void Write(const Fields&... fields) {
    stream_ << std::tuple<const Fields&...>(fields...);
  }
#endif
  void Complete() { stream_.complete(); }

 private:
  pqxx::stream_to stream_;
};

// One connection, set up.
class Session {
 public:
  explicit Session(const std::string& connection_text) : connection_(connection_text) {
#if PQXX_VERSION_MAJOR >= 7
    connection_.set_notice_handler([](pqxx::zview) noexcept {});
#endif
  }
  pqxx::connection& operator*() { return connection_; }

  bool staging_ready = false;  // temporary tables exist

 private:
  pqxx::connection connection_;
#if PQXX_VERSION_MAJOR < 7
  pqxx::quiet_errorhandler quiet_{connection_};  // the default one writes to stderr
#endif
};

void SetUp(pqxx::connection& connection, const StoreConfig& config) {
  pqxx::nontransaction tx(connection);
  tx.exec(
      "SET client_min_messages = error; SET TimeZone = 'UTC'; SET client_encoding = 'UTF8';"
      "SET standard_conforming_strings = on; SET default_transaction_isolation = 'read committed';"
      // A page of 100,000 orders is staged, sorted and counted in memory.
      "SET work_mem = '64MB'; SET temp_buffers = '64MB'; SET jit = off;"
      "SET idle_in_transaction_session_timeout = " +
      std::to_string(2 * config.statement_timeout.count()) + ";" +
      SetLimits(config.statement_timeout, config.lock_timeout));
}

// LATIN1 and the like lack most letters, SQL_ASCII takes any bytes for text.
void CheckEncoding(pqxx::connection& connection) {
  pqxx::nontransaction tx(connection);
  const std::string encoding = tx.exec("SHOW server_encoding")[0][0].as<std::string>();
  if (encoding == "UTF8") return;
  throw StoreProblem{"database \"" + std::string(connection.dbname()) + "\" keeps text as " + encoding +
                     ", which garbles names: give o2o-exporter one made WITH ENCODING 'UTF8'"};
}

// --- schema ---

struct SchemaState {
  int version = 0;  // 0: not there
  int needs = 0;    // the oldest version that a program must know
};

SchemaState QuerySchemaState(pqxx::transaction_base& tx) {
  // Read from the catalog itself: to_regclass may remember from before the wait for another exporter's
  // migration.
  if (tx.exec("SELECT FROM pg_class WHERE relname = 'schema_migrations' "
              "AND relnamespace = ANY (current_schemas(false)::regnamespace[])")
          .empty()) {
    return {};
  }
  const pqxx::result rows =
      tx.exec("SELECT coalesce(max(version), 0), coalesce(max(needs), 0) FROM schema_migrations");
  return {rows[0][0].as<int>(), rows[0][1].as<int>()};
}

void CheckNotNewer(const SchemaState& state, int known) {
  if (state.needs <= known) return;
  throw StoreProblem{"the schema in this database is at version " + std::to_string(state.version) +
                     ", this o2o-exporter knows version " + std::to_string(known) +
                     ": run an o2o-exporter at least as new as the one that made it"};
}

void RunMigration(pqxx::work& tx, const Migration& migration) {
  try {
    tx.exec(std::string(migration.sql));
  } catch (const pqxx::insufficient_privilege&) {
    throw;  // the caller's to explain
  } catch (const pqxx::sql_error&) {
    const Failure failure = DescribeCurrentException();
    throw StoreProblem{
        "bringing the schema up to date (" + std::string(migration.file) + "): " + failure.text,
        failure.kind};
  }
}

void RunMigrations(pqxx::connection& connection, const StoreConfig& config, int known) {
  pqxx::work tx(connection);
  tx.exec(SetLimits(kMigrationTimeout, config.lock_timeout));
  try {
    // Exporters that start together: one migrates, the others find it done.
    tx.exec("SELECT pg_advisory_xact_lock(72001, 3)");
    const SchemaState state = QuerySchemaState(tx);
    CheckNotNewer(state, known);
    for (const Migration& migration : Migrations()) {
      if (migration.version > state.version) RunMigration(tx, migration);
    }
    tx.exec(SetLimits(config.statement_timeout, config.lock_timeout));
    tx.commit();
  } catch (const pqxx::insufficient_privilege& error) {
    throw StoreProblem{
        "the schema of o2o-exporter is missing or out of date in this database, and role \"" +
        std::string(connection.username()) + "\" may not change it (" + DescribeSqlError(error.what(), "") +
        "): start o2o-exporter once with the DSN of the schema's owner, see exporter/sql/README.md"};
  }
}

void SyncStatuses(pqxx::connection& connection, const StoreConfig& config,
                  const std::vector<StatusRule>& rules) {
  if (rules.empty()) return;
  pqxx::work tx(connection);
  std::string statuses, outcomes, delays;
  for (const StatusRule& rule : rules) {
    const char* comma = statuses.empty() ? "" : ",";
    statuses += comma + tx.quote(RepairUtf8(rule.status));
    outcomes += comma + tx.quote(std::string(Name(rule.outcome)));
    delays += comma + (rule.delayed_after ? std::to_string(rule.delayed_after->count()) : "NULL");
  }
  tx.exec(SetLimits(kMigrationTimeout, config.lock_timeout));
  tx.exec("SELECT sync_order_statuses(ARRAY[" + statuses + "]::text[], ARRAY[" + outcomes +
          "]::text[], ARRAY[" + delays + "]::bigint[])");
  tx.exec(SetLimits(config.statement_timeout, config.lock_timeout));
  tx.commit();
}

void SyncOrderTypes(pqxx::connection& connection, const std::vector<std::string>& order_types) {
  if (order_types.empty()) return;
  pqxx::work tx(connection);
  std::string types;
  for (const std::string& type : order_types)
    types += (types.empty() ? "" : ",") + tx.quote(RepairUtf8(type));
  tx.exec("SELECT sync_order_types(ARRAY[" + types + "]::text[])");
  tx.commit();
}

// --- taking a page in ---

void PrepareStaging(Session& session) {
  if (session.staging_ready) return;
  pqxx::work tx(*session);
  tx.exec("SELECT prepare_order_staging()");
  tx.exec(
      "CREATE TEMPORARY TABLE IF NOT EXISTS staged_rejects (reason text, detail text, payload text) "
      "ON COMMIT DELETE ROWS");
  tx.commit();
  session.staging_ready = true;
}

void StageOrders(pqxx::work& tx, const std::vector<const Order*>& orders) {
  CopyStream copy(tx, "staged_orders");
  std::array<CleanText, 3> text;
  std::array<CleanOptional, 5> optional;
  for (const Order* order : orders) {
    copy.Write(text[0](order->order_id), optional[0](order->customer_id), optional[1](order->customer_name),
               text[1](order->status), text[2](order->order_type), optional[2](order->total_amount),
               FormatTime(order->updated_at), optional[3](order->item_name), optional[4](order->item_detail));
  }
  copy.Complete();
}

IngestResult MergeOrders(pqxx::work& tx, const NewestRows& newest, Timestamp oms_now) {
  IngestResult result;
  result.unchanged = newest.repeated;
  result.stale = newest.superseded;
  if (newest.rows.empty()) return result;
  StageOrders(tx, newest.rows);
  const pqxx::row merged = tx.exec("SELECT inserted, updated, unchanged, stale FROM merge_staged_orders(" +
                                   tx.quote(FormatTime(oms_now)) + ")")[0];
  result.inserted = merged[0].as<std::int64_t>();
  result.updated = merged[1].as<std::int64_t>();
  result.unchanged += merged[2].as<std::int64_t>();
  result.stale += merged[3].as<std::int64_t>();
  return result;
}

std::int64_t KeepRejected(pqxx::work& tx, const std::vector<RejectedRow>& rejected, const std::string& source,
                          const RejectedRowsConfig& limits) {
  if (rejected.empty()) return 0;
  CopyStream copy(tx, "staged_rejects");
  for (const RejectedRow& row : rejected) {
    copy.Write(std::string(Name(row.reason)), CutUtf8(RepairUtf8(row.detail), kMaxDetailBytes),
               CutUtf8(RepairUtf8(row.payload), limits.max_payload_bytes));
  }
  copy.Complete();
  const pqxx::result kept = tx.exec(
      "INSERT INTO rejected_orders (fingerprint, reason, detail, payload, payload_bytes, source) "
      "SELECT DISTINCT ON (fingerprint) fingerprint, reason, detail, payload, octet_length(payload), " +
      tx.quote(source) +
      " FROM (SELECT sha256(convert_to(reason || E'\\n' || payload, 'UTF8')) AS fingerprint, * FROM "
      "staged_rejects) s "
      "WHERE NOT EXISTS (SELECT FROM rejected_orders r WHERE r.fingerprint = s.fingerprint) "
      "ORDER BY fingerprint ON CONFLICT DO NOTHING");
  return static_cast<std::int64_t>(kept.affected_rows());
}

// The oldest go first. `limit`: only where there are more rows than this.
void PruneRejected(pqxx::work& tx, const RejectedRowsConfig& limits, std::int64_t limit) {
  if (tx.exec("SELECT count(*) FROM rejected_orders")[0][0].as<std::int64_t>() <= limit) return;
  tx.exec("DELETE FROM rejected_orders WHERE first_seen_at < now() - " +
          std::to_string(limits.retention.count()) +
          " * interval '1 millisecond' OR fingerprint IN (SELECT fingerprint FROM rejected_orders "
          "ORDER BY first_seen_at DESC, fingerprint OFFSET " +
          std::to_string(limits.max_rows) + ")");
}

// Forward only, save where the OMS's clock went back, and written only when it changes. A gap counts with the
// step that closes it, so that a repeated step counts none.
void MoveWatermark(pqxx::work& tx, const IngestStep& step) {
  const bool moves = step.watermark && step.watermark->at <= step.oms_now + kFutureTolerance;
  const std::string source = tx.quote(step.source);
  const std::string watermark =
      moves ? tx.quote(FormatTime(step.watermark->at)) + "::timestamptz" : "NULL::timestamptz";
  const std::string ahead = moves ? std::to_string(step.watermark->oms_ahead.count()) : "0";
  const std::string gap = step.gap ? "1" : "0";
  const std::string stands = !moves ? gap + " = 0"
                             : step.clock_set_back
                                 ? "(watermark, oms_ahead_us) = (" + watermark + ", " + ahead + ")"
                                 : "watermark >= " + watermark;
  // Of the row that is there and the step: whose watermark holds.
  const std::string taken = !moves                ? "false"
                            : step.clock_set_back ? "true"
                                                  : "i.watermark IS NULL OR excluded.watermark > i.watermark";
  const auto newer = [&](const std::string& column) {
    return column + " = CASE WHEN " + taken + " THEN excluded." + column + " ELSE i." + column + " END";
  };
  tx.exec("INSERT INTO ingest_sources AS i (source, watermark, oms_ahead_us, gaps) SELECT " + source + ", " +
          watermark + ", " + ahead + ", " + gap +
          " WHERE NOT EXISTS (SELECT FROM ingest_sources WHERE source = " + source + " AND " + stands +
          ") ON CONFLICT (source) DO UPDATE SET " + newer("watermark") + ", " + newer("oms_ahead_us") +
          ", gaps = i.gaps + excluded.gaps");
}

// --- reading ---

void ReadTallies(pqxx::work& tx, StoreView& view) {
  const pqxx::result rows = tx.exec(
      "SELECT family, value::text, cardinality(labels), labels[1], labels[2], labels[3] FROM order_tallies "
      "WHERE cardinality(labels) <= 3 ORDER BY order_tallies.family, order_tallies.labels");
  for (const pqxx::row& row : rows) {
    Tally tally{row[0].as<std::string>(), {}, row[1].as<std::string>()};
    for (int label = 0; label < row[2].as<int>(); ++label)
      tally.labels.push_back(row[3 + label].as<std::string>());
    view.tallies.push_back(std::move(tally));
  }
  for (const pqxx::row& row : tx.exec("SELECT le FROM order_duration_buckets ORDER BY le")) {
    view.duration_buckets.push_back(row[0].as<double>());
  }
}

void ReadOpenOrders(pqxx::work& tx, Timestamp oms_now, StoreView& view) {
  const pqxx::result rows = tx.exec(
      // Told apart as the triggers do it.
      "SELECT coalesce(t.order_type, 'other'), coalesce(s.status, 'other'), count(*), "
      "count(*) FILTER (WHERE f.status_since < " +
      tx.quote(FormatTime(oms_now)) + "::timestamptz - s.delayed_after), " + MicrosOf("min(f.status_since)") +
      " FROM fact_orders_monitoring f LEFT JOIN order_statuses s ON s.status = f.status "
      "LEFT JOIN order_types t ON t.order_type = f.order_type WHERE f.open GROUP BY 1, 2 ORDER BY 1, 2");
  for (const pqxx::row& row : rows) {
    view.open_orders.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::int64_t>(),
                                row[3].as<std::int64_t>(), TimeAt(row, 4)});
  }
}

void ReadSourcesAndJobs(pqxx::work& tx, StoreView& view) {
  for (const pqxx::row& row :
       tx.exec("SELECT source, gaps, " + MicrosOf("watermark") + " FROM ingest_sources")) {
    const std::string source = row[0].as<std::string>();
    view.gaps[source] = row[1].as<std::int64_t>();
    if (!row[2].is_null()) view.watermarks[source] = TimeAt(row, 2);
  }
  for (const pqxx::row& row : tx.exec("SELECT job, " + MicrosOf("last_success_at") + " FROM batch_jobs")) {
    view.job_successes[row[0].as<std::string>()] = TimeAt(row, 1);
  }
}

void ReadNewestOrder(pqxx::work& tx, Timestamp oms_now, StoreView& view) {
  const pqxx::row row =
      tx.exec("SELECT " + MicrosOf("max(updated_at)") + " FROM fact_orders_monitoring WHERE updated_at <= " +
              tx.quote(FormatTime(oms_now + kFutureTolerance)))[0];
  if (!row[0].is_null()) view.newest_order = TimeAt(row, 0);
}

}  // namespace

class PgOrderStore::Database {
 public:
  Database(StoreConfig config, std::vector<StatusRule> statuses, std::vector<std::string> order_types)
      : config_(std::move(config)), statuses_(std::move(statuses)), order_types_(std::move(order_types)) {}

  // Runs `work` on a connected session, again where that can help. `what` begins the error message.
  template <typename T>
  Result<T> Call(std::string_view what, const std::function<T(Session&)>& work) {
    const MonotonicTime deadline = steady_clock::now() + 2 * config_.statement_timeout;
    for (int attempt = 1, lock_timeouts = 0;; ++attempt) {
      const bool reused = session_.has_value();
      bool struck = false;
      Failure failure;
      try {
        if (!reused) Connect(deadline);
        const Guard guard(deadline_, **session_, deadline, struck);
        return work(*session_);
      } catch (...) {
        failure = DescribeCurrentException();
      }
      if (failure.kind == Failure::Kind::kLockTimeout) ++lock_timeouts;
      const bool collided = failure.kind == Failure::Kind::kCollision ||
                            (failure.kind == Failure::Kind::kLockTimeout && lock_timeouts < kMaxLockTimeouts);
      const bool in_time = !struck && steady_clock::now() < deadline;
      if (!collided) session_.reset();
      if (in_time && collided && attempt < kMaxAttempts) {
        std::this_thread::sleep_for(Jitter(attempt));
        continue;
      }
      // A connection that ended while we were not looking is no failure yet.
      if (in_time && failure.kind == Failure::Kind::kLost && reused) continue;
      session_.reset();
      if (struck) failure.text = "PostgreSQL gave no answer in time";
      return Fail(ErrorCode::kStore, std::string(what) + ": " + failure.text);
    }
  }

  IngestResult Ingest(Session& session, const OrderPage& page, const NewestRows& newest,
                      const IngestStep& step) {
    PrepareStaging(session);
    pqxx::work tx(*session);
    IngestResult result = MergeOrders(tx, newest, step.oms_now);
    const RejectedRowsConfig& limits = config_.rejected_rows;
    result.rejected = KeepRejected(tx, page.rejected, step.source, limits);
    MoveWatermark(tx, step);
    const bool prune = steady_clock::now() >= next_prune_;
    if (prune || result.rejected > 0) {
      PruneRejected(tx, limits, prune ? 0 : limits.max_rows + limits.max_rows / 10);
    }
    tx.commit();
    if (prune) next_prune_ = steady_clock::now() + kPruneInterval;
    return result;
  }

  const std::vector<StatusRule>& statuses() const { return statuses_; }

 private:
  // Bounds what happens inside a scope.
  class Guard {
   public:
    Guard(CallDeadline& deadline, pqxx::connection& connection, MonotonicTime at, bool& struck)
        : deadline_(deadline), struck_(struck) {
      deadline_.Arm(connection.sock(), at);
    }
    ~Guard() { struck_ = deadline_.Disarm(); }
    Guard(const Guard&) = delete;

   private:
    CallDeadline& deadline_;
    bool& struck_;
  };

  void Connect(MonotonicTime deadline) {
    const auto seconds =
        std::max<std::int64_t>(2, std::chrono::ceil<std::chrono::seconds>(config_.connect_timeout).count());
    const std::string text = WithDefaults(config_.dsn, {{"application_name", "o2o-exporter"},
                                                        {"connect_timeout", std::to_string(seconds)},
                                                        {"keepalives_idle", "30"},
                                                        {"keepalives_interval", "5"},
                                                        {"keepalives_count", "3"},
                                                        {"tcp_user_timeout", "20000"}});
    try {
      session_.emplace(text);
    } catch (const std::exception& error) {
      session_.reset();
      throw StoreProblem{DescribeConnectFailure(error.what(), config_.dsn)};
    }
    bool struck = false;
    try {
      Prepare(deadline, struck);
    } catch (...) {
      session_.reset();
      if (struck) throw StoreProblem{"PostgreSQL gave no answer in time"};
      throw;
    }
  }

  void Prepare(MonotonicTime deadline, bool& struck) {
    pqxx::connection& connection = **session_;
    const int known = Migrations().back().version;
    SchemaState state;
    {
      const Guard guard(deadline_, connection, deadline, struck);
      SetUp(connection, config_);
      CheckEncoding(connection);
      pqxx::work tx(connection);
      state = QuerySchemaState(tx);
    }
    CheckNotNewer(state, known);
    const Guard guard(deadline_, connection, steady_clock::now() + kMigrationTimeout, struck);
    if (state.version < known) RunMigrations(connection, config_, known);
    // First the types: orders whose status gets a meaning count under them.
    SyncOrderTypes(connection, order_types_);
    SyncStatuses(connection, config_, statuses_);
  }

  milliseconds Jitter(int attempt) {
    return milliseconds(std::uniform_int_distribution<int>(5, 40 << attempt)(random_));
  }

  const StoreConfig config_;
  const std::vector<StatusRule> statuses_;
  const std::vector<std::string> order_types_;
  CallDeadline deadline_;
  std::optional<Session> session_;  // none: connect first
  MonotonicTime next_prune_{};
  std::minstd_rand random_{std::random_device{}()};
};

PgOrderStore::PgOrderStore(StoreConfig config, std::vector<StatusRule> statuses,
                           std::vector<std::string> order_types)
    : database_(std::make_unique<Database>(std::move(config), std::move(statuses), std::move(order_types))) {}
PgOrderStore::~PgOrderStore() = default;

Result<std::optional<Watermark>> PgOrderStore::QueryWatermark(const std::string& source) {
  return database_->Call<std::optional<Watermark>>("reading the watermark", [&](Session& session) {
    pqxx::work tx(*session);
    const pqxx::result rows =
        tx.exec("SELECT " + MicrosOf("watermark") +
                ", oms_ahead_us FROM ingest_sources WHERE source = " + tx.quote(source));
    std::optional<Watermark> watermark;
    if (!rows.empty() && !rows[0][0].is_null()) {
      watermark = Watermark{TimeAt(rows[0], 0), microseconds(rows[0][1].as<std::int64_t>())};
    }
    return watermark;
  });
}

Result<IngestResult> PgOrderStore::Ingest(const OrderPage& page, const IngestStep& step) {
  const NewestRows newest = PickNewestRows(page.orders, database_->statuses(), step.oms_now);
  return database_->Call<IngestResult>(
      "taking orders in", [&](Session& session) { return database_->Ingest(session, page, newest, step); });
}

Result<StoreView> PgOrderStore::View(Timestamp oms_now) {
  return database_->Call<StoreView>("reading the tallies", [&](Session& session) {
    pqxx::work tx(*session);
    tx.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    StoreView view;
    ReadTallies(tx, view);
    ReadOpenOrders(tx, oms_now, view);
    ReadSourcesAndJobs(tx, view);
    ReadNewestOrder(tx, oms_now, view);
    return view;
  });
}

}  // namespace o2o
