// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "config/connection_string.h"
#include "store/pg_failure.h"
#include "store/pg_interruption.h"

struct pg_conn;    // libpq's
struct pg_result;  // libpq's

namespace o2o {

// A row of an answer. Reading a value that is missing, or not of the requested type, throws PgFailure.
class PgRow {
 public:
  PgRow(const std::shared_ptr<pg_result>& result, int row) : result_(result), row_(row) {}
  bool IsNull(int column) const;
  std::string Text(int column) const;
  std::int64_t Integer(int column) const;
  double Number(int column) const;

 private:
  std::string_view Value(int column) const;
  std::shared_ptr<pg_result> result_;
  int row_;
};

class PgRows {
 public:
  explicit PgRows(std::shared_ptr<pg_result> result) : result_(std::move(result)) {}
  int size() const;
  bool empty() const { return size() == 0; }
  PgRow operator[](int row) const;
  std::int64_t affected() const;  // rows that an INSERT, UPDATE or DELETE touched
  std::string_view command() const;

  class Iterator {
   public:
    Iterator(const PgRows& rows, int row) : rows_(rows), row_(row) {}
    PgRow operator*() const { return rows_[row_]; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return row_ != other.row_; }

   private:
    const PgRows& rows_;
    int row_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  std::shared_ptr<pg_result> result_;
};

// One connection to PostgreSQL, or to something that poses as PostgreSQL: every wait ends at the deadline or
// soon after an interruption, every answer has a ceiling in bytes, and nothing is printed. Failures throw
// PgFailure. One thread at a time.
class PgConnection {
 public:
  using NoticeSink = std::function<void(const std::string&)>;

  // The settings as libpq completes them by the environment and by service files.
  static ConnectionSettings Complete(const ConnectionSettings& settings);

  // Connects. `notices` gets the server's notices, those during connecting too; fit to be shown.
  PgConnection(const ConnectionSettings& settings, MonotonicTime deadline, const PgInterruption& interruption,
               NoticeSink notices);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  // The deadline of the calls below, until it is set again.
  void SetDeadline(MonotonicTime deadline) { deadline_ = deadline; }

  // Statements, and the rows of the last of them.
  PgRows Execute(const std::string& sql);

  // COPY ... FROM STDIN: rows in COPY's text format, in pieces of any size.
  void BeginCopy(const std::string& sql);
  void PutCopy(std::string_view rows);
  void EndCopy();

  bool alive() const;
  bool in_transaction() const;
  // Asks the server whether a pooler in between may share its connection with others.
  bool shared();
  std::string Quote(std::string_view text) const;  // as a literal
  std::string user() const;
  std::string database() const;

 private:
  void Connect();
  void WaitFor(short events);
  void CheckIncoming(std::int64_t ceiling) const;
  [[nodiscard]] bool Flush();
  std::shared_ptr<pg_result> NextResult();
  PgRows ReadResults();

  MonotonicTime deadline_;
  const PgInterruption& interruption_;
  const NoticeSink notices_;
  std::int64_t received_before_ = 0;  // bytes, when the call began
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
};

// An identifier, as it is and whatever it holds.
std::string QuoteName(std::string_view name);

}  // namespace o2o
