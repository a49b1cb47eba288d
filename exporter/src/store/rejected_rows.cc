// SPDX-License-Identifier: Apache-2.0
#include "store/rejected_rows.h"

#include "base/text.h"
#include "store/copy_in.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxDetailBytes = 1'000;

}  // namespace

void PrepareRejectStaging(PgTransaction& tx) {
  tx.Execute(
      "CREATE TEMPORARY TABLE IF NOT EXISTS staged_rejects (reason text, detail text, payload text) ON "
      "COMMIT "
      "DELETE ROWS");
}

std::int64_t KeepRejected(PgTransaction& tx, const std::vector<RejectedRow>& rejected,
                          const std::string& source, const RejectedRowsConfig& limits) {
  if (rejected.empty()) return 0;
  CopyIn copy(tx.connection(), "staged_rejects");
  for (const RejectedRow& row : rejected) {
    copy.Field(Name(row.reason));
    copy.Field(CutUtf8(RepairUtf8(row.detail), kMaxDetailBytes));
    copy.Field(CutUtf8(RepairUtf8(row.payload), limits.max_payload_bytes));
    copy.EndRow();
  }
  copy.Complete();
  const PgRows kept = tx.Execute(
      "INSERT INTO rejected_orders (fingerprint, reason, detail, payload, payload_bytes, source) "
      "SELECT DISTINCT ON (fingerprint) fingerprint, reason, detail, payload, octet_length(payload), " +
      tx.Quote(source) +
      " FROM (SELECT sha256(convert_to(reason || E'\\n' || payload, 'UTF8')) AS fingerprint, * FROM "
      "staged_rejects) s "
      "WHERE NOT EXISTS (SELECT FROM rejected_orders r WHERE r.fingerprint = s.fingerprint) "
      "ORDER BY fingerprint ON CONFLICT DO NOTHING");
  return kept.affected();
}

void PruneRejected(PgTransaction& tx, const RejectedRowsConfig& limits, std::int64_t more_than) {
  if (tx.Execute("SELECT count(*) FROM rejected_orders")[0].Integer(0) <= more_than) return;
  tx.Execute("DELETE FROM rejected_orders WHERE first_seen_at < now() - " +
             std::to_string(limits.retention.count()) +
             " * interval '1 millisecond' OR fingerprint IN (SELECT fingerprint FROM rejected_orders "
             "ORDER BY first_seen_at DESC, fingerprint OFFSET " +
             std::to_string(limits.max_rows) + ")");
}

}  // namespace o2o
