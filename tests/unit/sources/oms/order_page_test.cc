// SPDX-License-Identifier: Apache-2.0
#include "sources/oms/order_page.h"

#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "base/time_text.h"
#include "orders/order_limits.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

const Timestamp kTen = Timestamp(1'763'632'800s);  // 2025-11-20T10:00:00Z

OrderPage Parse(std::string body, const TimeZone& zone = {}) {
  Result<OrderPage> page = ParseOrderPage(std::move(body), zone);
  if (page) return *std::move(page);
  ADD_FAILURE() << Name(page.error().code) << ": " << page.error().message;
  return {};
}

// A page of one row with these members beside a good id, status and time; a later member replaces an earlier
// one.
std::string Page(const std::string& members) {
  return R"({"data":[{"order_id":"A-1","status":"PENDING","updated_at":"2025-11-20T10:00:00Z")" +
         (members.empty() ? "" : "," + members) + "}]}";
}

Order Taken(const std::string& members) {
  const OrderPage page = Parse(Page(members));
  if (page.orders.size() == 1 && page.rejected.empty()) return page.orders[0];
  ADD_FAILURE() << members << ": " << (page.rejected.empty() ? "no row" : page.rejected[0].detail);
  return {};
}

// "reason | detail" of the one row, which must be rejected.
std::string Rejected(const std::string& members) {
  const OrderPage page = Parse(Page(members));
  if (page.orders.empty() && page.rejected.size() == 1)
    return std::string(Name(page.rejected[0].reason)) + " | " + page.rejected[0].detail;
  return "taken in";
}

std::string Failure(std::string body) {
  const Result<OrderPage> page = ParseOrderPage(std::move(body), {});
  return page ? "parsed" : std::string(Name(page.error().code)) + ": " + page.error().message;
}

TEST(OrderPageTest, WholeAnswer) {
  const std::string body = R"({
    "total": 2, "more": {"unknown": [1, {"data": []}]},
    "statusCounts": {"PENDING": 1, "COMPLETED": 41},
    "data": [
      {"order_id": "A-1", "customer_id": "C-7", "customer_name": "Nguyễn Văn A", "status": "PENDING", "order_type": "delivery",
       "total_amount": 150000.50, "updated_at": "2025-11-20T10:00:00Z", "item_name": "Phở", "item_detail": "2 bowls", "extra": {"order_id": [7]}},
      {"order_id": 42, "customer_id": 7, "customer_name": null, "status": "COMPLETED",
       "total_amount": " 99.90 ", "updated_at": 1763632800123, "item_name": 5, "item_detail": {"qty" : 2, "note": "\n"}}
    ]})";
  Order first;
  first.order_id = "A-1";
  first.customer_id = "C-7";
  first.customer_name = "Nguyễn Văn A";
  first.status = "PENDING";
  first.order_type = "delivery";
  first.total_amount = "150000.50";
  first.updated_at = kTen;
  first.item_name = "Phở";
  first.item_detail = "2 bowls";
  Order second;
  second.order_id = "42";
  second.customer_id = "7";
  second.status = "COMPLETED";
  second.order_type = "unknown";
  second.total_amount = "99.90";
  second.updated_at = kTen + 123ms;
  second.item_name = "5";
  second.item_detail = R"({"qty" : 2, "note": "\n"})";

  const OrderPage page = Parse(body);
  EXPECT_EQ(page.orders, (std::vector<Order>{first, second}));
  EXPECT_TRUE(page.rejected.empty());
  EXPECT_EQ(page.rows, 2u);
  EXPECT_EQ(page.total, 2);
  EXPECT_EQ(page.status_counts, (std::map<std::string, std::int64_t>{{"COMPLETED", 41}, {"PENDING", 1}}));
  EXPECT_EQ(page.body_bytes, body.size());
}

TEST(OrderPageTest, EmptyPage) {
  const OrderPage page = Parse(R"({"total":0,"statusCounts":{},"data":[]})");
  EXPECT_EQ(page.rows, 0u);
  EXPECT_EQ(page.total, 0);
}

TEST(OrderPageTest, OptionalPartsMayBeMissingOrNull) {
  for (const char* const body : {R"({"data":[]})", R"({"total":null,"statusCounts":null,"data":[]})"}) {
    const OrderPage page = Parse(body);
    EXPECT_EQ(page.total, std::nullopt);
    EXPECT_TRUE(page.status_counts.empty());
  }
}

