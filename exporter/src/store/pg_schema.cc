// SPDX-License-Identifier: Apache-2.0
#include "store/pg_schema.h"

#include "base/text.h"
#include "store/migrations.h"

namespace o2o {
namespace {

constexpr std::string_view kInsufficientPrivilege = "42501";

PgFailure Problem(std::string text) { return {PgFailure::Kind::kOther, std::move(text)}; }

// LATIN1 and the like lack most letters, SQL_ASCII accepts any bytes as text.
void CheckEncoding(PgTransaction& tx) {
  const std::string encoding = tx.Execute("SHOW server_encoding")[0].Text(0);
  if (encoding == "UTF8") return;
  throw Problem("database \"" + tx.connection().database() + "\" keeps text as " + encoding +
                ", which garbles names: give o2o-exporter a database made WITH ENCODING 'UTF8'");
}

struct SchemaState {
  int version = 0;  // 0: not there
  int needs = 0;    // the oldest version that a program must know
};

SchemaState QuerySchemaState(PgTransaction& tx, const std::string& schema) {
  // Read from the catalog itself: to_regclass may remember the state before we waited for another exporter's
  // migration.
  if (tx.Execute("SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
                 "WHERE relname = 'schema_migrations' AND nspname = " +
                 tx.Quote(schema))
          .empty()) {
    return {};
  }
  // By its qualified name, so that a missing privilege is reported as such and not as a missing table.
  const PgRows rows = tx.Execute("SELECT coalesce(max(version), 0), coalesce(max(needs), 0) FROM " +
                                 QuoteName(schema) + ".schema_migrations");
  return {static_cast<int>(rows[0].Integer(0)), static_cast<int>(rows[0].Integer(1))};
}

int KnownVersion() { return Migrations().back().version; }

void CheckNotNewer(const SchemaState& state) {
  if (state.needs <= KnownVersion()) return;
  throw Problem("the schema in this database is at version " + std::to_string(state.version) +
                ", this o2o-exporter knows version " + std::to_string(KnownVersion()) +
                ": run an o2o-exporter at least as new as the one that made it");
}

void RunMigration(PgTransaction& tx, const Migration& migration) {
  try {
    tx.Execute(std::string(migration.sql));
  } catch (PgFailure& failure) {
    if (failure.sqlstate != kInsufficientPrivilege) {
      failure.text =
          "bringing the schema up to date (" + std::string(migration.file) + "): " +
          (failure.raised.empty() ? failure.text : failure.raised + " (SQLSTATE " + failure.sqlstate + ")");
    }
    throw;
  }
}

// A schema, table, function or other object: another exporter has just created it.
bool IsDuplicate(std::string_view sqlstate) {
  return sqlstate == "42P06" || sqlstate == "42P07" || sqlstate == "42723" || sqlstate == "42710";
}

void RunMigrations(PgSession& session) {
  PgTransaction tx = session.Begin(PgTransaction::Kind::kSchema);
  try {
    // Of exporters that start together one migrates; the others find it done, or collide with it if there was
    // nothing to lock yet. Readers cannot take this lock.
    const std::string& schema = session.config().schema;
    SchemaState state = QuerySchemaState(tx, schema);
    if (state.version > 0) {
      tx.Execute("LOCK TABLE schema_migrations IN SHARE ROW EXCLUSIVE MODE");
      state = QuerySchemaState(tx, schema);
    }
    CheckNotNewer(state);
    if (tx.Execute("SELECT FROM pg_namespace WHERE nspname = " + tx.Quote(schema)).empty()) {
      tx.Execute("CREATE SCHEMA " + QuoteName(schema));
    }
    for (const Migration& migration : Migrations()) {
      if (migration.version > state.version) RunMigration(tx, migration);
    }
    tx.Commit();
  } catch (PgFailure& failure) {
    if (IsDuplicate(failure.sqlstate)) failure.kind = PgFailure::Kind::kCollision;
    if (failure.sqlstate != kInsufficientPrivilege) throw;
    failure.text =
        "the schema of o2o-exporter is missing or out of date in this database, and role \"" +
        tx.connection().user() + "\" may not change it (" + failure.text +
        "): start o2o-exporter once with the DSN of the schema's owner, see exporter/sql/README.md";
    throw;
  }
}

void SyncStatuses(PgSession& session, const std::vector<StatusRule>& rules) {
  if (rules.empty()) return;
  PgTransaction tx = session.Begin(PgTransaction::Kind::kSchema);
  std::string statuses, outcomes, delays;
  for (const StatusRule& rule : rules) {
    const char* comma = statuses.empty() ? "" : ",";
    statuses += comma + tx.Quote(RepairUtf8(rule.status));
    outcomes += comma + tx.Quote(Name(rule.outcome));
    delays += comma + (rule.delayed_after ? std::to_string(rule.delayed_after->count()) : "NULL");
  }
  tx.Execute("SELECT sync_order_statuses(ARRAY[" + statuses + "]::text[], ARRAY[" + outcomes +
             "]::text[], ARRAY[" + delays + "]::bigint[])");
  tx.Commit();
}

void SyncOrderTypes(PgSession& session, const std::vector<std::string>& order_types) {
  if (order_types.empty()) return;
  PgTransaction tx = session.Begin(PgTransaction::Kind::kSchema);
  std::string types;
  for (const std::string& type : order_types)
    types += (types.empty() ? "" : ",") + tx.Quote(RepairUtf8(type));
  tx.Execute("SELECT sync_order_types(ARRAY[" + types + "]::text[])");
  tx.Commit();
}

}  // namespace

void CheckCounting(PgTransaction& tx) { tx.Execute("SELECT check_counting()"); }

void PrepareSchema(PgSession& session, const std::vector<StatusRule>& statuses,
                   const std::vector<std::string>& order_types) {
  SchemaState state;
  {
    PgTransaction tx = session.Begin();
    CheckEncoding(tx);
    state = QuerySchemaState(tx, session.config().schema);
  }
  CheckNotNewer(state);
  if (state.version < KnownVersion()) RunMigrations(session);
  {
    PgTransaction tx = session.Begin();
    CheckCounting(tx);
  }
  // The types first: orders whose status gets a meaning are counted by type.
  SyncOrderTypes(session, order_types);
  SyncStatuses(session, statuses);
}

}  // namespace o2o
