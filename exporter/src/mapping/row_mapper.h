// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/mapping_config.h"
#include "mapping/row_reason.h"
#include "metrics/snapshot.h"

namespace o2o {

// How much of the answer is kept for people.
struct MappingOptions {
  std::size_t sample_rows = 10;
  std::size_t rejected_rows = 10;
  std::size_t max_row_bytes = 4'096;  // of a kept row; a longer sample is left out, a longer rejected row cut
  std::size_t max_kept_bytes = 1u << 20;  // of all samples
  std::optional<Timestamp> now{};         // when the rows are from; none: when the mapping begins
};

struct RejectedRowSample {
  RowReason reason = RowReason::kBadValue;
  std::string message;  // "vendor_products: column `Count`: 'many' is not a number"
  std::string row;      // as it came, but clean UTF-8; cut at max_row_bytes
};

// What a poll's mapping saw, for metrics, `probe` and the pages.
struct MappingReport {
  std::uint64_t rows = 0;  // innermost ones, the rejected among them
  std::uint64_t series = 0;
  // Rows by reason, all reasons in their order; a row counts once for each reason for which some metric got
  // nothing from it.
  std::vector<std::pair<std::string, std::uint64_t>> rejected;
  std::vector<std::pair<std::string, std::uint64_t>> repaired;  // all RowRepairs, in their order
  std::uint64_t filtered = 0;                                   // samples left out by `where`
  std::uint64_t skipped = 0;                                    // samples left out by `null: skip`
  std::uint64_t published_bytes = 0;                            // of labels and values
  std::vector<std::string> filtered_metrics;                    // those of which `where` left out every row
  std::vector<std::string> columns;  // of the innermost rows, as they came; the first few hundred
  std::vector<std::string>
      notes;  // "column `vendor_code` not in the answer, there is `Vendor Code`, which is taken"
  std::vector<std::string>
      sample_rows;  // the first rows, each a JSON object (clean UTF-8, no NaN); $key and $value are members
  std::vector<RejectedRowSample> rejected_rows;
  VendorCodes vendors;
};

struct Mapping {
  std::vector<Family>
      families;  // one per metric, in the order of the configuration; metrics of one name share one
  MappingReport report;
};

// What a key of SeriesTable that has placeholders becomes at the end of a page.
using KeyResolver = std::function<std::string(std::string_view)>;

// Turns a JSON body, fed in pieces of any size, into samples; or several, the pages of one answer. Keeps one
// row at a time (with nested rows one outermost row), and of it only the columns that some metric needs;
// besides that the series.
//
//   RowMapper mapper(config);
//   for each piece: if (Result<void> fed = mapper.Feed(piece); !fed) stop
//   of pages: mapper.EndPage(), and before the next one mapper.BeginPage()
//   Result<Mapping> mapping = mapper.Finish();  // once, also after an error, which it returns again
//
// Errors: kBadJson (also a body that ends in the middle), kBadShape (no rows where they are expected, or a
// column that none of the rows has; of RowShape::kAny one of a value without a default), kTooLarge (a
// ceiling, named with its key), kConfig (a mapping that the loader should have refused).
//
// Rows are the elements of an array. Where a column is `$key` or `$value` they are the members of an object
// instead: objects, and with `$value` scalars too. With RowShape::kAny they may be the members of an object
// anyway, of which some are objects. Columns match exactly first, then without regard to case,
// blanks and underscores. A row that gives one metric nothing is rejected for that metric alone. One thread
// at a time.
class RowMapper {
 public:
  // `resolve` is asked at the end of each page for the metrics that have a Placeholder().
  explicit RowMapper(MappingConfig config, MappingOptions options = {}, KeyResolver resolve = {});
  ~RowMapper();
  RowMapper(const RowMapper&) = delete;
  RowMapper& operator=(const RowMapper&) = delete;

  Result<void> Feed(std::string_view piece);
  // The page has ended; fails where it is not whole or has no rows.
  Result<void> EndPage();
  void BeginPage();
  Result<Mapping> Finish();  // ends the last page too, where that was not done

  // What upstreams say instead of rows: if the answer is an object, its scalars named status, error,
  // error_type, message, cause and _status, each cut at 1 KiB; the same of an object that follows the rows
  // without a comma, or that is the last of rows which never end and is not a row (a query that failed
  // halfway, in Metabase's older versions), whose error is kBadJson. Whatever Feed() and Finish() returned;
  // complete after Finish(), since Feed() continues without an error while such an object is being read.
  const std::map<std::string, std::string>& TopFields() const;
  bool TopFieldsAreAppended() const;

  // Of a mapping that failed; whole after Finish().
  const MappingReport& report() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace o2o
