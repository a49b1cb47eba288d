// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mapping/document_values.h"

namespace o2o {

// The labels whose texts come from elsewhere in a document than its rows: until its end they are placeholders
// in the labels of series.
class DocumentLabels {
 public:
  DocumentLabels(std::vector<std::string> pointers, std::size_t max_label_bytes);

  const std::vector<std::string>& pointers() const { return pointers_; }
  // The texts from now on: the first values of a document are those of the pointers. Fails where one is not a
  // label's text.
  Result<void> Take(const std::vector<DocumentValue>& values);

  // Of those that some document does not have.
  const std::vector<std::string>& notes() const { return notes_; }

  // A series' labels with the texts instead of the placeholders.
  std::string ResolveKey(std::string_view key) const;

 private:
  const std::vector<std::string> pointers_;
  const std::size_t max_label_bytes_;
  std::vector<std::string> texts_;
  std::vector<std::string> notes_;
};

}  // namespace o2o
