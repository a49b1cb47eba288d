// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mapping/answer_mapper.h"

// A mapping and what comes of it, for tests.
namespace o2o {

inline MetricConfig Gauge(std::string name, std::string value_column, std::vector<LabelFrom> labels = {}) {
  MetricConfig metric;
  metric.name = std::move(name);
  metric.help = "Help.";
  metric.labels = std::move(labels);
  metric.value_column = std::move(value_column);
  return metric;
}

inline MappingConfig AnyShape(std::vector<MetricConfig> metrics, RowsConfig rows = {}) {
  MappingConfig config;
  config.rows = std::move(rows);
  config.rows.shape = RowShape::kAny;
  config.metrics = std::move(metrics);
  return config;
}

struct Mapped {
  std::string lines;  // or the error
  MappingReport report;
};

inline Mapped MapPieces(const MappingConfig& config, std::string_view body, std::size_t piece_bytes) {
  AnswerMapper mapper(config);
  Result<void> fed;
  for (std::size_t at = 0; at < body.size() && fed; at += piece_bytes)
    fed = mapper.Feed(std::string(body.substr(at, piece_bytes)));
  Result<Mapping> mapping = mapper.Finish();
  Mapped mapped;
  if (!mapping) {
    mapped.lines = std::string(Name(mapping.error().code)) + ": " + mapping.error().message;
    mapped.report = mapper.report();
    return mapped;
  }
  for (Family& family : mapping->families) mapped.lines += Render(std::move(family))->samples;
  mapped.report = std::move(mapping->report);
  return mapped;
}

// Whole, and held against the same in pieces.
inline Mapped MapWhole(const MappingConfig& config, std::string_view body) {
  Mapped mapped = MapPieces(config, body, std::max<std::size_t>(1, body.size()));
  for (const std::size_t bytes : {1, 3, 16}) {
    const Mapped again = MapPieces(config, body, bytes);
    EXPECT_EQ(again.lines, mapped.lines) << bytes;
    EXPECT_EQ(again.report.sample_rows, mapped.report.sample_rows) << bytes;
    EXPECT_EQ(again.report.notes, mapped.report.notes) << bytes;
    EXPECT_EQ(again.report.rejected, mapped.report.rejected) << bytes;
    EXPECT_EQ(again.report.repaired, mapped.report.repaired) << bytes;
  }
  return mapped;
}

inline std::uint64_t RejectedFor(const MappingReport& report, RowReason reason) {
  return report.rejected[static_cast<std::size_t>(reason)].second;
}

inline std::uint64_t RepairedAs(const MappingReport& report, RowRepair repair) {
  return report.repaired[static_cast<std::size_t>(repair)].second;
}

}  // namespace o2o
