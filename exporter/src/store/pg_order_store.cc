// SPDX-License-Identifier: Apache-2.0
#include "store/pg_order_store.h"

#include "base/log.h"
#include "base/text.h"
#include "base/time_text.h"
#include "orders/order_limits.h"
#include "store/copy_in.h"
#include "store/newest_rows.h"
#include "store/pg_schema.h"
#include "store/pg_session.h"

namespace o2o {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr std::chrono::hours kPruneInterval{1};
constexpr std::size_t kMaxDetailBytes = 1'000;
constexpr int kMaxBatchJobs = 100;  // as many as report_batch_job takes; each is three series

// Times travel as microseconds since 1970, exact in both directions. PostgreSQL holds times that we do not
// (infinity is one): they become the first or last that the OMS can tell, since one odd row must not hide all
// others.
std::string MicrosOf(const std::string& expression) {
  const std::string first = "'1970-01-01Z'", last = "'2200-12-31 23:59:59Z'";
  return "(extract(epoch FROM CASE WHEN " + expression + " < " + first + " THEN " + first + " WHEN " +
         expression + " > " + last + " THEN " + last + " ELSE " + expression + " END) * 1000000)::bigint";
}
Timestamp TimeAt(const PgRow& row, int column) { return Timestamp(microseconds(row.Integer(column))); }

// --- taking a page in ---

// Where a page is staged: temporary tables, which stay for the next page, since to make them anew writes to
// the catalog; on a connection that a pooler shares out they go with the transaction.
class Staging {
 public:
  // For a new connection.
  void Reset(bool shared) {
    shared_ = shared;
    ready_ = false;
  }
  void Prepare(PgTransaction& tx) const {
    if (ready_) return;
    tx.Execute(
        "SELECT prepare_order_staging(); "
        "CREATE TEMPORARY TABLE IF NOT EXISTS staged_rejects (reason text, detail text, payload text) "
        "ON COMMIT DELETE ROWS");
  }
  void Commit(PgTransaction& tx) {
    if (shared_) tx.Execute("DROP TABLE pg_temp.staged_orders, pg_temp.staged_rejects");
    tx.Commit();
    ready_ = !shared_;
  }

