// SPDX-License-Identifier: Apache-2.0
#include "store/order_history.h"

#include "base/time_text.h"
#include "store/pg_session.h"
#include "store/pg_time.h"

namespace o2o {
namespace {

constexpr const char* kRowsAtOnce = "5000";

// Each order counts when it was first seen in a status, as the triggers count (002_counting.sql). Only orders
// that the OMS changed in the window matter: their updated_at is the latest.
std::string Query(PgTransaction& tx, const HistoryWindow& window) {
  const auto time = [&](Timestamp at) { return tx.Quote(FormatTime(at)) + "::timestamptz"; };
  const std::string step = tx.Quote(std::to_string(window.step.count()) + " ms") + "::interval";
  return "WITH orders AS ("
         "SELECT order_id, coalesce(t.order_type, 'other') AS order_type, first_status, first_updated_at, "
         "CASE WHEN total_amount > 0 AND total_amount < 'Infinity' THEN total_amount ELSE 0 END AS amount "
         "FROM all_orders LEFT JOIN order_types t USING (order_type) WHERE updated_at > " +
         time(window.from) +
         "), seen AS ("
         "SELECT order_id, first_status AS status, first_updated_at AS at FROM orders "
         "UNION ALL SELECT order_id, to_status, changed_at FROM order_status_changes "
         "UNION ALL SELECT order_id, to_status, changed_at FROM order_status_changes_archive"
         "), reached AS ("
         "SELECT order_id, order_type, amount, outcome, CASE outcome WHEN 'failed' THEN status END AS "
         "status, "
         "min(at) AS at FROM seen JOIN orders USING (order_id) JOIN order_statuses USING (status) "
         "WHERE outcome <> 'open' GROUP BY 1, 2, 3, 4, 5"
         "), events AS ("
         "SELECT 'o2o_orders_ingested_total' AS family, ARRAY[order_type] AS labels, first_updated_at AS at, "
         "1 AS added FROM orders "
         "UNION ALL SELECT 'o2o_orders_completed_total', ARRAY[order_type], at, 1 FROM reached "
         "WHERE outcome = 'completed' "
         "UNION ALL SELECT 'o2o_orders_completed_amount_total', ARRAY[order_type], at, amount FROM reached "
         "WHERE outcome = 'completed' "
         "UNION ALL SELECT 'o2o_orders_failed_total', ARRAY[order_type, status], at, 1 FROM reached "
         "WHERE outcome = 'failed'"
         "), steps AS ("
         "SELECT family, labels, least(date_bin(" +
         step + ", at - interval '1 microsecond', " + time(window.from) + ") + " + step + ", " +
         time(window.until) + ") AS at, sum(added) AS added FROM events WHERE at > " + time(window.from) +
         " GROUP BY 1, 2, 3 "
         "UNION ALL SELECT family, labels, " +
         time(window.from) +
         ", 0 FROM order_tallies WHERE family IN ('o2o_orders_ingested_total', 'o2o_orders_completed_total', "
         "'o2o_orders_completed_amount_total', 'o2o_orders_failed_total')"
         ") SELECT family, labels[1], labels[2], " +
         MicrosOf("at") +
         ", "
         "greatest(0, value - sum(added) OVER (PARTITION BY family, labels ORDER BY at DESC) + added)::text "
         "FROM steps JOIN order_tallies USING (family, labels) ORDER BY family, steps.labels, steps.at";
}

HistoryStep StepOf(const PgRow& row) {
  HistoryStep step{row.Text(0), {row.Text(1)}, TimeAt(row, 3), row.Text(4)};
  if (!row.IsNull(2)) step.labels.push_back(row.Text(2));
  return step;
}

}  // namespace

Result<void> ReadOrderHistory(const StoreConfig& config, const HistoryWindow& window,
                              const std::function<bool(const HistoryStep&)>& sink, std::stop_token stop) {
  PgSession session(config, [](PgSession&) {});
  const std::stop_callback cut(stop, [&session] { session.Interrupt(); });
  // No second attempt can begin after the first step was passed to the sink: a session that has just
  // connected does not try again, and a read-only transaction collides with nobody.
  const auto read = session.Call<bool>("reading the history", [&](PgSession& reading) {
    PgTransaction tx = reading.Begin(PgTransaction::Kind::kHistory);
    tx.Execute("DECLARE history NO SCROLL CURSOR FOR " + Query(tx, window));
    for (;;) {
      const PgRows rows = tx.Execute(std::string("FETCH ") + kRowsAtOnce + " FROM history");
      if (rows.empty()) return true;
      for (const PgRow row : rows) {
        if (!sink(StepOf(row))) return false;
      }
    }
  });
  if (!read) return tl::unexpected<Error>(read.error());
  return {};
}

}  // namespace o2o
