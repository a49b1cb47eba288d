// SPDX-License-Identifier: Apache-2.0
#include "app/store_health.h"

#include <algorithm>

#include "base/log.h"

namespace o2o {
namespace {

std::string_view Name(StoreHealth::Side side) {
  switch (side) {
    case StoreHealth::Side::kRead: return "read";
    case StoreHealth::Side::kWatermark: return "watermark";
    case StoreHealth::Side::kWrite: return "write";
  }
  return "write";
}

}  // namespace

void StoreHealth::Report(Side side, const Error* error) {
  const MutexLock lock(mutex_);
  const bool was_up = IsUp();
  const bool was_tried = tried_;
  errors_[static_cast<std::size_t>(side)] = error ? std::optional(error->message) : std::nullopt;
  tried_ = true;
  if (retired_) return;
  const bool up = IsUp();
  metrics_.SetStoreUp(up);
  if (up && !was_up) log::Info(was_tried ? "store recovered" : "store connected");
  if (!up && (was_up || !was_tried)) {
    log::Error("store down", {{"side", std::string(Name(side))}, {"error", error ? error->message : ""}});
  }
}

void StoreHealth::Retire() {
  const MutexLock lock(mutex_);
  retired_ = true;
}

StoreHealth::State StoreHealth::state() const {
  const MutexLock lock(mutex_);
  const auto down =
      std::find_if(errors_.rbegin(), errors_.rend(), [](const auto& error) { return error.has_value(); });
  return {IsUp(), down == errors_.rend() ? "" : **down};
}

bool StoreHealth::IsUp() const {
  return tried_ &&
         std::none_of(errors_.begin(), errors_.end(), [](const auto& error) { return error.has_value(); });
}

}  // namespace o2o