 private:
  bool shared_ = true;
  bool ready_ = false;
};

void StageOrders(PgTransaction& tx, const std::vector<const Order*>& orders) {
  CopyIn copy(tx.connection(), "staged_orders");
  for (const Order* order : orders) {
    copy.Field(order->order_id);
    copy.OptionalField(order->customer_id);
    copy.OptionalField(order->customer_name);
    copy.Field(order->status);
    copy.Field(order->order_type);
    copy.OptionalField(order->total_amount);
    copy.Field(FormatTime(order->updated_at));
    copy.OptionalField(order->item_name);
    copy.OptionalField(order->item_detail);
    copy.EndRow();
  }
  copy.Complete();
}

// `held`: rows that wait for another session's transaction; they come along with a later page, be it an empty
// one.
IngestResult MergeOrders(PgTransaction& tx, const NewestRows& newest, const IngestStep& step,
                         std::int64_t& held) {
  IngestResult result;
  result.unchanged = newest.repeated;
  result.stale = newest.superseded;
  if (!newest.rows.empty()) StageOrders(tx, newest.rows);
  const PgRow merged =
      tx.Execute("SELECT inserted, updated, unchanged, stale, held FROM merge_staged_orders(" +
                 tx.Quote(FormatTime(step.oms_now)) + ", " + tx.Quote(FormatTime(step.answered_at)) + ")")[0];
  result.inserted = merged.Integer(0);
  result.updated = merged.Integer(1);
  result.unchanged += merged.Integer(2);
  result.stale += merged.Integer(3);
  held = merged.Integer(4);
  return result;
}

std::int64_t KeepRejected(PgTransaction& tx, const std::vector<RejectedRow>& rejected,
                          const std::string& source, const RejectedRowsConfig& limits) {
  if (rejected.empty()) return 0;
  CopyIn copy(tx.connection(), "staged_rejects");
  for (const RejectedRow& row : rejected) {
    copy.Field(Name(row.reason));
    copy.Field(CutUtf8(RepairUtf8(row.detail), kMaxDetailBytes));
    copy.Field(CutUtf8(RepairUtf8(row.payload), limits.max_payload_bytes));
    copy.EndRow();
  }
  copy.Complete();
  const PgRows kept = tx.Execute(
      "INSERT INTO rejected_orders (fingerprint, reason, detail, payload, payload_bytes, source) "
      "SELECT DISTINCT ON (fingerprint) fingerprint, reason, detail, payload, octet_length(payload), " +
      tx.Quote(source) +
      " FROM (SELECT sha256(convert_to(reason || E'\\n' || payload, 'UTF8')) AS fingerprint, * FROM "
      "staged_rejects) s "
      "WHERE NOT EXISTS (SELECT FROM rejected_orders r WHERE r.fingerprint = s.fingerprint) "
      "ORDER BY fingerprint ON CONFLICT DO NOTHING");
  return kept.affected();
}

// The oldest go first. `limit`: only where there are more rows than this.
void PruneRejected(PgTransaction& tx, const RejectedRowsConfig& limits, std::int64_t limit) {
  if (tx.Execute("SELECT count(*) FROM rejected_orders")[0].Integer(0) <= limit) return;
  tx.Execute("DELETE FROM rejected_orders WHERE first_seen_at < now() - " +
             std::to_string(limits.retention.count()) +
             " * interval '1 millisecond' OR fingerprint IN (SELECT fingerprint FROM rejected_orders "
             "ORDER BY first_seen_at DESC, fingerprint OFFSET " +
             std::to_string(limits.max_rows) + ")");
}

void MoveWatermark(PgTransaction& tx, const IngestStep& step) {
  const auto time = [&](const std::optional<Timestamp>& at) {
    return at ? tx.Quote(FormatTime(*at)) : std::string("NULL");
  };
  tx.Execute("SELECT advance_watermark(" + tx.Quote(step.source) + ", " + time(step.newest) + ", " +
             time(step.oms_date) + ", " + time(step.oms_now) + ", " + time(step.set_back_from) + ", " +
             (step.gap ? "true" : "false") + ")");
}

// --- reading ---

void ReadTallies(PgTransaction& tx, StoreView& view) {
  const PgRows rows = tx.Execute(
      "SELECT family, value::text, cardinality(labels), labels[1], labels[2], labels[3] FROM order_tallies "
      "WHERE cardinality(labels) <= 3 ORDER BY order_tallies.family, order_tallies.labels");
  for (const PgRow row : rows) {
    Tally tally{row.Text(0), {}, row.Text(1)};
    for (int label = 0; label < row.Integer(2); ++label) tally.labels.push_back(row.Text(3 + label));
    view.tallies.push_back(std::move(tally));
  }
  for (const PgRow row : tx.Execute("SELECT le FROM order_duration_buckets ORDER BY le")) {
    view.duration_buckets.push_back(row.Number(0));
  }
}

void ReadOpenOrders(PgTransaction& tx, Timestamp oms_now, StoreView& view) {
  const PgRows rows = tx.Execute(
      // Told apart as the triggers do it.
      "SELECT coalesce(t.order_type, 'other'), coalesce(s.status, 'other'), count(*), "
      "count(*) FILTER (WHERE f.status_since < " +
      tx.Quote(FormatTime(oms_now)) + "::timestamptz - s.delayed_after), " + MicrosOf("min(f.status_since)") +
      " FROM fact_orders_monitoring f LEFT JOIN order_statuses s ON s.status = f.status "
      "LEFT JOIN order_types t ON t.order_type = f.order_type WHERE f.open GROUP BY 1, 2 ORDER BY 1, 2");
  for (const PgRow row : rows) {
    view.open_orders.push_back({row.Text(0), row.Text(1), row.Integer(2), row.Integer(3), TimeAt(row, 4)});
  }
}

void ReadSourcesAndJobs(PgTransaction& tx, StoreView& view) {
  for (const PgRow row :
       tx.Execute("SELECT source, gaps, " + MicrosOf("watermark") + " FROM ingest_sources")) {
    const std::string source = row.Text(0);
    view.gaps[source] = row.Integer(1);
    if (!row.IsNull(2)) view.watermarks[source] = TimeAt(row, 2);
  }
  for (const PgRow row :
       tx.Execute("SELECT batch_job, failed::int, duration_seconds, " + MicrosOf("last_success_at") +
                  " FROM batch_jobs ORDER BY batch_job LIMIT " + std::to_string(kMaxBatchJobs))) {
    BatchJob& job = view.batch_jobs[row.Text(0)];
    job.failed = row.Integer(1) != 0;
    if (!row.IsNull(2)) job.duration_seconds = row.Number(2);
    if (!row.IsNull(3)) job.last_success = TimeAt(row, 3);
  }
}

void ReadNewestOrder(PgTransaction& tx, Timestamp oms_now, StoreView& view) {
  const std::string present = " AND updated_at <= " + tx.Quote(FormatTime(oms_now + kFutureTolerance));
  const std::string newest = "SELECT max(updated_at) AS at FROM fact_orders_monitoring WHERE ";
  // Each of the two has an index of its own.
  const PgRow row = tx.Execute("SELECT " + MicrosOf("max(at)") + " FROM (" + newest + "open" + present +
                               " UNION ALL " + newest + "NOT open" + present + ") n")[0];
  if (!row.IsNull(0)) view.newest_order = TimeAt(row, 0);
}

}  // namespace