TEST(OrderPageTest, WrongShapes) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "bad_shape: the answer is an array, expected an object with statusCounts and data"},
      {"null", "bad_shape: the answer is null, expected an object with statusCounts and data"},
      {"\"no\"", "bad_shape: the answer is the string 'no', expected an object with statusCounts and data"},
      {"{}", "bad_shape: data: missing, expected an array of orders"},
      {R"({"Data":[]})", "bad_shape: data: missing, expected an array of orders"},
      {R"({"data":"none"})", "bad_shape: data: the string 'none', expected an array of orders"},
      {R"({"data":false})", "bad_shape: data: a boolean, expected an array of orders"},
      {R"({"data":{"order_id":1}})",
       "bad_shape: data: an object with 'order_id', expected an array of orders"},
      {R"({"data":{"":{}}})", "bad_shape: data: an object with '', expected an array of orders"},
      {R"({"total":5,"data":null})", "bad_shape: data: null, expected an array of the 5 orders of total"},
      {R"({"data":null,"total":5})", "bad_shape: data: null, expected an array of the 5 orders of total"},
  };
  for (const auto& [body, failure] : cases) EXPECT_EQ(Failure(body), failure) << body;
}

// Go writes null for an empty list, PHP [] for an empty map, and Lua {} for an empty list.
TEST(OrderPageTest, NothingMayBeWrittenInManyWays) {
  for (const char* data : {"null", "[]", "{}", "[ ]", "{ }"}) {
    for (const char* counts : {"null", "[]", "{}", "[ ]", "\"\"", "false"}) {
      for (const char* total : {"null", "0", "\"0\"", "0.0", "\"\"", "false", "[]", "{}"}) {
        const std::string body =
            std::string(R"({"total":)") + total + R"(,"statusCounts":)" + counts + R"(,"data":)" + data + "}";
        const OrderPage page = Parse(body);
        EXPECT_EQ(page.rows, 0u) << body;
        EXPECT_FALSE(page.counts_trouble) << body << ": " << page.counts_trouble->message;
        EXPECT_EQ(page.total.value_or(0), 0) << body;
        EXPECT_TRUE(page.status_counts.empty()) << body;
      }
    }
  }
}

// What PHP makes of an array out of which a row was taken.
TEST(OrderPageTest, RowsMayBeNumbered) {
  const OrderPage page = Parse(
      R"({"data":{"0":{"order_id":1,"status":"A","updated_at":1763632800},"2":{"order_id":2,"status":"A","updated_at":1763632800},"3":7}})");
  EXPECT_EQ(page.rows, 3u);
  ASSERT_EQ(page.orders.size(), 2u);
  EXPECT_EQ(page.orders[1].order_id, "2");
  EXPECT_EQ(page.rejected.size(), 1u);
}

TEST(OrderPageTest, OddCountsCostTheCountsOnly) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("statusCounts":[7])", "statusCounts: an array, expected an object of numbers"},
      {R"("statusCounts":[{"status":"A","count":1}])",
       "statusCounts: an array, expected an object of numbers"},
      {R"("statusCounts":7)", "statusCounts: 7, expected an object of numbers"},
      {R"("statusCounts":"many")", "statusCounts: the string 'many', expected an object of numbers"},
      {R"("statusCounts":{"A":1,"PENDING":"many"})",
       "statusCounts.PENDING: the string 'many', expected a whole number"},
      {R"("statusCounts":{"PENDING":-1,"A":1})", "statusCounts.PENDING: -1, expected a whole number"},
      {R"("statusCounts":{"PENDING":1.5})", "statusCounts.PENDING: 1.5, expected a whole number"},
      {R"("statusCounts":{"PENDING":true})", "statusCounts.PENDING: a boolean, expected a whole number"},
      {R"("statusCounts":{"PENDING":{"n":1},"A":1})",
       "statusCounts.PENDING: an object, expected a whole number"},
      {R"("statusCounts":{"PENDING":99999999999999999999})",
       "statusCounts.PENDING: 99999999999999999999, expected a whole number"},
      {R"("total":true)", "total: a boolean, expected a whole number"},
      {R"("total":[1])", "total: an array, expected a whole number"},
      {R"("total":{"n":1})", "total: an object, expected a whole number"},
      {R"("total":"some")", "total: the string 'some', expected a whole number"},
  };
  for (const auto& [counts, trouble] : cases) {
    const std::string row = R"("data":[{"order_id":1,"status":"A","updated_at":1763632800}])";
    for (const std::string& body :
         {"{" + std::string(counts) + "," + row + "}", "{" + row + "," + std::string(counts) + "}"}) {
      const OrderPage page = Parse(body);
      EXPECT_EQ(page.orders.size(), 1u) << body;
      EXPECT_TRUE(page.status_counts.empty()) << body;
      ASSERT_TRUE(page.counts_trouble) << body;
      EXPECT_EQ(page.counts_trouble->code, ErrorCode::kBadShape);
      EXPECT_EQ(page.counts_trouble->message, trouble) << body;
    }
  }
}

