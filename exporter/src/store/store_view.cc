// SPDX-License-Identifier: Apache-2.0
#include "store/store_view.h"

#include <string>
#include <utility>

#include "base/time_text.h"
#include "orders/order_limits.h"
#include "store/pg_time.h"

namespace o2o {
namespace {

constexpr int kMaxBatchJobs = 100;  // as many as report_batch_job lets in; each is three series

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

StoreView ReadStoreView(PgTransaction& tx, Timestamp oms_now) {
  StoreView view;
  ReadTallies(tx, view);
  ReadOpenOrders(tx, oms_now, view);
  ReadSourcesAndJobs(tx, view);
  ReadNewestOrder(tx, oms_now, view);
  return view;
}

}  // namespace o2o
