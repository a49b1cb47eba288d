// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "store/order_store.h"
#include "store/pg_session.h"

namespace o2o {

// Everything that a scrape knows from PostgreSQL. `tx` should see one state of the database. `oms_now`: see
// OrderStore::View.
StoreView ReadStoreView(PgTransaction& tx, Timestamp oms_now);

}  // namespace o2o