TEST(OrderPageTest, BrokenJson) {
  EXPECT_EQ(Failure(""), "bad_json: there is nothing, expected JSON");
  EXPECT_EQ(Failure(R"({"data":[{"order_id":"A)"), "bad_json: the JSON ends in the middle, at byte 23");
  EXPECT_EQ(Failure(R"({"data":[]} <br>)"),
            "bad_json: not JSON at byte 12: found '<', expected nothing after the end of the JSON");
  EXPECT_EQ(Failure(R"({"data":)" + std::string(100, '[')),
            "bad_json: the JSON ends in the middle, at byte 108");
}

TEST(OrderPageTest, DeepNestingCostsItsRowOnly) {
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  const OrderPage page = Parse(R"({"meta":)" + deep + R"(,"data":[{"order_id":"A","item_detail":)" + deep +
                               "}," + deep + R"(,{"order_id":"B"}]})");
  ASSERT_EQ(page.rows, 3u);
  ASSERT_EQ(page.rejected.size(), 3u);
  EXPECT_EQ(Name(page.rejected[0].reason), "wrong_type");
  EXPECT_EQ(page.rejected[0].detail, "row: nested deeper than 64 levels");
  EXPECT_TRUE(page.rejected[0].payload.starts_with(R"({"order_id":"A","item_detail":[[)"));
  EXPECT_EQ(Name(page.rejected[1].reason), "wrong_type");
  EXPECT_NE(Name(page.rejected[2].reason), "wrong_type") << "the flag is of one row";
}

TEST(OrderPageTest, CountsInStringsAndOddStatuses) {
  const OrderPage page = Parse(R"({"total":"3","data":[],"statusCounts":{"A":"2","":1,"b\u0000\ud800":4,")" +
                               std::string(1'000, 'x') + R"(":5}})");
  EXPECT_EQ(page.total, 3);
  EXPECT_FALSE(page.counts_trouble);
  EXPECT_EQ(page.status_counts,
            (std::map<std::string, std::int64_t>{
                {"A", 2}, {"unknown", 1}, {"b\xEF\xBF\xBD\xEF\xBF\xBD", 4}, {std::string(64, 'x'), 5}}));
}

TEST(OrderPageTest, TooManyStatuses) {
  std::string body = R"({"data":[],"statusCounts":{)";
  for (std::size_t i = 0; i <= kMaxStatuses; ++i)
    body += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
  const OrderPage page = Parse(body + "}}");
  EXPECT_TRUE(page.status_counts.empty());
  ASSERT_TRUE(page.counts_trouble);
  EXPECT_EQ(page.counts_trouble->code, ErrorCode::kTooLarge);
  EXPECT_EQ(page.counts_trouble->message, "statusCounts: more than 1000 statuses");
}

TEST(OrderPageTest, TooManyRows) {
  const std::string body = R"({"data":[{},1,2]})";
  const Result<OrderPage> page = ParseOrderPage(body, {}, 3);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->rows, 3u);
  const Result<OrderPage> larger = ParseOrderPage(body, {}, 2);
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(larger.error().message, "data: more than 2 rows: let the OMS honour `limit`, or raise max_limit");
}

TEST(OrderPageTest, AllowedAreMoreRowsThanAnyRequestAsksFor) {
  EXPECT_EQ(MaxPageRows(1), 1'001u);
  EXPECT_EQ(MaxPageRows(100'000), 111'000u);
  EXPECT_EQ(MaxPageRows(1'000'000), 1'101'000u);
}

// What one bad row takes in memory is a hundred times its two bytes in the answer.
TEST(OrderPageTest, OfManyBadRowsSomeAreKeptAndAllAreCounted) {
  std::string body = R"({"data":[0)";
  for (std::size_t i = 1; i < kMaxKeptRejects + 20'000; ++i) body += ",0";
  body += R"(,{},{},{"order_id":"A","status":"PENDING","updated_at":"2025-11-20T10:00:00Z"},[])";
  const OrderPage page = Parse(body + "]}");
  EXPECT_EQ(page.rows, kMaxKeptRejects + 20'000 + 4);
  EXPECT_EQ(page.orders.size(), 1u) << "a good row is taken in, whatever came before it";
  ASSERT_EQ(page.rejected.size(), kMaxKeptRejects + 1);
  EXPECT_EQ(page.rejected.back(), (RejectedRow{RejectReason::kMissingId, "order_id: missing", "{}"}))
      << "the first of a reason is kept beyond the ceiling";
  EXPECT_EQ(page.rejected_more, (std::map<RejectReason, std::size_t>{{RejectReason::kWrongType, 20'001},
                                                                     {RejectReason::kMissingId, 1}}));
}

TEST(OrderPageTest, DataStandingTwiceCountsTheLastOnesBadRows) {
  std::string body = R"({"data":[0)";
  for (std::size_t i = 0; i < kMaxKeptRejects; ++i) body += ",0";
  const OrderPage page = Parse(body + R"(],"data":[0]})");
  EXPECT_EQ(page.rejected.size(), 1u);
  EXPECT_TRUE(page.rejected_more.empty());
}

TEST(OrderPageTest, DataStandingTwiceIsTakenOnce) {
  const OrderPage page = Parse(R"({"data":[1,2],"data":[3]})");
  EXPECT_EQ(page.rows, 1u);
  ASSERT_EQ(page.rejected.size(), 1u);
  EXPECT_EQ(page.rejected[0].payload, "3");
}

TEST(OrderPageTest, OrderIds) {
  EXPECT_EQ(Taken(R"("order_id":"B-2")").order_id, "B-2");
  EXPECT_EQ(Taken(R"("order_id":12345678901234567890123)").order_id, "12345678901234567890123");
  EXPECT_EQ(Taken(R"("order_id":-7)").order_id, "-7");
  EXPECT_EQ(Taken(R"("order_id":" B ")").order_id, " B ");
  EXPECT_EQ(Taken(R"("order_id":")" + std::string(256, 'x') + "\"").order_id, std::string(256, 'x'));
  EXPECT_EQ(Rejected(R"("order_id":null)"), "missing_id | order_id: null");
  EXPECT_EQ(Rejected(R"("order_id":"")"), "missing_id | order_id: blank");
  EXPECT_EQ(Rejected(R"("order_id":" \t")"), "missing_id | order_id: blank");
  for (const char* const number :
       {"1.5", "NaN", "1e999", "9007199254740992.0", "9007199254740993e0", "1e16"}) {
    EXPECT_EQ(Rejected(R"("order_id":)" + std::string(number)),
              "bad_id | order_id: '" + std::string(number) +
                  "' is not a whole number (with a point or an exponent: below 2^53)");
  }
  EXPECT_EQ(Rejected(R"("order_id":"a\u0000b")"),
            "bad_id | order_id: 'a\xEF\xBF\xBD"
            "b' holds U+0000 or bytes that are not UTF-8");
  EXPECT_EQ(Rejected("\"order_id\":\"a\xFF\""),
            "bad_id | order_id: 'a\xEF\xBF\xBD' holds U+0000 or bytes that are not UTF-8");
  EXPECT_EQ(Rejected(R"("order_id":true)"),
            "wrong_type | order_id: a boolean where a string or a number is expected: 'true'");
  EXPECT_EQ(Rejected(R"("order_id":["A"])"),
            "wrong_type | order_id: an array where a string or a number is expected: '[\"A\"]'");
  EXPECT_EQ(Rejected(R"("order_id":")" + std::string(257, 'x') + "\""),
            "too_long | order_id: longer than 256 bytes: '" + std::string(80, 'x') + "'");
}

// JSON knows one kind of number, and pandas writes all of a column as doubles where one is missing.
TEST(OrderPageTest, WholeNumbersWithAPointAreWholeNumbers) {
  EXPECT_EQ(Taken(R"("order_id":1001.0)").order_id, "1001");
  EXPECT_EQ(Taken(R"("order_id":1001.000)").order_id, "1001");
  EXPECT_EQ(Taken(R"("order_id":1.001e3)").order_id, "1001");
  EXPECT_EQ(Taken(R"("order_id":-7.0)").order_id, "-7");
  EXPECT_EQ(Taken(R"("order_id":9007199254740991.0)").order_id, "9007199254740991");
  EXPECT_EQ(Taken(R"("order_id":"1001.0")").order_id, "1001.0") << "a text is what it is";
  EXPECT_EQ(Taken(R"("customer_id":7.0)").customer_id, "7");
  EXPECT_EQ(Taken(R"("customer_id":7.5)").customer_id, "7.5");
}

TEST(OrderPageTest, AnOptionalValueThatIsMissingMayBeWrittenInManyWays) {
  for (const char* const nothing : {"null", "[]", "{}", "[ ]", "false"}) {
    SCOPED_TRACE(nothing);
    const std::string value = nothing;
    const Order order =
        Taken(R"("customer_id":)" + value + R"(,"customer_name":)" + value + R"(,"item_name":)" + value +
              R"(,"total_amount":)" + value + R"(,"order_type":)" + value);
    EXPECT_EQ(order.customer_id, std::nullopt);
    EXPECT_EQ(order.customer_name, std::nullopt);
    EXPECT_EQ(order.item_name, std::nullopt);
    EXPECT_EQ(order.total_amount, std::nullopt);
    EXPECT_EQ(order.order_type, "unknown");
    for (const char* const field : {"order_id", "status", "updated_at"}) {
      EXPECT_NE(Rejected("\"" + std::string(field) + "\":" + value), "taken in") << field << " is needed";
    }
  }
}

TEST(OrderPageTest, MissingMembers) {
  const OrderPage page = Parse(R"({"data":[{},{"order_id":1},{"order_id":1,"status":"A"}]})");
  ASSERT_EQ(page.rejected.size(), 3u);
  EXPECT_EQ(page.rejected[0], (RejectedRow{RejectReason::kMissingId, "order_id: missing", "{}"}));
  EXPECT_EQ(page.rejected[1],
            (RejectedRow{RejectReason::kMissingStatus, "status: missing", R"({"order_id":1})"}));
  EXPECT_EQ(page.rejected[2],
            (RejectedRow{RejectReason::kBadTime, "updated_at: missing", R"({"order_id":1,"status":"A"})"}));
}

TEST(OrderPageTest, Statuses) {
  EXPECT_EQ(Taken(R"("status":"ON_THE_MOON")").status, "ON_THE_MOON");
  EXPECT_EQ(Taken(R"("status":"A\u0000")").status, "A\xEF\xBF\xBD");
  EXPECT_EQ(Taken(R"("status":")" + std::string(64, 'S') + "\"").status, std::string(64, 'S'));
  EXPECT_EQ(Rejected(R"("status":null)"), "missing_status | status: null");
  EXPECT_EQ(Rejected(R"("status":"")"), "missing_status | status: blank");
  EXPECT_EQ(Rejected(R"("status":7)"), "wrong_type | status: a number where a string is expected: '7'");
  EXPECT_EQ(Rejected(R"("status":")" + std::string(65, 'S') + "\""),
            "too_long | status: longer than 64 bytes: '" + std::string(65, 'S') + "'");
  EXPECT_EQ(Rejected(R"("status":")" + std::string(64, '\xFF') + "\"").substr(0, 8), "too_long");
}

TEST(OrderPageTest, OrderTypes) {
  EXPECT_EQ(Taken(R"("order_type":"pickup")").order_type, "pickup");
  for (const char* const none : {"", R"("order_type":null)", R"("order_type":"")", R"("order_type":" ")"}) {
    EXPECT_EQ(Taken(none).order_type, "unknown") << none;
  }
  EXPECT_EQ(Rejected(R"("order_type":1)"),
            "wrong_type | order_type: a number where a string is expected: '1'");
  EXPECT_EQ(Rejected(R"("order_type":")" + std::string(65, 't') + "\"").substr(0, 8), "too_long");
}

