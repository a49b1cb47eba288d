// SPDX-License-Identifier: Apache-2.0
#include "app/store_health.h"

#include "base/log.h"

namespace o2o {

void StoreHealth::Report(Side side, const Error* error) {
  const std::lock_guard lock(mutex_);
  const bool was_up = tried_ && !read_error_ && !write_error_;
  const bool was_tried = tried_;
  auto& slot = side == Side::kRead ? read_error_ : write_error_;
  slot = error ? std::optional(error->message) : std::nullopt;
  tried_ = true;
  const bool up = !read_error_ && !write_error_;
  metrics_.SetStoreUp(up);
  if (up && !was_up) log::Info(was_tried ? "store recovered" : "store connected");
  if (!up && (was_up || !was_tried)) {
    log::Error("store down",
               {{"side", side == Side::kRead ? "read" : "write"}, {"error", error ? error->message : ""}});
  }
}

StoreHealth::State StoreHealth::state() const {
  const std::lock_guard lock(mutex_);
  State state;
  state.up = tried_ && !read_error_ && !write_error_;
  state.error = write_error_.value_or(read_error_.value_or(""));
  return state;
}

}  // namespace o2o
