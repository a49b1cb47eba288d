// SPDX-License-Identifier: Apache-2.0
#include "app/store_health.h"

#include <gtest/gtest.h>

#include <sstream>

#include "unit/app/logged.h"
#include "unit/metrics/exposition_text.h"

namespace o2o {
namespace {

using Side = StoreHealth::Side;

class StoreHealthTest : public ::testing::Test {
 protected:
  void Fails(Side side, const std::string& message) {
    const Error error{ErrorCode::kStore, message};
    health_.Report(side, &error);
  }
  void Works(Side side) { health_.Report(side, nullptr); }

  // The messages and levels that `report` logs.
  template <typename Report>
  static std::string Logged(Report report) {
    std::string lines;
    std::istringstream all(testing::Logged(report));
    for (std::string line; std::getline(all, line);) lines += line.substr(line.find("level=")) + "\n";
    return lines;
  }

  ExporterMetrics metrics_;
  StoreHealth health_{metrics_};
};

TEST_F(StoreHealthTest, IsDownUntilItWasTried) {
  EXPECT_FALSE(health_.state().up);
  EXPECT_EQ(health_.state().error, "");
  Works(Side::kWatermark);
  EXPECT_TRUE(health_.state().up);
}

// A reload replaced it while its connection hung: what it says by then is said of the past.
TEST_F(StoreHealthTest, OneThatWasRetiredLeavesTheMetricToItsSuccessor) {
  StoreHealth successor(metrics_);
  successor.Report(Side::kRead, nullptr);
  health_.Retire();
  Fails(Side::kWrite, "interrupted");
  EXPECT_EQ(testing::ValueOf(testing::TextOf(metrics_), "o2o_store_up"), 1);
}

TEST_F(StoreHealthTest, EachSideThatFailsIsDownWithItsOwnError) {
  for (const Side side : {Side::kRead, Side::kWatermark, Side::kWrite}) {
    Fails(side, "this side");
    EXPECT_FALSE(health_.state().up);
    EXPECT_EQ(health_.state().error, "this side");
    Works(side);
    EXPECT_TRUE(health_.state().up);
    EXPECT_EQ(health_.state().error, "");
  }
}

TEST_F(StoreHealthTest, OneSideThatWorksDoesNotHideAnotherThatDoesNot) {
  Fails(Side::kWrite, "disk full");
  Works(Side::kRead);
  Works(Side::kWatermark);
  EXPECT_FALSE(health_.state().up);
  EXPECT_EQ(health_.state().error, "disk full");
}

TEST_F(StoreHealthTest, OnlyChangesAreLogged) {
  EXPECT_EQ(Logged([&] { Works(Side::kRead); }), "level=info msg=\"store connected\"\n");
  EXPECT_EQ(Logged([&] { Works(Side::kWrite); }), "");
  EXPECT_EQ(Logged([&] { Fails(Side::kWrite, "full"); }),
            "level=error msg=\"store down\" side=write error=full\n");
  EXPECT_EQ(Logged([&] { Fails(Side::kRead, "gone"); }), "");
  EXPECT_EQ(Logged([&] { Works(Side::kRead); }), "");
  EXPECT_EQ(Logged([&] { Works(Side::kWrite); }), "level=info msg=\"store recovered\"\n");
}

TEST_F(StoreHealthTest, AStoreThatWasNeverUpIsLoggedAsDownOnce) {
  EXPECT_EQ(Logged([&] { Fails(Side::kWatermark, "refused"); }),
            "level=error msg=\"store down\" side=watermark error=refused\n");
  EXPECT_EQ(Logged([&] { Fails(Side::kWatermark, "refused"); }), "");
  EXPECT_EQ(Logged([&] { Works(Side::kWatermark); }), "level=info msg=\"store recovered\"\n");
}

// Orders that cannot be taken in are the graver trouble, and a full disk says more than a read that hangs
// behind it.
TEST_F(StoreHealthTest, OfSeveralSidesTheWriterIsBlamedThenTheWatermark) {
  Fails(Side::kRead, "read");
  Fails(Side::kWatermark, "watermark");
  EXPECT_EQ(health_.state().error, "watermark");
  Fails(Side::kWrite, "write");
  EXPECT_EQ(health_.state().error, "write");
  Works(Side::kWrite);
  EXPECT_EQ(health_.state().error, "watermark");
  Works(Side::kWatermark);
  EXPECT_EQ(health_.state().error, "read");
}

}  // namespace
}  // namespace o2o