class PgOrderStore::Database {
 public:
  Database(StoreConfig config, std::vector<StatusRule> statuses, std::vector<std::string> order_types)
      : statuses_(std::move(statuses)),
        order_types_(std::move(order_types)),
        session_(std::move(config), [this](PgSession& session) {
          staging_.Reset(session.connection().shared());
          PrepareSchema(session, statuses_, order_types_);
        }) {}

  PgSession& session() { return session_; }
  const std::vector<StatusRule>& statuses() const { return statuses_; }

  IngestResult Ingest(const OrderPage& page, const NewestRows& newest, const IngestStep& step) {
    PgTransaction tx = session_.Begin(PgTransaction::Kind::kBulk);
    staging_.Prepare(tx);
    std::int64_t held = 0;
    IngestResult result = MergeOrders(tx, newest, step, held);
    const RejectedRowsConfig& limits = session_.config().rejected_rows;
    result.rejected = KeepRejected(tx, page.rejected, step.source, limits);
    MoveWatermark(tx, step);
    const bool prune = steady_clock::now() >= next_prune_;
    if (prune || result.rejected > 0) {
      PruneRejected(tx, limits, prune ? 0 : limits.max_rows + limits.max_rows / 10);
    }
    staging_.Commit(tx);
    if (prune) next_prune_ = steady_clock::now() + kPruneInterval;
    LogHeld(held);
    return result;
  }

 private:
  // When it begins and when it ends, not with every page.
  void LogHeld(std::int64_t orders) {
    if (orders > 0 && !holding_) {
      log::Warn(
          "orders wait for another session, whose open transaction has changed them; others are taken in",
          {{"orders", std::to_string(orders)}, {"session", session_.LockHolder()}});
    } else if (orders == 0 && holding_) {
      log::Info("no order waits for another session any more", {});
    }
    holding_ = orders > 0;
  }

  const std::vector<StatusRule> statuses_;
  const std::vector<std::string> order_types_;
  Staging staging_;
  PgSession session_;
  MonotonicTime next_prune_{};
  bool holding_ = false;
};

PgOrderStore::PgOrderStore(StoreConfig config, std::vector<StatusRule> statuses,
                           std::vector<std::string> order_types)
    : database_(std::make_unique<Database>(std::move(config), std::move(statuses), std::move(order_types))) {}