TEST(OrderPageTest, Amounts) {
  EXPECT_EQ(Taken(R"("total_amount":12.50)").total_amount, "12.50");
  EXPECT_EQ(Taken(R"("total_amount":" 12.50 ")").total_amount, "12.50");
  EXPECT_EQ(Taken(R"("total_amount":1.25e3)").total_amount, "1250");
  EXPECT_EQ(Taken(R"("total_amount":null)").total_amount, std::nullopt);
  EXPECT_EQ(Taken(R"("total_amount":"")").total_amount, std::nullopt) << "WooCommerce's empty total";
  EXPECT_EQ(Taken(R"("total_amount":" ")").total_amount, std::nullopt);
  EXPECT_EQ(Taken(R"("total_amount":"0")").total_amount, "0");
  EXPECT_EQ(Taken(R"("total_amount":0)").total_amount, "0");
  EXPECT_EQ(Taken("").total_amount, std::nullopt);
  const std::string due =
      " is not a decimal number of 0 or more with at most 15 digits before the point and 9 after it";
  for (const std::string value : {"abc", "NaN", "1,5", "1e999"}) {
    EXPECT_EQ(Rejected(R"("total_amount":")" + value + "\""),
              "bad_amount | total_amount: '" + value + "'" + due);
  }
  for (const std::string value :
       {"NaN", "Infinity", "-Infinity", "1e999", "-5", "1234567890123456789012345678901234567890"}) {
    EXPECT_EQ(Rejected(R"("total_amount":)" + value), "bad_amount | total_amount: '" + value + "'" + due);
  }
  EXPECT_EQ(Rejected(R"("total_amount":)" + std::string(1'000, '9')),
            "bad_amount | total_amount: '" + std::string(80, '9') + "'" + due);
  EXPECT_EQ(Rejected(R"("total_amount":true)"),
            "wrong_type | total_amount: a boolean where a string or a number is expected: 'true'");
  EXPECT_EQ(Rejected(R"("total_amount":{"v":1})"),
            "wrong_type | total_amount: an object where a string or a number is expected: '{\"v\":1}'");
}

TEST(OrderPageTest, Times) {
  EXPECT_EQ(Taken(R"("updated_at":"2025-11-20T17:00:00.000+07:00")").updated_at, kTen);
  EXPECT_EQ(Taken(R"("updated_at":1763632800)").updated_at, kTen);
  EXPECT_EQ(Taken(R"("updated_at":1763632800000)").updated_at, kTen);
  EXPECT_EQ(Taken(R"("updated_at":"1763632800")").updated_at, kTen);
  const std::optional<TimeZone> zone = TimeZone::Find("+07:00");
  ASSERT_TRUE(zone);
  EXPECT_EQ(Parse(Page(R"("updated_at":"2025-11-20T17:00:00")"), *zone).orders.at(0).updated_at, kTen);
  const std::string wanted = ", expected one like 2026-11-20T10:00:00+07:00";
  EXPECT_EQ(Rejected(R"("updated_at":"yesterday")"),
            "bad_time | updated_at: 'yesterday' is not a time" + wanted);
  EXPECT_EQ(Rejected(R"("updated_at":"")"), "bad_time | updated_at: '' is not a time" + wanted);
  EXPECT_EQ(Rejected(R"("updated_at":null)"), "bad_time | updated_at: 'null' is not a time" + wanted);
  EXPECT_EQ(Rejected(R"("updated_at":1e999)"), "bad_time | updated_at: '1e999' is not a time" + wanted);
  EXPECT_EQ(Rejected(R"("updated_at":[2025])"), "bad_time | updated_at: '[2025]' is not a time" + wanted);
  EXPECT_EQ(
      Rejected(R"("updated_at":"20/11/2025")"),
      "bad_time | updated_at: '20/11/2025' has day, month and year in an order that differs from country to "
      "country" +
          wanted);
}

// On 25 October 2026 clocks in Berlin went from 03:00 back to 02:00, at 01:00 UTC.
TEST(OrderPageTest, OfATimeThatHappensTwiceTheLaterThatIsNotAfterTheOmssNow) {
  const std::optional<TimeZone> berlin = TimeZone::Find("Europe/Berlin");
  ASSERT_TRUE(berlin);
  const Timestamp first = Timestamp(std::chrono::sys_days{std::chrono::year{2026} / 10 / 25}) + 10min;
  const std::pair<std::optional<Timestamp>, Timestamp> cases[] = {
      {first + 30s, first},            // in the first pass
      {first + 59min, first + 1h},     // a minute early: within the tolerance
      {first + 58min + 59s, first},    // but no more
      {first + 1h + 30s, first + 1h},  // in the second
      {first + 48h, first + 1h},       // much later
      {std::nullopt, first},           // of an OMS that does not say its time
  };
  for (const auto& [now, expected] : cases) {
    const Result<OrderPage> page =
        ParseOrderPage(Page(R"("updated_at":"2026-10-25 02:10:00")"), *berlin, 10, now);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->orders.at(0).updated_at, expected) << (now ? FormatTime(*now) : "unknown");
    EXPECT_EQ(page->oms_now, now);
  }
}

