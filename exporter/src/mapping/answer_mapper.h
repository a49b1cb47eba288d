// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/mapping_config.h"
#include "mapping/document_values.h"
#include "mapping/row_mapper.h"

namespace o2o {

inline constexpr std::size_t kMaxNextPageBytes = 8u << 10;

// Turns a JSON body, fed in pieces of any size, into the samples of all metrics of a source; or several, the
// pages of one answer, whose rows count together and whose document each is its own. Metrics that
// find their rows in the same place share one RowMapper; each further place reads the body on its own, so
// that it costs its own CPU, and no memory but that of its row at hand. A label from elsewhere in the
// document may follow the rows: until the end it is a placeholder in the labels, so that no row waits
// for it.
//
// Errors, report and top fields are those of RowMapper; of several the first error counts, and rows and
// series are summed up, also against the ceilings.
class AnswerMapper {
 public:
  // `next_page`: JSON Pointer to what names the next page; empty where nothing in the body does.
  explicit AnswerMapper(const MappingConfig& config, const MappingOptions& options = {},
                        const std::string& next_page = {});
  ~AnswerMapper();
  AnswerMapper(const AnswerMapper&) = delete;
  AnswerMapper& operator=(const AnswerMapper&) = delete;

  Result<void> Feed(std::string_view piece);
  // The page has ended; fails where it is not whole, or has no rows. Another one may follow.
  Result<void> EndPage();
  // Of the page that has ended. Its text is kept up to kMaxNextPageBytes.
  const DocumentValue& NextPage() const;
  void BeginPage();
  Result<Mapping> Finish();  // once, also after an error, which it returns again

  const std::map<std::string, std::string>& TopFields() const;
  // Of a mapping that failed; whole after Finish().
  const MappingReport& report() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace o2o
