// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"

namespace o2o {

// `o2o-exporter probe NAME`: polls one source once and tells, as text for people, what it would publish, which columns there are, which
// rows were rejected and why, and how long it took. Needs no database and changes nothing. Fails with kConfig for a name that is no
// enabled source, else with what the poll failed with.
Result<std::string> Probe(const Config& config, const std::string& source, const Clock& clock, std::stop_token stop);

}  // namespace o2o
