// SPDX-License-Identifier: Apache-2.0
#include "mapping/decimal.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

std::string Text(std::string_view number) {
  const std::optional<Decimal> decimal = ParseDecimal(number);
  return decimal ? FormatDecimal(decimal->units, decimal->scale) : "none";
}

TEST(DecimalTest, DigitsStay) {
  for (const std::string_view number : {"0", "7", "-7", "12.50", "0.05", "-0.05", "123456789012345678",
                                        "0.123456789012345678", "-999999999999999999"}) {
    EXPECT_EQ(Text(number), number);
  }
  EXPECT_EQ(Text("0.00"), "0.00");
  EXPECT_EQ(Text("-0"), "0");
}

TEST(DecimalTest, ExponentsMoveThePoint) {
  EXPECT_EQ(Text("1.25e3"), "1250");
  EXPECT_EQ(Text("1.25E+1"), "12.5");
  EXPECT_EQ(Text("1.25e-3"), "0.00125");
  EXPECT_EQ(Text("1e17"), "100000000000000000");
  EXPECT_EQ(Text("0e99999999999"), "0");
}

TEST(DecimalTest, MoreThanEighteenDigitsAreNotADecimal) {
  EXPECT_EQ(Text("1234567890123456789"), "none");
  EXPECT_EQ(Text("1e18"), "none");
  EXPECT_EQ(Text("1e-19"), "none");
  EXPECT_EQ(Text("1e99999999999999999999"), "none");
  EXPECT_EQ(Text("00000000000000000000000.5"), "0.5") << "zeros in front do not count";
}

TEST(DecimalTest, ComparesExactly) {
  const std::string_view rising[] = {"-1e999",
                                     "-9007199254740993",
                                     "-9007199254740992",
                                     "-0.1",
                                     "0",
                                     "1e-999",
                                     "0.1",
                                     "0.10000000000000000000000000000000000001",
                                     "1",
                                     "9007199254740992",
                                     "9007199254740993",
                                     "9007199254740993.1",
                                     "18446744073709551615",
                                     "18446744073709551616",
                                     "1e20",
                                     "1e999",
                                     "2e999"};
  for (std::size_t i = 0; i < std::size(rising); ++i) {
    for (std::size_t j = 0; j < std::size(rising); ++j) {
      const int order = CompareNumbers(rising[i], rising[j]);
      EXPECT_EQ(order < 0, i < j) << rising[i] << " " << rising[j];
      EXPECT_EQ(order == 0, i == j) << rising[i] << " " << rising[j];
    }
  }
  EXPECT_EQ(CompareNumbers("1.50", "15e-1"), 0);
  EXPECT_EQ(CompareNumbers("-0", "0.00"), 0);
  EXPECT_EQ(CompareNumbers("100000000000000000000", "1e20"), 0);
}

std::string SumOf(const std::vector<std::string>& numbers) {
  Sum sum;
  for (const std::string& number : numbers) sum.Add(number);
  return sum.Text();
}

TEST(SumTest, DecimalsAreSummedExactly) {
  EXPECT_EQ(SumOf({"0.1", "0.2"}), "0.3");
  EXPECT_EQ(SumOf({"0.10", "0.20"}), "0.30");
  EXPECT_EQ(SumOf({"9007199254740993", "2"}), "9007199254740995");
  EXPECT_EQ(SumOf({"999999999999999999", "0.000000000000000001"}), "999999999999999999.000000000000000001");
  EXPECT_EQ(SumOf({"1.5", "-1.5"}), "0.0");
  EXPECT_EQ(SumOf(std::vector<std::string>(10'000, "0.01")), "100.00");
}

TEST(SumTest, OtherwiseItIsThatOfDoubles) {
  EXPECT_EQ(SumOf({"1e30", "1", "-1e30"}), "0") << "of doubles";
  EXPECT_EQ(std::stod(SumOf({"0.5", "1234567890123456789012"})), 1234567890123456789012.5);
  // A sum that outgrows 37 digits.
  EXPECT_EQ(SumOf({"0.000000000000000001", "999999999999999999", "0.5"}),
            "999999999999999999.500000000000000001");
  std::vector<std::string> many(200, "999999999999999999");
  many.push_back("0.000000000000000001");
  EXPECT_EQ(SumOf(many), "2e+20");
}

TEST(SumTest, AverageIsADouble) {
  Sum sum;
  sum.Add("1");
  sum.Add("2");
  EXPECT_EQ(sum.Average(), "1.5");
  sum.Add("2");
  EXPECT_EQ(sum.Average(), "1.6666666666666667");
}

TEST(SumTest, SumsAreAddedAsTheirNumbersWouldBe) {
  const auto added = [](const std::vector<std::string>& first, const std::vector<std::string>& second) {
    Sum sum, more;
    for (const std::string& number : first) sum.Add(number);
    for (const std::string& number : second) more.Add(number);
    sum.Add(more);
    return std::pair(sum.Text(), sum.Average());
  };
  EXPECT_EQ(added({"1", "2.5"}, {"0.25", "0.25"}), std::pair(std::string("4.00"), std::string("1")));
  EXPECT_EQ(added({"0.25"}, {"1", "2"}), std::pair(std::string("3.25"), std::string("1.0833333333333333")));
  EXPECT_EQ(added({}, {"7"}), std::pair(std::string("7"), std::string("7")));
  EXPECT_EQ(added({"1"}, {"1e30", "1"}).first, "1e+30");
  EXPECT_EQ(added({"1e30"}, {"1"}).first, "1e+30");
  const std::vector<std::string> many(200, "999999999999999999");
  EXPECT_EQ(added({"0.000000000000000001"}, many).first, "2e+20") << "more than 37 digits";
}

TEST(ProductTest, IsExactWhereBothAreDecimals) {
  EXPECT_EQ(Product("1999", "0.01"), "19.99");
  EXPECT_EQ(Product("1900", "0.01"), "19");
  EXPECT_EQ(Product("-12.50", "2"), "-25");
  EXPECT_EQ(Product("0", "0.01"), "0");
  EXPECT_EQ(Product("1e3", "1e-3"), "1");
  EXPECT_EQ(Product("999999999999999999", "999999999999999999"), "999999999999999998000000000000000001");
  EXPECT_EQ(Product("3", Decimal{1'152'921'504'606'846'976, 0}), "3458764513820540928");
}

TEST(ProductTest, ElseThatOfDoubles) {
  const std::optional<std::string> product = Product("1234567890123456789", "1000");
  ASSERT_TRUE(product);
  EXPECT_EQ(std::stod(*product), 1234567890123456789e3);
  EXPECT_EQ(Product("1e308", "10"), std::nullopt);
  EXPECT_EQ(Product("1e-300", "1e-300"), "0");
}

}  // namespace
}  // namespace o2o
