// SPDX-License-Identifier: Apache-2.0
#include "mapping/vendor_codes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "unit/mapping/mapped.h"

namespace o2o {
namespace {

using Codes = VendorCodes::Codes;

// More rows than a mapping keeps by default (MappingOptions): codes V0 to V11, each with `more`.
std::string TwelveRows(const std::string& more = "") {
  std::string rows;
  for (int i = 0; i < 12; ++i)
    rows += std::string(rows.empty() ? "" : ",") + "{\"Vendor Code\":\"V" + std::to_string(i) + "\",\"n\":1" +
            more + "}";
  return "[" + rows + "]";
}

Codes Twelve() {
  Codes codes;
  for (int i = 0; i < 12; ++i) codes.insert("V" + std::to_string(i));
  return codes;
}

VendorCodes Vendors(const MetricConfig& metric, const std::string& body) {
  const Mapped mapped = MapWhole(AnyShape({metric}), body);
  EXPECT_EQ(mapped.report.rejected_rows.size(), 0u) << mapped.lines;
  return mapped.report.vendors;
}

TEST(VendorCodesTest, AreTheColumnsOfThatNameHoweverItIsSpelled) {
  for (const char* column : {"vendor_code", "Vendor Code", "VENDORCODE", "vendorCode", "vendor code"})
    EXPECT_TRUE(IsVendorCode(column)) << column;
  for (const char* column : {"", "vendor", "code", "vendor_codes", "../vendor_code", "vendor-code"})
    EXPECT_FALSE(IsVendorCode(column)) << column;
}

TEST(VendorCodesTest, AreThoseOfTheRowsEachOnce) {
  const VendorCodes vendors =
      Vendors(Gauge("n", "n", {{"row", "row"}}),
              R"([{"vendor_code":"V2","n":1,"row":1},{"Vendor Code":"V1","n":1,"row":2},)"
              R"({"vendor_code":"V1","n":1,"row":3},{"vendor_code":7,"n":1,"row":4},)"
              R"({"vendor_code":null,"n":1,"row":5},{"vendor_code":"","n":1,"row":6},)"
              R"({"in":{"vendor_code":"V9"},"n":1,"row":7},{"vendor_code":{"x":"V8"},"n":1,"row":8},)"
              R"({"note":"vendor_code","n":1,"row":9}])");
  EXPECT_EQ(vendors.codes, (Codes{"7", "V1", "V2"}));
  EXPECT_TRUE(vendors.complete);
}

TEST(VendorCodesTest, AreWholeWhereEachRowIsASeriesThatNamesItsVendor) {
  const VendorCodes vendors = Vendors(Gauge("n", "n", {{"vendor_code", "Vendor Code"}}), TwelveRows());
  EXPECT_EQ(vendors.codes, Twelve());
  EXPECT_TRUE(vendors.complete);
}

TEST(VendorCodesTest, MayNotBeAllWhereTheMappingLeavesRowsOut) {
  MetricConfig metric = Gauge("n", "n", {{"vendor_code", "Vendor Code"}});
  metric.where.push_back({"Vendor Code", {"V11"}, {}});
  const VendorCodes vendors = Vendors(metric, TwelveRows());
  Codes kept = Twelve();
  kept.erase("V10");  // the 11th row: neither kept nor published
  EXPECT_EQ(vendors.codes, kept);
  EXPECT_FALSE(vendors.complete);
}

TEST(VendorCodesTest, MayNotBeAllWhereNoSeriesNamesVendors) {
  MetricConfig metric = Gauge("n", "n");
  metric.aggregate = Aggregate::kSum;
  const VendorCodes vendors = Vendors(metric, TwelveRows());
  EXPECT_EQ(vendors.codes.size(), 10u);
  EXPECT_FALSE(vendors.complete);
}

TEST(VendorCodesTest, AreNoneAndAllWhereNoRowNamesOne) {
  MetricConfig metric = Gauge("n", "n");
  metric.aggregate = Aggregate::kSum;
  std::string body = TwelveRows();
  for (std::size_t at = body.find("Vendor Code"); at != std::string::npos; at = body.find("Vendor Code"))
    body.replace(at, 11, "shop");
  const VendorCodes vendors = Vendors(metric, body);
  EXPECT_EQ(vendors.codes, Codes());
  EXPECT_TRUE(vendors.complete);
}

TEST(VendorCodesTest, OfSamplesAreTheirLabelOfThatName) {
  VendorCodes vendors;
  vendors.codes = {"V0"};
  Family family{{"o2o_g", MetricType::kGauge, {"a", "vendor_code"}, "G."},
                {{{"V7", "V1"}, "1"}, {{"x", "V1"}, "1"}, {{"y", ""}, "1"}},
                {},
                {}};
  AddPublishedVendors(vendors, 1, 3, {family});
  EXPECT_EQ(vendors.codes, (Codes{"V0", "V1"}));
  EXPECT_TRUE(vendors.complete);  // three rows, three series
}

}  // namespace
}  // namespace o2o
