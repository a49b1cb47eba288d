// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/mapping_config.h"
#include "json/json_reader.h"
#include "mapping/row_records.h"

// What people read of a row that gave a metric nothing: "left: column `Count`: missing, so there is no
// value".
namespace o2o {

std::string NoValueText(const MetricConfig& metric, const Cell& cell, std::string_view text);
// `problem`: what is wrong with the value, said behind it.
std::string BadValueText(const MetricConfig& metric, const Cell& cell, std::string_view text,
                         const std::string& problem);
std::string BelowZeroText(const MetricConfig& metric, std::string_view number);
// Of the column by which the newest row is picked.
std::string NoTimeText(const MetricConfig& metric, const Cell& cell, std::string_view text);
std::string SameLabelsText(const MetricConfig& metric, std::size_t earlier, std::size_t here);

}  // namespace o2o
