// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "store/order_store.h"

namespace o2o {

// Orders in PostgreSQL. Connects at the first call, and again at the next call after a failure; then it
// brings the schema up to date and mirrors `statuses` and `order_types` into it (configured types always have
// a label of their own). One thread at a time, one connection each. A call takes at most connect_timeout +
// twice statement_timeout, even if the server hangs; only bringing an old schema up to date may take longer.
class PgOrderStore final : public OrderStore {
 public:
  PgOrderStore(StoreConfig config, std::vector<StatusRule> statuses,
               std::vector<std::string> order_types = {});
  ~PgOrderStore() override;
  PgOrderStore(const PgOrderStore&) = delete;
  PgOrderStore& operator=(const PgOrderStore&) = delete;

  [[nodiscard]] Result<std::optional<Watermark>> QueryWatermark(const std::string& source) override;
  [[nodiscard]] Result<IngestResult> Ingest(const OrderPage& page, const IngestStep& step) override;
  [[nodiscard]] Result<std::optional<CatchUpMark>> QueryCatchUpMark(const std::string& source) override;
  [[nodiscard]] Result<void> KeepCatchUpMark(const std::string& source,
                                             const std::optional<CatchUpMark>& mark) override;
  [[nodiscard]] Result<StoreView> View(Timestamp oms_now) override;

  // From any thread: a call in progress has a moment left to finish, and no other begins.
  void Interrupt() noexcept;

 private:
  class Database;
  std::unique_ptr<Database> database_;
};

}  // namespace o2o
