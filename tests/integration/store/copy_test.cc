// SPDX-License-Identifier: Apache-2.0
// Text arrives in PostgreSQL as it was written, whatever is in it.
#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using CopyTest = StoreTest;

TEST_F(CopyTest, EveryCharacterArrivesAtEveryPlace) {
  PgOrderStore store = Store();
  std::vector<Order> orders;
  // Each in the first eight bytes of a name, in the last and alone.
  for (int code = 1; code < 0x180; ++code) {
    const std::string character = code < 0x80 ? std::string(1, static_cast<char>(code))
                                              : std::string{static_cast<char>(0xC0 | (code >> 6)),
                                                            static_cast<char>(0x80 | (code & 0x3F))};
    Order order = MakeOrder("O" + std::to_string(code), "PENDING", "10:00:00");
    order.customer_name = character;
    order.item_name = "a" + character + "bcdefghijkl";
    order.item_detail = "abcdefghijkl" + character;
    orders.push_back(order);
  }
  const OrderPage page = Page(orders);
  const auto result = store.Ingest(page, Step("10:00:00"));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(Value("SELECT count(*) FROM fact_orders_monitoring"), std::to_string(orders.size()));
  EXPECT_EQ(Value("SELECT string_agg(order_id, ',') FROM fact_orders_monitoring, "
                  "LATERAL (SELECT chr(substr(order_id, 2)::int) AS c) s WHERE customer_name <> c OR "
                  "item_name <> 'a' || c || 'bcdefghijkl' OR item_detail <> 'abcdefghijkl' || c"),
            "");
}

TEST_F(CopyTest, NullEmptyAndWhatLooksLikeNullAreToldApart) {
  PgOrderStore store = Store();
  Order order = MakeOrder("A", "PENDING", "10:00:00");
  order.customer_id = std::nullopt;
  order.customer_name = "";
  order.item_name = "\\N";
  order.item_detail = "\\.";
  ASSERT_TRUE(store.Ingest(Page({order}), Step("10:00:00")));
  EXPECT_EQ(
      Value("SELECT concat_ws('|', customer_id IS NULL, customer_name = '', item_name, item_detail) FROM "
            "fact_orders_monitoring"),
      "t|t|\\N|\\.");
}

}  // namespace
}  // namespace o2o
