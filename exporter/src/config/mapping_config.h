// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time_zone.h"
#include "metrics/metric_desc.h"

// How rows of an answer become series: what a user writes under `rows` and `metrics`, for every kind of
// source that has rows.
namespace o2o {

// What a sample's value is taken from.
enum class Aggregate { kNone, kCount, kSum, kMin, kMax, kAvg };

// What happens where two rows give the same label set and nothing aggregates them. Each such row is counted.
// kError publishes none of them.
enum class DuplicatePolicy { kError, kFirst, kLast, kSum, kMax };

// How a column's text is read as a number.
enum class ValueUnit {
  kNumber,  // 12, "1,234.50"; "12%" is 0.12; true and false are 1 and 0
  kBytes,   // "1000 MB" is 1e9, "1 MiB" is 1048576; a bare number is bytes
  kTime,    // a time as ReadTime takes it, as epoch seconds
};

// The mark before the fraction of a number in a text.
enum class DecimalMark { kPoint, kComma };

// What the answers of a kind look like.
enum class RowShape {
  kList,  // the answer is the list of rows, each with every column: anything else is refused
  kAny,   // rows may lie anywhere, may be the members of an object, and may lack columns
};

// What is at the pointer.
enum class RowsAre {
  kRows,   // the rows: elements of an array, or members of an object
  kRow,    // the one row itself
  kPairs,  // an array of objects, whose members are the rows
};

struct RowsConfig {
  RowShape shape = RowShape::kList;
  std::string pointer;              // JSON Pointer (RFC 6901) to the rows; empty: the whole answer
  std::vector<std::string> nested;  // where inside a row the rows of the next level are, from the outside in;
                                    // the innermost are the rows, outer columns are "../"
  RowsAre is = RowsAre::kRows;
  std::string pivot = {};  // of a metric's
  bool lines = false;      // the answer is one JSON text a line, whose lines are the rows

  bool operator==(const RowsConfig&) const = default;
};

// Begins the column of a label that is not of the row, but by JSON Pointer of the whole answer.
inline constexpr std::string_view kDocumentColumn = "$/";
// Of a label, where columns are pivoted: the name of the column.
inline constexpr std::string_view kColumnColumn = "$column";

struct LabelFrom {
  std::string label;
  std::string column;  // of the row; "/a/b" by JSON Pointer; "../NAME" a column of the row's parent where
                       // rows are nested; "$key" a member's key, "$index" an element's place;
                       // "$/a/b" by JSON Pointer of the whole answer
};

// What a row must have in a column to count. Texts are compared without blanks around them and without regard
// to case, numbers of JSON as numbers; "" is what is null, missing or blank, "today" also a time of today.
struct RowFilter {
  std::string column;
  std::vector<std::string> in{};      // one of these; none given: any
  std::vector<std::string> not_in{};  // and none of these
  // Number texts. What is not a number is neither above nor below any.
  std::optional<std::string> gt{}, ge{}, lt{}, le{};
  std::optional<std::string> regex{};  // a TextPattern
};

// Of a histogram whose rows are its buckets.
struct HistogramColumns {
  std::string le;           // the column of the upper bound
  bool cumulative = false;  // a bucket's count holds those of all lower ones
  std::string sum;          // the column of the sum of the bucket's values; empty: not known
};

struct MetricConfig {
  std::string name;
  MetricType type = MetricType::kGauge;  // gauge or counter; a histogram has `histogram`
  std::string help;
  std::vector<LabelFrom> labels;
  std::vector<std::pair<std::string, std::string>> static_labels;
  std::vector<RowFilter> where;  // all must hold
  std::string value_column;      // empty only with Aggregate::kCount; "$value" of an object of scalars
  Aggregate aggregate = Aggregate::kNone;
  ValueUnit unit = ValueUnit::kNumber;
  std::optional<std::string> scale;  // number text: what a number of the column is multiplied by
  DecimalMark decimal = DecimalMark::kPoint;
  TimeZone timezone;  // of times without one, and of "today"
  // Text of the column (without blanks around it; as it is, then without regard to case) to number text.
  std::map<std::string, std::string> value_map;
  std::optional<std::string> rest_value;  // number text for every other text or number
  std::optional<std::string> null_value;  // number text for a missing or null value
  bool skip_null = false;                 // else: such a row is normal, and not counted as rejected
  std::string newest_column;  // of rows with equal labels only the one counts whose time is newest
  DuplicatePolicy on_duplicate = DuplicatePolicy::kError;
  std::string pivot = {};  // a TextPattern: each column that matches gives a sample; its name is $column, its
                           // value $value
  std::optional<HistogramColumns> histogram = std::nullopt;
  std::optional<RowsConfig> rows = std::nullopt;  // its own, instead of the source's
};

// Ceilings of one source. Beyond them the poll fails (kTooLarge), except the label length, which rejects the
// row.
struct RowCeilings {
  std::size_t max_rows = 1'000'000;
  std::size_t max_series = 500'000;
  std::size_t max_label_bytes = 1'024;
  std::uint64_t max_published_bytes = 64u << 20;  // of labels and values, of all series
};

struct MappingConfig {
  RowsConfig rows;
  std::vector<MetricConfig> metrics;
  RowCeilings ceilings;
};

}  // namespace o2o