// The window that is asked for next begins at the newest of them.
TEST(OrderPageTest, TimesThatNoOrderHasAreBad) {
  EXPECT_EQ(Taken(R"("updated_at":20251120)").updated_at, kTen - 10h) << "a date, not August 1970";
  EXPECT_EQ(Taken(R"("updated_at":"202511201000")").updated_at, kTen);
  for (const char* time : {"0", "\"1970-01-01T00:00:00Z\"", "\"2000-12-31T23:59:59Z\"", "\"9999-12-31\"",
                           "\"2201-01-01T00:00:00Z\"", "\"0001-01-01T00:00:00Z\""}) {
    const std::string rejected = Rejected("\"updated_at\":" + std::string(time));
    EXPECT_TRUE(rejected.starts_with("bad_time | ") &&
                rejected.ends_with("' is not in the years 2001 to 2200"))
        << rejected;
  }
  for (const char* time : {"-1", "86400", "999999999", "20251320"}) {
    EXPECT_TRUE(Rejected("\"updated_at\":" + std::string(time)).starts_with("bad_time | ")) << time;
  }
}

TEST(OrderPageTest, Texts) {
  EXPECT_EQ(Taken(R"("customer_id":7)").customer_id, "7");
  EXPECT_EQ(Taken(R"("customer_name":"a\u0000\ud800\u00e9")").customer_name,
            "a\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA9");
  EXPECT_EQ(Taken("\"item_name\":\"\xFF!\"").item_name, "\xEF\xBF\xBD!");
  EXPECT_EQ(Taken(R"("item_name":"")").item_name, "");
  EXPECT_EQ(Taken(R"("item_name":")" + std::string(4'096, 'n') + "\"").item_name, std::string(4'096, 'n'));
  EXPECT_EQ(Rejected(R"("item_name":")" + std::string(4'097, 'n') + "\""),
            "too_long | item_name: longer than 4096 bytes: '" + std::string(80, 'n') + "'");
  EXPECT_EQ(Rejected(R"("customer_name":["a","b"])"),
            "wrong_type | customer_name: an array where a string or a number is expected: '[\"a\",\"b\"]'");
  EXPECT_EQ(Rejected(R"("customer_id":{"a":"b"})").substr(0, 10), "wrong_type");
  EXPECT_EQ(Rejected(R"("item_name":true)").substr(0, 10), "wrong_type");
}

