// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/time_text.h"
#include "integration/store/postgres_server.h"
#include "store/pg_order_store.h"

namespace o2o {

inline Timestamp At(const std::string& text) { return ParseTime(text, TimeZone()).value(); }

// The usual life of an order, as in the shipped configuration.
std::vector<StatusRule> UsualStatuses();

// A fresh database per test, and SQL on it as a superuser.
class StoreTest : public ::testing::Test {
 protected:
  StoreTest();
  ~StoreTest() override;

  StoreConfig Config(const std::string& role = "postgres") const;
  // For the tests' own sessions: what they make is in public, what they name is found there or in our
  // schema.
  std::string Dsn(const std::string& role = "postgres") const;
  PgOrderStore Store() const { return PgOrderStore(Config(), UsualStatuses()); }

  // What a first start leaves in the database.
  void MakeSchema() const;

  // Runs statements, each call on a connection of its own.
  void Sql(const std::string& statements) const;
  // The first row's first column; "" for null.
  std::string Value(const std::string& query) const;
  // All tallies: "family label,label" -> value.
  std::map<std::string, std::string> Tallies() const;

  // exporter/sql/roles.sql, as its README says: by a superuser.
  void RunRolesScript() const;
  // The SQLSTATE that a statement of `role` fails with; "" where it does not.
  std::string Refusal(const std::string& role, const std::string& statement) const;

  static Order MakeOrder(const std::string& id, const std::string& status, const std::string& updated_at,
                         const std::string& amount = "10.00");
  static OrderPage Page(std::vector<Order> orders);
  static IngestStep Step(const std::string& watermark = "");

  static constexpr const char* kSchema = "o2o";
  static constexpr const char* kNow = "2026-11-20T12:00:00Z";
  const std::string database_;
};

}  // namespace o2o
