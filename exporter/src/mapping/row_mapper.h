// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/mapping_config.h"
#include "metrics/snapshot.h"

namespace o2o {

// Why a row gave a metric no sample. A closed set: the names are values of a label.
enum class RowReason {
  kNotAnObject,  // a row that is no object, or where nested rows are due something else
  kTooDeep,      // nested deeper than kMaxJsonDepth
  kNoValue,      // null, missing, empty or NaN, and no null_value
  kBadValue,     // no number, no size, no time, or beyond what a sample can hold
  kBadLabel,     // an object, an array, or longer than max_label_bytes
  kDuplicate,    // label set seen before, under DuplicatePolicy::kError; the first row stays
};
// "not_an_object", "too_deep", "no_value", "bad_value", "bad_label", "duplicate"
std::string_view Name(RowReason reason);
// All of them, in the order above.
std::vector<std::string> RowReasons();

// How much of the answer is kept for people.
struct MappingOptions {
  std::size_t sample_rows = 10;
  std::size_t rejected_rows = 10;
  std::size_t max_row_bytes = 4'096;      // of a kept row; longer ones are cut, and are no JSON then
  std::size_t max_kept_bytes = 1u << 20;  // of all kept rows of a kind
};

struct RejectedRowSample {
  RowReason reason = RowReason::kBadValue;
  std::string message;  // what, where and the offending value: "vendor_products: column `Count`: 'many' is no number"
  std::string row;      // JSON text as it came, repaired; cut at max_row_bytes
};

// What a poll's mapping saw, for metrics, `probe` and the pages.
struct MappingReport {
  std::uint64_t rows = 0;            // innermost ones, the rejected among them
  std::uint64_t series = 0;
  // Rows by reason, all reasons in their order; a row counts once for each reason for which some metric got nothing from it.
  std::vector<std::pair<std::string, std::uint64_t>> rejected;
  std::uint64_t duplicates = 0;      // samples whose label set a metric had already, whatever its policy
  std::uint64_t filtered = 0;        // samples left out by `where`
  std::uint64_t duplicate_keys = 0;  // the last one won
  std::uint64_t repaired_texts = 0;  // labels that were no UTF-8 or held U+0000
  std::vector<std::string> columns;  // of the innermost rows, as they came; the first few hundred
  std::vector<std::string> notes;    // "column `vendor_code` not in the answer, there is `Vendor Code`, which is taken"
  std::vector<std::string> sample_rows;  // JSON text as it came
  std::vector<RejectedRowSample> rejected_rows;
};

struct Mapping {
  std::vector<Family> families;  // one per metric, in the order of the configuration; metrics of one name share one
  MappingReport report;
};

// Turns a JSON body, fed in pieces of any size, into samples. Keeps one row at a time (with nested rows one outermost
// row), and of it only the columns that some metric needs; besides that the series.
//
//   RowMapper mapper(config);
//   for each piece: if (auto fed = mapper.Feed(piece); !fed) -> fed.error(), stop
//   Result<Mapping> mapping = mapper.Finish();   // once, also after an error (which it returns again)
//
// Errors: kBadJson (also a body that ends in the middle), kBadShape (no rows where they are due; a column that no row
// has), kTooLarge (a ceiling, named with its key), kConfig (a mapping that the loader should have refused).
//
// Rows are an array of objects. Where a column is `$key` or `$value` they are the members of an object instead (objects,
// or with `$value` scalars). One thread at a time.
class RowMapper {
 public:
  explicit RowMapper(MappingConfig config, MappingOptions options = {});
  ~RowMapper();
  RowMapper(const RowMapper&) = delete;
  RowMapper& operator=(const RowMapper&) = delete;

  Result<void> Feed(std::string_view piece);
  Result<Mapping> Finish();

  // Where the answer is an object, or one was appended to the rows (a query that failed halfway, in Metabase's older
  // versions): its scalars named status, error, error_type, message, cause and _status, each cut at 1 KiB. Valid after Feed()
  // and Finish() whatever they returned, and complete after Finish(): Feed() goes on where such an object is being
  // read, and Finish() then tells the error.
  const std::map<std::string, std::string>& TopFields() const;
  // The fields are of an object behind the rows.
  bool TopFieldsAreAppended() const;

  // Of the body so far, the mapping's own view of it; also after an error.
  std::uint64_t bytes() const;
  const MappingReport& report() const;  // without families' series; for the pages of a failed poll

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace o2o