TEST(OrderPageTest, ItemDetails) {
  EXPECT_EQ(Taken(R"("item_detail":"x")").item_detail, "x");
  EXPECT_EQ(Taken(R"("item_detail":null)").item_detail, std::nullopt);
  EXPECT_EQ(Taken(R"("item_detail": [1 , {"a":"\"]"} ] )").item_detail, R"([1 , {"a":"\"]"} ])");
  EXPECT_EQ(Taken("\"item_detail\":{\"a\":\"\xFF\"}").item_detail, "{\"a\":\"\xEF\xBF\xBD\"}");
  EXPECT_EQ(Taken(R"("item_detail":3.50)").item_detail, "3.50");
  const std::string largest = "[\"" + std::string((64u << 10) - 4, 'd') + "\"]";
  EXPECT_EQ(Taken("\"item_detail\":" + largest).item_detail, largest);
  EXPECT_EQ(Rejected("\"item_detail\":[\"" + std::string((64u << 10) - 3, 'd') + "\"]").substr(0, 8),
            "too_long");
  EXPECT_EQ(Rejected("\"item_detail\":\"" + std::string((64u << 10) + 1, 'd') + "\"").substr(0, 8),
            "too_long");
}

TEST(OrderPageTest, UnknownAndRepeatedMembers) {
  EXPECT_EQ(Taken(R"("x":{"order_id":"no","y":[[{"status":[]}]]},"Order_ID":[],"order_id":"last")").order_id,
            "last");
  EXPECT_EQ(Taken(R"("order_id":[1],"order_id":"last")").order_id, "last");
  EXPECT_EQ(Rejected(R"("order_id":"first","order_id":[1])").substr(0, 10), "wrong_type");
  EXPECT_EQ(Taken(R"("\u006frder_id":"escaped")").order_id, "escaped");
}

