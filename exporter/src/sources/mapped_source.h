// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "sources/mapped_answer.h"
#include "sources/source.h"

namespace o2o {

// A source whose rows a mapping turns into series. A kind of it says how to ask and which answers are good.
class MappedSource : public Source {
 public:
  // Asks once and tells what the mapping saw. Fails where no whole answer came; one that is not as agreed
  // says so itself. Like Poll(): one thread at a time, within the source's timeout.
  virtual Result<MappedAnswer> Fetch(const MappingOptions& options, std::stop_token stop) = 0;

  // What is wrong beside the good answer of `rows` rows that Fetch() has just brought. May ask the upstream,
  // in what is left of the timeout.
  virtual std::vector<Error> Troubles(std::size_t rows, std::stop_token stop);

  // What Fetch() brings, with the first of the troubles.
  Result<PollResult> Poll(std::stop_token stop) override;
  std::vector<std::string> RejectReasons() const final { return MappedRejectReasons(); }
  std::vector<std::string> RepairReasons() const final { return MappedRepairReasons(); }
};

}  // namespace o2o
