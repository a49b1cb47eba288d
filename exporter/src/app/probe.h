// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"

namespace o2o {

struct ProbeReport {
  std::string text;            // for people; what was seen, even if the poll failed
  std::optional<Error> error;  // why nothing would be published
};

// `o2o-exporter probe NAME`: polls one source once and prints what it would publish, which columns there are,
// which rows were rejected and why, and how long it took. Needs no database and changes nothing. Fails with
// kConfig for a name that is not an enabled source.
ProbeReport Probe(const Config& config, const std::string& source, const Clock& clock, std::stop_token stop);

}  // namespace o2o