TEST(OrderPageTest, OneRowsMembersDoNotReachTheNext) {
  const OrderPage page = Parse(
      R"({"data":[{"order_id":1,"status":"A","updated_at":1763632800,"item_name":"x","total_amount":5},{"order_id":2,"status":"B","updated_at":1763632800}]})");
  ASSERT_EQ(page.orders.size(), 2u);
  EXPECT_EQ(page.orders[1].item_name, std::nullopt);
  EXPECT_EQ(page.orders[1].total_amount, std::nullopt);
}

TEST(OrderPageTest, BadRowsDoNotSpread) {
  const std::string good = R"({"order_id":"A","status":"S","updated_at":1763632800})";
  const std::string bad[] = {"null",
                             "7",
                             "\"te\\u0000xt\"",
                             "[ {\"order_id\": 1} ]",
                             "[]",
                             R"({"order_id":"B","status":"S","updated_at":NaN})"};
  std::string body = R"({"data":[)";
  for (const std::string& row : bad) body += good + " , " + row + ",";
  const OrderPage page = Parse(body + good + "]}");
  EXPECT_EQ(page.rows, 13u);
  EXPECT_EQ(page.orders.size(), 7u);
  ASSERT_EQ(page.rejected.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(page.rejected[i].payload, bad[i]);
  EXPECT_EQ(page.rejected[0].detail, "row: null where an object is expected: 'null'");
  EXPECT_EQ(page.rejected[3].detail, "row: an array where an object is expected: '[ {\"order_id\": 1} ]'");
  EXPECT_EQ(page.rejected[3].reason, RejectReason::kWrongType);
  EXPECT_EQ(page.rejected[5].reason, RejectReason::kBadTime);
}

TEST(OrderPageTest, PayloadIsCutAndClean) {
  std::string row = R"({"order_id":"A","status":"S","updated_at":1763632800,"item_name":")";
  while (row.size() < 10u << 20) row += "é";
  row += "\xFF\"}";
  const OrderPage page = Parse(R"({"data":[)" + row + "]}");
  ASSERT_EQ(page.rejected.size(), 1u);
  EXPECT_EQ(page.rejected[0].reason, RejectReason::kTooLong);
  const std::string& payload = page.rejected[0].payload;
  EXPECT_LE(payload.size(), 64u << 10);
  EXPECT_GE(payload.size(), (64u << 10) - 1);
  EXPECT_EQ(payload, row.substr(0, payload.size()));
  EXPECT_TRUE(IsCleanUtf8(payload));
}