PgOrderStore::~PgOrderStore() = default;

void PgOrderStore::Interrupt() { database_->session().Interrupt(); }

Result<std::optional<Watermark>> PgOrderStore::QueryWatermark(const std::string& source) {
  return database_->session().Call<std::optional<Watermark>>(
      "reading the watermark", [&](PgSession& session) {
        PgTransaction tx = session.Begin();
        const PgRows rows = tx.Execute(
            "SELECT " + MicrosOf("watermark") + ", " + MicrosOf("oms_date") +
            ", (extract(epoch FROM greatest(clock_timestamp() - moved_at, '0')) * 1000000)::bigint "
            "FROM ingest_sources WHERE source = " +
            tx.Quote(source));
        if (rows.empty() || rows[0].IsNull(0)) return std::optional<Watermark>();
        Watermark watermark;
        watermark.at = TimeAt(rows[0], 0);
        if (!rows[0].IsNull(1)) watermark.oms_date = TimeAt(rows[0], 1);
        watermark.age = microseconds(rows[0].Integer(2));
        return std::optional(watermark);
      });
}

Result<IngestResult> PgOrderStore::Ingest(const OrderPage& page, const IngestStep& step) {
  const NewestRows newest = PickNewestRows(page.orders, database_->statuses(), step.oms_now);
  return database_->session().Call<IngestResult>(
      "taking orders in", [&](PgSession&) { return database_->Ingest(page, newest, step); });
}

Result<std::optional<CatchUpMark>> PgOrderStore::QueryCatchUpMark(const std::string& source) {
  return database_->session().Call<std::optional<CatchUpMark>>(
      "reading how far ingest has got", [&](PgSession& session) {
        PgTransaction tx = session.Begin();
        const PgRows rows = tx.Execute(
            "SELECT " + MicrosOf("caught_up_from") + ", " + MicrosOf("caught_up_to") +
            " FROM ingest_sources WHERE caught_up_from < caught_up_to AND source = " + tx.Quote(source));
        if (rows.empty()) return std::optional<CatchUpMark>();
        return std::optional(CatchUpMark{TimeAt(rows[0], 0), TimeAt(rows[0], 1)});
      });
}

Result<void> PgOrderStore::KeepCatchUpMark(const std::string& source,
                                           const std::optional<CatchUpMark>& mark) {
  const auto kept =
      database_->session().Call<bool>("keeping how far ingest has got", [&](PgSession& session) {
        PgTransaction tx = session.Begin();
        const std::string from = mark ? tx.Quote(FormatTime(mark->from)) : "NULL";
        const std::string to = mark ? tx.Quote(FormatTime(mark->to)) : "NULL";
        tx.Execute(
            "INSERT INTO ingest_sources AS i (source, caught_up_from, caught_up_to) VALUES (" +
            tx.Quote(source) + ", " + from + ", " + to +
            ") ON CONFLICT (source) DO UPDATE SET caught_up_from = excluded.caught_up_from, "
            "caught_up_to = excluded.caught_up_to WHERE (i.caught_up_from, i.caught_up_to) IS DISTINCT FROM "
            "(excluded.caught_up_from, excluded.caught_up_to)");
        tx.Commit();
        return true;
      });
  if (!kept) return tl::unexpected(kept.error());
  return {};
}

Result<StoreView> PgOrderStore::View(Timestamp oms_now) {
  return database_->session().Call<StoreView>("reading the tallies", [&](PgSession& session) {
    PgTransaction tx = session.Begin(PgTransaction::Kind::kSnapshot);
    CheckCounting(tx);
    StoreView view;
    ReadTallies(tx, view);
    ReadOpenOrders(tx, oms_now, view);
    ReadSourcesAndJobs(tx, view);
    ReadNewestOrder(tx, oms_now, view);
    return view;
  });
}

}  // namespace o2o
