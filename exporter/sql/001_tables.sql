-- SPDX-License-Identifier: Apache-2.0
-- The tables. Runs in the schema that stands first in search_path, inside one transaction together with the
-- scripts after it. Every time is UTC.

CREATE TABLE schema_migrations (
  version    int PRIMARY KEY,
  needs      int NOT NULL,  -- the oldest schema version that a program must know to work with this one
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- The orders as the OMS last showed them. Made by the proof of concept: changed in place, its rows stay.
-- Rows of it that lack a value (an infinite time is none) get: status UNKNOWN, order_type unknown, updated_at = ingested_at (else 1970, so that
-- whatever the OMS says next is newer).
DO $$
DECLARE
  dependents text;
  view_names text[];
  view_texts text[];
  step text;
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
    -- No column that a view reads can change its type: plain views are dropped here and made again below, with their options,
    -- owner, grants and comment. What holds more than that (or rows), or is another's, is not ours to drop.
    WITH RECURSIVE above AS (
      SELECT 'fact_orders_monitoring'::regclass::oid AS relation, 0 AS depth
      UNION
      SELECT r.ev_class, a.depth + 1
      FROM above a
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.relation AND d.classid = 'pg_rewrite'::regclass
      JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> a.relation
    ), found AS (
      SELECT c.*, depth
      FROM (SELECT relation, max(depth) AS depth FROM above WHERE depth > 0 GROUP BY relation) a JOIN pg_class c ON c.oid = relation
    ), granted AS (
      SELECT oid, NULL::name AS attname, relacl AS acl FROM found
      UNION ALL
      SELECT f.oid, attname, attacl FROM found f JOIN pg_attribute ON attrelid = f.oid
    ), grants AS (
      SELECT g.oid, string_agg(format('GRANT %s%s ON %s TO %s%s;',
        privilege_type, '(' || quote_ident(attname) || ')', g.oid::regclass,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END), ' ' ORDER BY attname, grantee) AS text
      FROM granted g JOIN pg_class c USING (oid), aclexplode(acl) WHERE grantee <> relowner GROUP BY g.oid
    )
    SELECT string_agg(CASE relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || f.oid::regclass, ', ' ORDER BY depth, relname)
             FILTER (WHERE relkind <> 'v' OR relhastriggers OR NOT pg_has_role(relowner, 'MEMBER')
                     OR EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = f.oid AND r.rulename <> '_RETURN')
                     OR EXISTS (SELECT FROM pg_attrdef a WHERE a.adrelid = f.oid)
                     OR EXISTS (SELECT FROM pg_description n
                                WHERE n.classoid = 'pg_class'::regclass AND n.objoid = f.oid AND n.objsubid > 0)),
           array_agg(f.oid::regclass::text ORDER BY depth DESC),
           array_agg(format('CREATE VIEW %s%s AS %s',
                            f.oid::regclass, ' WITH (' || array_to_string(reloptions, ', ') || ')', pg_get_viewdef(f.oid))
                     || CASE WHEN pg_get_userbyid(relowner) = current_user THEN ''
                             ELSE format('ALTER VIEW %s OWNER TO %I;', f.oid::regclass, pg_get_userbyid(relowner)) END
                     || coalesce(grants.text, '')
                     || format('COMMENT ON VIEW %s IS %L;', f.oid::regclass, obj_description(f.oid, 'pg_class'))
                     ORDER BY depth)
      INTO dependents, view_names, view_texts
    FROM found f LEFT JOIN grants USING (oid);
    IF dependents IS NOT NULL THEN
      RAISE EXCEPTION 'fact_orders_monitoring cannot be changed while this depends on it: %; drop it, start o2o-exporter, make it again',
        dependents USING ERRCODE = 'dependent_objects_still_exist';
    END IF;
    FOREACH step IN ARRAY coalesce(view_names, '{}') LOOP
      EXECUTE 'DROP VIEW ' || step;
    END LOOP;

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
      ALTER COLUMN updated_at       TYPE timestamptz
        USING CASE WHEN isfinite(updated_at) THEN updated_at WHEN isfinite(ingested_at) THEN ingested_at ELSE 'epoch' END,
      ALTER COLUMN ingested_at      TYPE timestamptz USING CASE WHEN isfinite(ingested_at) THEN ingested_at ELSE now() END,
      ALTER COLUMN first_status     TYPE text COLLATE "C" USING coalesce(status, 'UNKNOWN'),
      ALTER COLUMN first_updated_at TYPE timestamptz
        USING CASE WHEN isfinite(updated_at) THEN updated_at WHEN isfinite(ingested_at) THEN ingested_at ELSE 'epoch' END,
      ALTER COLUMN status_since     TYPE timestamptz
        USING CASE WHEN isfinite(updated_at) THEN updated_at WHEN isfinite(ingested_at) THEN ingested_at ELSE 'epoch' END,
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
    FOREACH step IN ARRAY coalesce(view_texts, '{}') LOOP
      EXECUTE step;
    END LOOP;
  END IF;
END $$;

-- Infinity is no time: nothing can be newer, and no metric can show it.
ALTER TABLE fact_orders_monitoring ADD CONSTRAINT fact_orders_monitoring_finite_times
  CHECK (isfinite(updated_at) AND isfinite(ingested_at) AND isfinite(first_updated_at) AND isfinite(status_since));

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

-- The order types that tallies and gauges tell apart, see register_order_labels. The statuses: those of order_statuses.
CREATE TABLE order_types (order_type text COLLATE "C" PRIMARY KEY);

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
  source    text PRIMARY KEY,
  watermark timestamptz CHECK (isfinite(watermark)),  -- rows are complete up to here, by the OMS's clock; null: nothing yet
  oms_date  timestamptz,                              -- the Date of the OMS's answer that moved it there; null: it had none
  moved_at  timestamptz NOT NULL DEFAULT now(),       -- when that was, by the clock of this database
  gaps      bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Written by batch jobs, shown as o2o_job_last_success_timestamp_seconds.
CREATE TABLE batch_jobs (
  job             text PRIMARY KEY,
  last_success_at timestamptz NOT NULL CHECK (isfinite(last_success_at))
);

INSERT INTO schema_migrations (version, needs) VALUES (1, 1);
