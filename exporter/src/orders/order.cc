// SPDX-License-Identifier: Apache-2.0
#include "orders/order.h"

#include "base/closed_set.h"

namespace o2o {
namespace {

constexpr std::string_view NameOf(RejectReason reason) {
  switch (reason) {
    case RejectReason::kMissingId: return "missing_id";
    case RejectReason::kBadId: return "bad_id";
    case RejectReason::kMissingStatus: return "missing_status";
    case RejectReason::kBadAmount: return "bad_amount";
    case RejectReason::kBadTime: return "bad_time";
    case RejectReason::kTooLong: return "too_long";
    case RejectReason::kWrongType: return "wrong_type";
  }
  return "";
}

constexpr auto kRejectReasons = AllNamed<RejectReason, NameOf>();

}  // namespace

std::string_view Name(RejectReason reason) { return NameOf(reason); }

std::span<const RejectReason> AllRejectReasons() { return kRejectReasons; }

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOpen: return "open";
    case Outcome::kCompleted: return "completed";
    case Outcome::kFailed: return "failed";
  }
  return "open";
}

}  // namespace o2o
