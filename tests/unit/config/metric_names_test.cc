// SPDX-License-Identifier: Apache-2.0
#include "config/metric_names.h"

#include <gtest/gtest.h>

#include <string>

namespace o2o {
namespace {

TEST(MetricNamesTest, UserNamesMayBeginLikeOurs) {
  for (const char* name :
       {"o2o_orders_lost", "vendor_online", "process_orders", "go_x", "flag_count", "flag_sum"}) {
    EXPECT_EQ(MetricNameProblem(name), std::nullopt) << name;
    EXPECT_EQ(MetricTypeProblem(name, MetricType::kGauge), std::nullopt) << name;
  }
  EXPECT_EQ(MetricTypeProblem("flags_total", MetricType::kCounter), std::nullopt);
}

TEST(MetricNamesTest, OtherNamesAreRefused) {
  for (const char* name : {"", "1a", "a-b", "a b", "a:b", "__a", "up", "scrape_x", "ALERTS", "\xC3\xA9"}) {
    EXPECT_NE(MetricNameProblem(name), std::nullopt) << name;
  }
  EXPECT_NE(MetricNameProblem(std::string(201, 'a')), std::nullopt);
  for (const char* name : {"", "1a", "a-b", "a:b", "__a", "le"})
    EXPECT_NE(LabelNameProblem(name), std::nullopt) << name;
  for (const char* name :
       {"process_threads", "o2o_order_duration_seconds_bucket", "o2o_order_duration_seconds"}) {
    EXPECT_NE(MetricTypeProblem(name, MetricType::kGauge), std::nullopt) << name;
  }
  for (const char* name : {"_total", "flags", "o2o_orders_open_total", "process_cpu_seconds_total"}) {
    EXPECT_NE(MetricTypeProblem(name, MetricType::kCounter), std::nullopt) << name;
  }
}

TEST(MetricNamesTest, PrometheusGivesTargetsSuchLabelsItself) {
  for (const char* name : {"job", "instance", "env", "region", "zone", "cluster", "service", "stage", "owner",
                           "customer", "quantile", "type"}) {
    EXPECT_TRUE(IsTargetLabel(name)) << name;
  }
  EXPECT_FALSE(IsTargetLabel("vendor_code"));
}

}  // namespace
}  // namespace o2o