TEST(OrderPageTest, ExcerptsAreShortAndClean) {
  std::string value;
  for (int i = 0; i < 100; ++i) value += "\\n\xE2\x82\xAC\xFF";
  const OrderPage page = Parse(Page("\"total_amount\":\"" + value + "\""));
  ASSERT_EQ(page.rejected.size(), 1u);
  const std::string& detail = page.rejected[0].detail;
  EXPECT_TRUE(IsCleanUtf8(detail));
  EXPECT_EQ(detail.find('\n'), std::string::npos);
  const std::size_t begin = detail.find('\'') + 1;
  EXPECT_LE(detail.rfind('\'') - begin, 80u);
}

// Whatever comes: an answer or an error, and every text fit for the database.
void ExpectFit(const OrderPage& page) {
  ASSERT_EQ(page.rows, page.orders.size() + page.rejected.size());
  for (const Order& order : page.orders) {
    ASSERT_TRUE(!order.order_id.empty() && order.order_id.size() <= kMaxOrderIdBytes &&
                IsCleanUtf8(order.order_id));
    ASSERT_TRUE(!order.status.empty() && order.status.size() <= kMaxLabelBytes && IsCleanUtf8(order.status));
    ASSERT_TRUE(!order.order_type.empty() && order.order_type.size() <= kMaxLabelBytes &&
                IsCleanUtf8(order.order_type));
    for (const auto* const text : {&order.customer_id, &order.customer_name, &order.item_name}) {
      ASSERT_TRUE(!*text || ((*text)->size() <= kMaxTextBytes && IsCleanUtf8(**text)));
    }
    ASSERT_TRUE(!order.item_detail ||
                (order.item_detail->size() <= kMaxItemDetailBytes && IsCleanUtf8(*order.item_detail)));
  }
  for (const RejectedRow& row : page.rejected) {
    ASSERT_TRUE(IsCleanUtf8(row.payload) && row.payload.size() <= kMaxPayloadBytes);
    ASSERT_TRUE(IsCleanUtf8(row.detail) && row.detail.size() <= 512) << row.detail;
  }
  for (const auto& [status, count] : page.status_counts) {
    ASSERT_TRUE(!status.empty() && status.size() <= kMaxLabelBytes && IsCleanUtf8(status));
    ASSERT_GE(count, 0);
  }
}

TEST(OrderPageTest, DamagedAnswersNeverCrash) {
  const std::string good =
      R"({"total":2,"statusCounts":{"PENDING":1,"DONE":2},"data":[{"order_id":"A-1","customer_id":7,"customer_name":"Văn \ud83d\ude00","status":"PENDING",)"
      R"("order_type":"delivery","total_amount":"12.50","updated_at":"2025-11-20T10:00:00.123+07:00","item_name":"x","item_detail":{"a":[1,"\n"]}},)"
      R"({"order_id":42,"status":"DONE","total_amount":1.5e2,"updated_at":1763632800123,"item_detail":null,"x":[[{}]]}]})";
  static constexpr std::string_view kBytes = "{}[]\",:\\0123456789.eE+-tfnuINa \n";
  std::mt19937 random(20261120);
  int pages = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string body = good;
    for (int times = 1 + static_cast<int>(random() % 4); times > 0 && !body.empty(); --times) {
      const std::size_t at = random() % body.size();
      switch (random() % 5) {
        case 0: body[at] = static_cast<char>(random()); break;
        case 1: body[at] = kBytes[random() % kBytes.size()]; break;
        case 2: body.insert(at, 1 + random() % 40, kBytes[random() % kBytes.size()]); break;
        case 3: body.erase(at, 1 + random() % 10); break;
        default:
          if (random() % 4 == 0) body.resize(at);
          break;
      }
    }
    const Result<OrderPage> page = ParseOrderPage(body, {});
    if (page) {
      ++pages;
      ASSERT_NO_FATAL_FAILURE(ExpectFit(*page)) << body;
    } else {
      ASSERT_TRUE(IsCleanUtf8(page.error().message)) << body;
    }
  }
  EXPECT_GT(pages, 1'000) << "too few answers stayed JSON to test the mapping";
}

}  // namespace
}  // namespace o2o
