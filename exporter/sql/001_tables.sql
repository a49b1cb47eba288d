-- SPDX-License-Identifier: Apache-2.0
-- The tables. Runs in the schema that stands first in search_path, inside one transaction together with the
-- scripts after it. Every time is UTC.

CREATE TABLE schema_migrations (
  version    int PRIMARY KEY,
  needs      int NOT NULL,  -- the oldest schema version that a program must know to work with this one
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- The orders as the OMS last showed them. Made by the proof of concept: changed in place, its rows stay.
-- Rows of it that lack a value get: status UNKNOWN, order_type unknown, updated_at = ingested_at (else 1970, so that
-- whatever the OMS says next is newer).
DO $$
BEGIN
  SET LOCAL TimeZone = 'UTC';
  IF to_regclass('fact_orders_monitoring') IS NULL THEN
    CREATE TABLE fact_orders_monitoring (
      order_id         text COLLATE "C" PRIMARY KEY,
      customer_id      text,
      customer_name    text,
      status           text COLLATE "C" NOT NULL,
      order_type       text COLLATE "C" NOT NULL,
      total_amount     numeric,
      updated_at       timestamptz NOT NULL,
      item_name        text,
      item_detail      text,
      ingested_at      timestamptz NOT NULL DEFAULT now(),
      first_status     text COLLATE "C" NOT NULL,
      first_updated_at timestamptz NOT NULL,
      status_since     timestamptz NOT NULL,
      open             boolean NOT NULL
    );
  ELSE
    ALTER TABLE fact_orders_monitoring
      ALTER COLUMN ingested_at DROP DEFAULT,
      ADD COLUMN first_status     text COLLATE "C",
      ADD COLUMN first_updated_at timestamptz,
      ADD COLUMN status_since     timestamptz,
      ADD COLUMN open             boolean;
    -- One pass over the rows. Statuses have no meaning yet, so every order is open: sync_order_statuses says otherwise.
    ALTER TABLE fact_orders_monitoring
      ALTER COLUMN order_id         TYPE text COLLATE "C",
      ALTER COLUMN status           TYPE text COLLATE "C" USING coalesce(status, 'UNKNOWN'),
      ALTER COLUMN order_type       TYPE text COLLATE "C" USING coalesce(order_type, 'unknown'),
      ALTER COLUMN updated_at       TYPE timestamptz USING coalesce(updated_at, ingested_at, 'epoch'),
      ALTER COLUMN ingested_at      TYPE timestamptz USING coalesce(ingested_at, now()),
      ALTER COLUMN first_status     TYPE text COLLATE "C" USING coalesce(status, 'UNKNOWN'),
      ALTER COLUMN first_updated_at TYPE timestamptz USING coalesce(updated_at, ingested_at, 'epoch'),
      ALTER COLUMN status_since     TYPE timestamptz USING coalesce(updated_at, ingested_at, 'epoch'),
      ALTER COLUMN open             TYPE boolean USING true;
    ALTER TABLE fact_orders_monitoring
      ALTER COLUMN status           SET NOT NULL,
      ALTER COLUMN order_type       SET NOT NULL,
      ALTER COLUMN updated_at       SET NOT NULL,
      ALTER COLUMN ingested_at      SET NOT NULL,
      ALTER COLUMN ingested_at      SET DEFAULT now(),
      ALTER COLUMN first_status     SET NOT NULL,
      ALTER COLUMN first_updated_at SET NOT NULL,
      ALTER COLUMN status_since     SET NOT NULL,
      ALTER COLUMN open             SET NOT NULL;
  END IF;
END $$;

-- Orders are updated a few times in their first hour and then never again.
ALTER TABLE fact_orders_monitoring SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX fact_orders_monitoring_updated_at ON fact_orders_monitoring (updated_at);
CREATE INDEX fact_orders_monitoring_open ON fact_orders_monitoring (status_since) WHERE open;

COMMENT ON TABLE fact_orders_monitoring IS 'Orders as the OMS last showed them, one row each';
COMMENT ON COLUMN fact_orders_monitoring.ingested_at IS 'when the order was first taken in, by the clock of this database';
COMMENT ON COLUMN fact_orders_monitoring.first_status IS 'status in which it was first seen';
COMMENT ON COLUMN fact_orders_monitoring.first_updated_at IS 'updated_at when it was first seen';
COMMENT ON COLUMN fact_orders_monitoring.status_since IS 'updated_at when it entered its status';
COMMENT ON COLUMN fact_orders_monitoring.open IS 'its status is not final';

-- What each status means: the configuration of the exporter, mirrored, so that every writer classifies alike.
CREATE TABLE order_statuses (
  status        text COLLATE "C" PRIMARY KEY,
  rank          int NOT NULL,      -- of two rows with one updated_at the higher is the newer
  outcome       text NOT NULL CHECK (outcome IN ('open', 'completed', 'failed')),
  delayed_after interval,          -- null: never delayed
  known         boolean NOT NULL   -- false: seen in orders, but not configured; counts as open
);

-- Status changes. Where an order started stands in the order itself; order_status_history shows both.
CREATE TABLE order_status_changes (
  order_id    text COLLATE "C" NOT NULL,
  from_status text COLLATE "C" NOT NULL,
  to_status   text COLLATE "C" NOT NULL,
  changed_at  timestamptz NOT NULL,              -- by the OMS's clock
  seen_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX order_status_changes_order_id ON order_status_changes (order_id);

CREATE VIEW order_status_history AS
  SELECT order_id, NULL::text AS from_status, first_status AS to_status, first_updated_at AS changed_at, ingested_at AS seen_at
  FROM fact_orders_monitoring
  UNION ALL
  SELECT order_id, from_status, to_status, changed_at, seen_at FROM order_status_changes;

CREATE VIEW open_orders AS
  SELECT order_id, order_type, status, status_since AS since FROM fact_orders_monitoring WHERE open;

-- The counters of the exporter: never go down, whoever writes and whatever is deleted.
CREATE TABLE order_tallies (
  family text COLLATE "C" NOT NULL,      -- the metric's name
  labels text[] COLLATE "C" NOT NULL,    -- its label values, in the order of the metrics catalogue
  value  numeric NOT NULL,
  PRIMARY KEY (family, labels)
) WITH (fillfactor = 50);

-- Outcomes that an order reached, was counted for, and left again: each counts once per order. An order that
-- still is in its final status needs no entry. status is '' for completed.
CREATE TABLE order_outcomes (
  order_id text COLLATE "C" NOT NULL,
  outcome  text NOT NULL CHECK (outcome IN ('completed', 'failed')),
  status   text COLLATE "C" NOT NULL,
  PRIMARY KEY (order_id, outcome, status)
);

-- Upper bounds of o2o_order_duration_seconds.
CREATE TABLE order_duration_buckets (le numeric PRIMARY KEY);
INSERT INTO order_duration_buckets
  VALUES (60), (120), (300), (600), (900), (1200), (1800), (2700), (3600), (5400), (7200), (14400), (28800), (86400);

-- Rows of the OMS that could not be taken in. Bounded in number, size and age by the exporter.
CREATE TABLE rejected_orders (
  fingerprint   bytea PRIMARY KEY,   -- sha256 of reason and payload
  reason        text NOT NULL,
  detail        text NOT NULL,
  payload       text NOT NULL,       -- the row's JSON text, cut to the configured ceiling
  payload_bytes bigint NOT NULL,     -- of what is kept
  source        text NOT NULL,
  first_seen_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ingest_sources (
  source       text PRIMARY KEY,
  watermark    timestamptz,                -- rows are complete up to here; null: nothing yet
  oms_ahead_us bigint NOT NULL DEFAULT 0,  -- how far the OMS's clock was ahead of the exporter's then, in microseconds
  gaps         bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Written by batch jobs, shown as o2o_job_last_success_timestamp_seconds.
CREATE TABLE batch_jobs (
  job             text PRIMARY KEY,
  last_success_at timestamptz NOT NULL
);

INSERT INTO schema_migrations (version, needs) VALUES (1, 1);
