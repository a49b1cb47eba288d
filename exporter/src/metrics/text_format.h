// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metrics/metric_desc.h"

// The words of the exposition format: escaping, numbers, header lines. Whatever texts come in, what is
// appended stays parseable.
namespace o2o {

enum class ExpositionFormat {
  kText,         // Prometheus text 0.0.4
  kOpenMetrics,  // OpenMetrics 1.0
};

// `value` between the quotes of a label; takes any bytes, and repairs (RepairUtf8) what is not valid text.
void AppendLabelValue(std::string& out, std::string_view value);

// Text that reads back as the same number: whole numbers (up to 2^53) in full, others in the fewest digits;
// NaN, +Inf, -Inf as Prometheus spells them.
std::string FormatValue(double value);
std::string FormatValue(std::int64_t value);

// The upper bound of a bucket. Always written as a decimal number ("1.0", "0.005", "+Inf"), since OpenMetrics
// wants it so, and since a series must not be another one when a scraper changes the format.
std::string FormatBound(double bound);

// # HELP and # TYPE. OpenMetrics names counters without _total, and knows no counter without it (that one
// becomes `unknown`).
std::string FamilyHeader(const MetricDesc& desc, ExpositionFormat format);

// "gauge", "counter", "histogram".
std::string_view Name(MetricType type);

}  // namespace o2o
