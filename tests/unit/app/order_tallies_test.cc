// SPDX-License-Identifier: Apache-2.0
#include "app/order_tallies.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

using namespace std::chrono_literals;

OrdersConfig TwoStatuses() {
  OrdersConfig orders;
  orders.order_types = {"delivery"};
  orders.statuses = {{"PENDING", Outcome::kOpen, Millis(600'000)},
                     {"COMPLETED", Outcome::kCompleted, {}},
                     {"FAILED", Outcome::kFailed, {}}};
  return orders;
}

std::string TextOf(const StoreView& view) {
  SnapshotBoard board;
  board.Publish("order-store", MakeSnapshot(BuildOrderFamilies(view, TwoStatuses(), "orders"), Timestamp{}));
  std::string text;
  const std::string all = JoinText(board.Read());
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at) + 1;
    if (all[at] != '#') text += all.substr(at, end - at);
    at = end;
  }
  return text;
}

StoreView EmptyView() {
  StoreView view;
  view.duration_buckets = {60, 300};
  return view;
}

TEST(OrderTalliesTest, EmptyDatabaseShowsEveryKnownLabelSetAtZero) {
  EXPECT_EQ(TextOf(EmptyView()),
            R"(o2o_ingest_gaps_total{source="orders"} 0
o2o_order_duration_seconds_bucket{order_type="delivery",outcome="completed",le="60.0"} 0
o2o_order_duration_seconds_bucket{order_type="delivery",outcome="completed",le="300.0"} 0
o2o_order_duration_seconds_bucket{order_type="delivery",outcome="completed",le="+Inf"} 0
o2o_order_duration_seconds_sum{order_type="delivery",outcome="completed"} 0
o2o_order_duration_seconds_count{order_type="delivery",outcome="completed"} 0
o2o_order_duration_seconds_bucket{order_type="delivery",outcome="failed",le="60.0"} 0
o2o_order_duration_seconds_bucket{order_type="delivery",outcome="failed",le="300.0"} 0
o2o_order_duration_seconds_bucket{order_type="delivery",outcome="failed",le="+Inf"} 0
o2o_order_duration_seconds_sum{order_type="delivery",outcome="failed"} 0
o2o_order_duration_seconds_count{order_type="delivery",outcome="failed"} 0
o2o_order_transitions_total{from="PENDING",to="COMPLETED"} 0
o2o_order_transitions_total{from="PENDING",to="FAILED"} 0
o2o_orders_completed_amount_total{order_type="delivery"} 0
o2o_orders_completed_total{order_type="delivery"} 0
o2o_orders_delayed{order_type="delivery",status="PENDING"} 0
o2o_orders_failed_total{order_type="delivery",status="FAILED"} 0
o2o_orders_ingested_total{order_type="delivery"} 0
o2o_orders_open{order_type="delivery",status="PENDING"} 0
)");
}

TEST(OrderTalliesTest, TalliesAreShownDigitForDigit) {
  StoreView view = EmptyView();
  view.tallies = {{"o2o_orders_ingested_total", {"delivery"}, "3"},
                  {"o2o_orders_ingested_total", {"new_type"}, "1"},
                  {"o2o_orders_completed_amount_total", {"delivery"}, "12345678901234567.89"},
                  {"o2o_orders_failed_total", {"delivery", "FAILED"}, "2"},
                  {"o2o_order_transitions_total", {"PENDING", "ODD"}, "1"}};
  const std::string text = TextOf(view);
  for (const char* line :
       {"o2o_orders_ingested_total{order_type=\"delivery\"} 3\n",
        "o2o_orders_ingested_total{order_type=\"new_type\"} 1\n",
        "o2o_orders_completed_amount_total{order_type=\"delivery\"} 12345678901234567.89\n",
        "o2o_orders_failed_total{order_type=\"delivery\",status=\"FAILED\"} 2\n",
        "o2o_order_transitions_total{from=\"PENDING\",to=\"ODD\"} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(OrderTalliesTest, HistogramBucketsAreCumulatedWithSumAndCount) {
  StoreView view = EmptyView();
  view.tallies = {{"o2o_order_duration_seconds_bucket", {"delivery", "completed", "60"}, "2"},
                  {"o2o_order_duration_seconds_bucket", {"delivery", "completed", "+Inf"}, "1"},
                  {"o2o_order_duration_seconds_sum", {"delivery", "completed"}, "412.5"}};
  const std::string text = TextOf(view);
  const std::string labels = "order_type=\"delivery\",outcome=\"completed\"";
  for (const std::string& line : {"o2o_order_duration_seconds_bucket{" + labels + ",le=\"60.0\"} 2\n",
                                  "o2o_order_duration_seconds_bucket{" + labels + ",le=\"300.0\"} 2\n",
                                  "o2o_order_duration_seconds_bucket{" + labels + ",le=\"+Inf\"} 3\n",
                                  "o2o_order_duration_seconds_sum{" + labels + "} 412.5\n",
                                  "o2o_order_duration_seconds_count{" + labels + "} 3\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
  }
}

TEST(OrderTalliesTest, OpenDelayedAndOldestComeFromTheOpenOrders) {
  StoreView view = EmptyView();
  const Timestamp since{1'700'000'000s};
  view.open_orders = {{"delivery", "PENDING", 5, 2, since},
                      {"pickup", "PENDING", 1, 0, since - 10s},
                      {"delivery", "ODD", 1, 0, since}};
  const std::string text = TextOf(view);
  for (const char* line : {"o2o_orders_open{order_type=\"delivery\",status=\"PENDING\"} 5\n",
                           "o2o_orders_open{order_type=\"delivery\",status=\"ODD\"} 1\n",
                           "o2o_orders_delayed{order_type=\"delivery\",status=\"PENDING\"} 2\n",
                           "o2o_oldest_open_order_timestamp_seconds{status=\"PENDING\"} 1699999990\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
  }
  EXPECT_EQ(text.find("o2o_orders_delayed{order_type=\"delivery\",status=\"ODD\"}"), std::string::npos)
      << "a status without a limit is never delayed";
}

TEST(OrderTalliesTest, BatchJobsShowWhatTheyReported) {
  StoreView view = EmptyView();
  view.batch_jobs["new"].failed = true;
  view.batch_jobs["reconcile"] = {Timestamp(1'763'604'000s), 12.5, false};
  const std::string text = TextOf(view);
  for (const char* line :
       {"o2o_job_last_success_timestamp_seconds{batch_job=\"reconcile\"} 1763604000\n",
        "o2o_job_duration_seconds{batch_job=\"reconcile\"} 12.5\n",
        "o2o_job_failed{batch_job=\"reconcile\"} 0\n", "o2o_job_failed{batch_job=\"new\"} 1\n",
        "o2o_job_last_success_timestamp_seconds{batch_job=\"new\"} 0\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(text.find("o2o_job_duration_seconds{batch_job=\"new\""), std::string::npos);
}

}  // namespace
}  // namespace o2o
