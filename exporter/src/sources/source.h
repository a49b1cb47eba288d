// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "metrics/snapshot.h"

namespace o2o {

// The result of a good poll.
struct PollResult {
  std::vector<Family> families;  // replace what the source published before, whole
  std::size_t rows = 0;          // in the answer
  std::size_t response_bytes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> rejected_rows;  // by reason
  std::map<std::string, std::string> first_rejected;            // what was wrong with the first of a reason
  std::vector<std::pair<std::string, std::uint64_t>> repaired;  // what was used though it was wrong
  std::vector<std::string> notes;                               // for people: logged when they change
  std::vector<std::string> sample_rows;  // the first rows as JSON texts, for /api/<source>
  VendorCodes vendors;                   // named by the rows and families
  bool hurry = false;                    // the answer was truncated: poll again sooner
  // Beside a good answer, whose families are published all the same: of the store, the counts, a larger page,
  // a question that is cut off or archived. Counted and logged as a failure is.
  std::optional<Error> trouble;
};

// Something that is polled. Poll() runs on one thread at a time, in the background only, within the source's
// timeout, ends soon after a stop is requested, and does not throw. The poller measures and publishes; a
// source only answers.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual Result<PollResult> Poll(std::stop_token stop) = 0;
  // The reasons for which a poll of this kind can fail or have trouble: their counters exist at 0 from the
  // start.
  virtual std::vector<ErrorCode> FailureReasons() const = 0;
  // The closed set of reasons for which this kind rejects rows.
  virtual std::vector<std::string> RejectReasons() const = 0;
  // The reasons for which it repairs rows.
  virtual std::vector<std::string> RepairReasons() const { return {}; }
  // Whether pages, which anybody may read, may show its last rows. False unless the kind knows that they name
  // no customers.
  virtual bool ShowsRows() const { return false; }
};

// The reasons for which polls of any HTTP upstream can fail, and `more` for this kind.
std::vector<ErrorCode> UpstreamFailures(std::initializer_list<ErrorCode> more);

}  // namespace o2o
