// SPDX-License-Identifier: Apache-2.0
#include "store/pg_order_store.h"

#include "base/log.h"
#include "base/time_text.h"
#include "store/copy_in.h"
#include "store/newest_rows.h"
#include "store/pg_schema.h"
#include "store/pg_session.h"
#include "store/pg_time.h"
#include "store/rejected_rows.h"
#include "store/store_view.h"

namespace o2o {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr std::chrono::hours kPruneInterval{1};

// Temporary tables for a page. They stay for the next page, since creating them writes to the catalog; on a
// connection that a pooler shares they are dropped with the transaction.
class Staging {
 public:
  // For a new connection.
  void Reset(bool shared) {
    shared_ = shared;
    ready_ = false;
  }
  void Prepare(PgTransaction& tx) const {
    if (ready_) return;
    tx.Execute("SELECT prepare_order_staging()");
    PrepareRejectStaging(tx);
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

// `held`: rows that wait for another session's transaction; a later page brings them along, even an empty
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

void MoveWatermark(PgTransaction& tx, const IngestStep& step) {
  const auto time = [&](const std::optional<Timestamp>& at) {
    return at ? tx.Quote(FormatTime(*at)) : std::string("NULL");
  };
  tx.Execute("SELECT advance_watermark(" + tx.Quote(step.source) + ", " + time(step.newest) + ", " +
             time(step.oms_date) + ", " + time(step.oms_now) + ", " + time(step.set_back_from) + ", " +
             (step.gap ? "true" : "false") + ")");
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
  // When holding begins and when it ends, not with every page.
  void LogHeld(std::int64_t orders) {
    if (orders > 0 && !holding_) {
      log::Warn(
          "orders held back, since another session has changed them and not committed; the others are stored",
          {{"orders", std::to_string(orders)}, {"session", session_.LockHolder()}});
    } else if (orders == 0 && holding_) {
      log::Info("no orders are held back any more", {});
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

void PgOrderStore::Interrupt() noexcept { database_->session().Interrupt(); }

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
      "storing orders", [&](PgSession&) { return database_->Ingest(page, newest, step); });
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
    return ReadStoreView(tx, oms_now);
  });
}

}  // namespace o2o
