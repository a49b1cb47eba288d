// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "store/order_store.h"

namespace o2o {

// A store in memory: which orders it has seen, its watermark, how many gaps. Fails on demand.
class FakeOrderStore final : public OrderStore {
 public:
  // `clock`: of which the time that passes is the store's too, not the time of day. None: no time passes.
  explicit FakeOrderStore(const Clock* clock = nullptr) : clock_(clock) {}

  Result<std::optional<Watermark>> QueryWatermark(const std::string&) override {
    if (hang) hang();
    if (down || unreadable) return Fail(ErrorCode::kStore, "database is down");
    if (!watermark) return std::nullopt;
    return Watermark{*watermark, oms_date,
                     std::chrono::duration_cast<std::chrono::microseconds>(Time() - moved_at)};
  }

  Result<IngestResult> Ingest(const OrderPage& page, const IngestStep& step) override {
    if (down || full) return Fail(ErrorCode::kStore, "could not write");
    IngestResult result = counted;
    for (const Order& order : page.orders) {
      const auto [entry, added] = orders.insert_or_assign(order.order_id, order);
      ++(added ? result.inserted : result.updated);
    }
    if (step.newest && (!watermark || *step.newest > *watermark || watermark == step.set_back_from)) {
      watermark = step.newest;
      oms_date = step.oms_date;
      moved_at = Time();
    }
    gaps += step.gap;
    last_step = step;
    ++ingests;
    return result;
  }

  Result<std::optional<CatchUpMark>> QueryCatchUpMark(const std::string&) override {
    if (down || unreadable) return Fail(ErrorCode::kStore, "database is down");
    return mark;
  }

  Result<void> KeepCatchUpMark(const std::string&, const std::optional<CatchUpMark>& kept) override {
    if (down || full) return Fail(ErrorCode::kStore, "could not write");
    mark = kept;
    return {};
  }

  Result<StoreView> View(Timestamp) override {
    if (down) return Fail(ErrorCode::kStore, "database is down");
    return view;
  }

  bool down = false;
  bool full = false;        // readable, but takes nothing in
  bool unreadable = false;  // takes pages in, but does not say where the watermark is
  std::function<void()> hang;
  std::optional<Timestamp> watermark;
  std::optional<Timestamp> oms_date;
  MonotonicTime moved_at{};
  std::optional<CatchUpMark> mark;
  std::map<std::string, Order> orders;
  IngestResult counted;  // added to what each page brings
  int gaps = 0;
  int ingests = 0;
  IngestStep last_step;  // of those taken in
  StoreView view;

 private:
  MonotonicTime Time() const { return clock_ ? clock_->Monotonic() : MonotonicTime{}; }

  const Clock* clock_;
};

}  // namespace o2o
