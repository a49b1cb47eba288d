// SPDX-License-Identifier: Apache-2.0
// Rows that could not be taken in.
#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using RejectedTest = StoreTest;

OrderPage PageOf(std::vector<RejectedRow> rejected) {
  OrderPage page;
  page.rejected = std::move(rejected);
  return page;
}

TEST_F(RejectedTest, EachDistinctRowIsKeptOnce) {
  PgOrderStore store = Store();
  const OrderPage page = PageOf(
      {{RejectReason::kBadAmount, "total_amount: 'abc' is not a number", "{\"total_amount\":\"abc\\t\"}"},
       {RejectReason::kBadAmount, "said again", "{\"total_amount\":\"abc\\t\"}"},
       {RejectReason::kBadTime, "updated_at: none", "{\"total_amount\":\"abc\\t\"}"}});
  EXPECT_EQ(store.Ingest(page, Step())->rejected, 2);
  EXPECT_EQ(store.Ingest(page, Step())->rejected, 0);
  EXPECT_EQ(Value("SELECT concat_ws('|', reason, detail, payload, payload_bytes, source) FROM "
                  "rejected_orders WHERE reason = 'bad_amount'"),
            "bad_amount|total_amount: 'abc' is not a number|{\"total_amount\":\"abc\\t\"}|24|orders");
}

TEST_F(RejectedTest, TheRestOfThePageIsTakenIn) {
  PgOrderStore store = Store();
  OrderPage page = PageOf({{RejectReason::kMissingId, "order_id: missing", "{}"}});
  page.orders = {MakeOrder("A", "PENDING", "10:00:00")};
  const auto result = store.Ingest(page, Step());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->inserted, 1);
  EXPECT_EQ(result->rejected, 1);
}

TEST_F(RejectedTest, NumberSizeAndAgeAreBounded) {
  StoreConfig config = Config();
  config.rejected_rows = {20, 10, std::chrono::hours(24)};
  PgOrderStore store(config, UsualStatuses());
  ASSERT_TRUE(store.View(At(kNow)));
  Sql("INSERT INTO rejected_orders SELECT sha256('old'), 'bad_id', '', '', 0, 'orders', now() - interval '25 "
      "hours'");
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(
        store.Ingest(PageOf({{RejectReason::kBadId, "", std::to_string(i) + "-żółćżółćżółć"}}), Step()));
    ASSERT_LE(std::stoi(Value("SELECT count(*) FROM rejected_orders")), 22);
    if (i == 0) {
      EXPECT_EQ(Value("SELECT count(*) FROM rejected_orders WHERE fingerprint = sha256('old')"), "0");
    }
  }
  EXPECT_EQ(Value("SELECT max(payload_bytes) FROM rejected_orders"), "10");
  EXPECT_EQ(Value("SELECT count(*) FROM rejected_orders WHERE payload LIKE '29-%'"), "1")
      << "the oldest go, not the newest";
  EXPECT_EQ(Value("SELECT count(*) FROM rejected_orders WHERE payload LIKE '0-%'"), "0");
}

}  // namespace
}  // namespace o2o
