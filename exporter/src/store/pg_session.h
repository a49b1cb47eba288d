// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"
#include "store/pg_connection.h"

namespace o2o {

// A transaction. All its settings are SET LOCAL, so that nothing stays on the connection, which a pooler may
// give to others next. Rolled back unless committed.
class PgTransaction {
 public:
  enum class Kind {
    kUsual,
    kSnapshot,  // reads one state of the database
    kHistory,   // likewise, and may take an hour
    kBulk,      // stages and merges a page: with more memory, as far as the server permits
    kSchema,    // changes or recounts tables, and may take an hour
  };
  ~PgTransaction();
  PgTransaction(const PgTransaction&) = delete;
  PgTransaction& operator=(const PgTransaction&) = delete;

  PgRows Execute(const std::string& sql) { return connection_.Execute(sql); }
  std::string Quote(std::string_view text) const { return connection_.Quote(text); }
  PgConnection& connection() { return connection_; }
  void Commit();

 private:
  friend class PgSession;
  PgTransaction(PgConnection& connection, const StoreConfig& config, Kind kind);

  PgConnection& connection_;
};

// A connection that is made at the first call, and again after it was lost. One thread at a time.
class PgSession {
 public:
  // `prepare` runs once on each new connection, before its first call.
  PgSession(StoreConfig config, std::function<void(PgSession&)> prepare);

  // Runs `work`, repeatedly if that can help; takes at most connect_timeout + twice statement_timeout, unless
  // a kSchema or kHistory transaction takes longer. `what` begins the error message.
  template <typename T>
  [[nodiscard]] Result<T> Call(std::string_view what, const std::function<T(PgSession&)>& work) {
    std::optional<T> result;
    if (auto error = Run(what, [&] { result.emplace(work(*this)); })) {
      return tl::unexpected<Error>(std::move(*error));
    }
    return std::move(*result);
  }

  // From any thread: a call in progress ends within a moment, and no other begins.
  void Interrupt() noexcept { interruption_.Raise(); }

  // The rest may only be called from within `work` and `prepare`.
  [[nodiscard]] PgTransaction Begin(PgTransaction::Kind kind = PgTransaction::Kind::kUsual);
  PgConnection& connection() { return *connection_; }
  const StoreConfig& config() const { return config_; }
  // The session that holds the lock that our writer waited for, for messages.
  std::string LockHolder();

 private:
  [[nodiscard]] std::optional<Error> Run(std::string_view what, const std::function<void()>& work);
  void Connect(MonotonicTime deadline);
  void NameLockHolder(PgFailure& failure);

  const StoreConfig config_;
  const std::function<void(PgSession&)> prepare_;
  PgInterruption interruption_;
  const PgConnection::NoticeSink notices_;
  std::optional<PgConnection> connection_;  // none: connect first
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace o2o
