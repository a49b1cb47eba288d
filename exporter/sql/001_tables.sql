-- SPDX-License-Identifier: Apache-2.0
-- The tables. Runs inside one transaction together with the scripts after it, with search_path set to the schema that
-- they make, and to nothing else. Every time is UTC.

CREATE TABLE schema_migrations (
  version    int PRIMARY KEY,
  needs      int NOT NULL,  -- the oldest schema version that a program must know to work with this one
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- The privileges that others than its owner have on a relation and its columns, as GRANT statements on `called`.
CREATE FUNCTION grants_of(relation oid, called text) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT string_agg(format('GRANT %s%s ON %s TO %s%s;', privilege_type, '(' || quote_ident(attname) || ')', called,
                           CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                           CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END), ' ' ORDER BY attname, grantee)
  FROM pg_class c, (SELECT NULL::name AS attname, relacl AS acl FROM pg_class WHERE oid = relation
                    UNION ALL SELECT attname, attacl FROM pg_attribute WHERE attrelid = relation AND NOT attisdropped) g,
       aclexplode(acl)
  WHERE c.oid = relation AND grantee <> relowner
$$;

-- The columns of an order as the OMS shows it, which other tables are made of (LIKE). Holds no rows.
CREATE TABLE oms_rows (
  order_id      text COLLATE "C" NOT NULL PRIMARY KEY,
  customer_id   text,
  customer_name text,
  status        text COLLATE "C" NOT NULL,
  order_type    text COLLATE "C" NOT NULL,
  total_amount  numeric,
  updated_at    timestamptz NOT NULL,
  item_name     text,
  item_detail   text
);

-- When an order of the proof of concept changed: an infinite time does not count.
CREATE FUNCTION adopted_time(updated_at timestamptz, ingested_at timestamptz) RETURNS timestamptz STABLE LANGUAGE sql AS $$
  SELECT CASE WHEN isfinite(updated_at) THEN updated_at WHEN isfinite(ingested_at) THEN ingested_at ELSE 'epoch' END
$$;

-- A table of the proof of concept is moved here from where this role finds it without us (search_path as set in the connection
-- string, for the role or for the database) or from public. A view takes its place, so that programs that use it
-- there keep working. A table that could not hold what the exporter writes is refused before anything is changed.
DO $$
DECLARE
  home constant name := current_schema();
  here constant text := current_setting('search_path');
  places name[];
  found pg_class;
  place name;
  reasons text;
  columns text;
  grants text;
BEGIN
  PERFORM set_config('search_path', (SELECT reset_val FROM pg_settings s WHERE s.name = 'search_path'), true);
  places := pg_catalog.current_schemas(false);  -- others may have created functions there: nothing is called by its bare name
  PERFORM pg_catalog.set_config('search_path', here, true);

  SELECT c.* INTO found
  FROM unnest(ARRAY[home] || places || '{public}'::name[]) WITH ORDINALITY AS p (nspname, position)
  JOIN pg_namespace n USING (nspname)
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'fact_orders_monitoring' AND c.relkind IN ('r', 'p', 'f')
  ORDER BY position LIMIT 1;
  IF found.oid IS NULL THEN
    RETURN;
  END IF;
  place := (SELECT nspname FROM pg_namespace WHERE oid = found.relnamespace);

  WITH kept (name, type) AS (
    VALUES ('order_id', 'text'), ('customer_id', 'text'), ('customer_name', 'text'), ('status', 'text'), ('order_type', 'text'),
           ('total_amount', 'numeric'), ('updated_at', 'timestamptz'), ('item_name', 'text'), ('item_detail', 'text'),
           ('ingested_at', 'timestamptz')
  ), there AS (
    SELECT a.*, t.typname, t.typcategory FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid
    WHERE attrelid = found.oid AND attnum > 0 AND NOT attisdropped
  )
  SELECT string_agg(reason, ', ') INTO reasons FROM (
    SELECT CASE found.relkind WHEN 'p' THEN 'it is partitioned' ELSE 'it is a foreign table' END AS reason WHERE found.relkind <> 'r'
    UNION ALL
    SELECT 'row security is on' WHERE found.relrowsecurity
    UNION ALL
    SELECT CASE WHEN attname IS NULL THEN format('column %I is missing', name)
                WHEN attgenerated <> '' THEN format('column %I is generated', name)
                ELSE format('column %I is %s, which cannot become %s', name, format_type(atttypid, atttypmod), type) END
    FROM kept LEFT JOIN there ON attname = name
    WHERE attname IS NULL OR attgenerated <> '' OR NOT
      CASE type WHEN 'text' THEN typcategory = 'S' OR (typcategory = 'E' AND name IN ('status', 'order_type'))
                                 OR (typname IN ('int2', 'int4', 'int8', 'uuid') AND name IN ('order_id', 'customer_id'))
                WHEN 'numeric' THEN typname IN ('int2', 'int4', 'int8', 'numeric', 'float4', 'float8')
                ELSE typname IN ('timestamp', 'timestamptz', 'date') END
    UNION ALL
    SELECT format('column %I has a name that o2o-exporter uses itself', attname)
    FROM there WHERE attname IN ('first_status', 'first_updated_at', 'status_since', 'shown_at', 'open')
    UNION ALL
    SELECT format('column %I is required, and o2o-exporter has no value for it', attname)
    FROM there WHERE attnotnull AND NOT atthasdef AND attidentity = '' AND attname NOT IN (SELECT name FROM kept)
    UNION ALL
    SELECT 'order_id is neither primary key nor unique' WHERE NOT EXISTS (
      SELECT FROM pg_index JOIN there ON attname = 'order_id'
      WHERE indrelid = found.oid AND indisunique AND indisvalid AND indpred IS NULL AND indnkeyatts = 1 AND indkey[0] = attnum)
    UNION ALL
    SELECT format('a view must take its place, and role %I may not make one: GRANT CREATE ON SCHEMA %I TO %I', current_user, place, current_user)
    WHERE place <> home AND NOT has_schema_privilege(found.relnamespace, 'CREATE')
  ) r;
  IF reasons IS NOT NULL THEN
    RAISE EXCEPTION 'table %.% of the proof of concept cannot be adopted: %. Nothing was changed: make it fit, or rename it',
      quote_ident(place), found.relname, reasons USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF place = home THEN
    RETURN;
  END IF;

  columns := (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
              WHERE attrelid = found.oid AND attnum > 0 AND NOT attisdropped);
  grants := grants_of(found.oid, format('%I.%I', place, found.relname));
  EXECUTE format('ALTER TABLE %I.%I SET SCHEMA %I', place, found.relname, home);
  EXECUTE format('CREATE VIEW %I.%I AS SELECT %s FROM %I.%2$I', place, found.relname, columns, home);
  EXECUTE format('COMMENT ON VIEW %I.%I IS %L', place, found.relname,
                 format('o2o-exporter keeps the table in schema %I; this view is for those who look for it here', home));
  IF pg_get_userbyid(found.relowner) <> current_user THEN
    EXECUTE format('ALTER VIEW %I.%I OWNER TO %I', place, found.relname, pg_get_userbyid(found.relowner));
  END IF;
  IF grants IS NOT NULL THEN
    EXECUTE grants;
  END IF;
END $$;

-- The orders as the OMS last showed them. Rows of the proof of concept stay. Those that lack a value (an infinite time is none)
-- get: status UNKNOWN, order_type unknown, updated_at = ingested_at (else 1970, so that whatever the OMS says next is newer).
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
      LIKE oms_rows,
      PRIMARY KEY (order_id),
      ingested_at      timestamptz NOT NULL DEFAULT now(),
      first_status     text COLLATE "C" NOT NULL,
      first_updated_at timestamptz NOT NULL,
      status_since     timestamptz NOT NULL,
      shown_at         timestamptz,
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
    )
    SELECT string_agg(CASE relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || oid::regclass, ', ' ORDER BY depth, relname)
             FILTER (WHERE relkind <> 'v' OR relhastriggers OR NOT pg_has_role(relowner, 'MEMBER')
                     OR EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = found.oid AND r.rulename <> '_RETURN')
                     OR EXISTS (SELECT FROM pg_attrdef a WHERE a.adrelid = found.oid)
                     OR EXISTS (SELECT FROM pg_description n
                                WHERE n.classoid = 'pg_class'::regclass AND n.objoid = found.oid AND n.objsubid > 0)),
           array_agg(oid::regclass::text ORDER BY depth DESC),
           array_agg(format('CREATE VIEW %s%s AS %s',
                            oid::regclass, ' WITH (' || array_to_string(reloptions, ', ') || ')', pg_get_viewdef(oid))
                     || CASE WHEN pg_get_userbyid(relowner) = current_user THEN ''
                             ELSE format('ALTER VIEW %s OWNER TO %I;', oid::regclass, pg_get_userbyid(relowner)) END
                     || coalesce(grants_of(oid, oid::regclass::text), '')
                     || format('COMMENT ON VIEW %s IS %L;', oid::regclass, obj_description(oid, 'pg_class'))
                     ORDER BY depth)
      INTO dependents, view_names, view_texts
    FROM found;
    IF dependents IS NOT NULL THEN
      RAISE EXCEPTION 'fact_orders_monitoring cannot be changed while this depends on it: %; drop it, start o2o-exporter, create it again',
        dependents USING ERRCODE = 'dependent_objects_still_exist';
    END IF;
    FOREACH step IN ARRAY coalesce(view_names, '{}') LOOP
      EXECUTE 'DROP VIEW ' || step;
    END LOOP;

    ALTER TABLE fact_orders_monitoring
      ALTER COLUMN ingested_at   DROP DEFAULT,
      ALTER COLUMN customer_id   DROP NOT NULL,
      ALTER COLUMN customer_name DROP NOT NULL,
      ALTER COLUMN total_amount  DROP NOT NULL,
      ALTER COLUMN item_name     DROP NOT NULL,
      ALTER COLUMN item_detail   DROP NOT NULL,
      ADD COLUMN first_status     text COLLATE "C",
      ADD COLUMN first_updated_at timestamptz,
      ADD COLUMN status_since     timestamptz,
      ADD COLUMN shown_at         timestamptz,
      ADD COLUMN open             boolean;
    -- One pass over the rows. Statuses have no meaning yet, so every order is open: sync_order_statuses says otherwise.
    ALTER TABLE fact_orders_monitoring
      ALTER COLUMN order_id         TYPE text COLLATE "C",
      ALTER COLUMN customer_id      TYPE text,
      ALTER COLUMN customer_name    TYPE text,
      ALTER COLUMN status           TYPE text COLLATE "C" USING coalesce(status::text, 'UNKNOWN'),
      ALTER COLUMN order_type       TYPE text COLLATE "C" USING coalesce(order_type::text, 'unknown'),
      ALTER COLUMN total_amount     TYPE numeric,
      ALTER COLUMN updated_at       TYPE timestamptz USING adopted_time(updated_at, ingested_at),
      ALTER COLUMN ingested_at      TYPE timestamptz USING CASE WHEN isfinite(ingested_at) THEN ingested_at ELSE now() END,
      ALTER COLUMN item_name        TYPE text,
      ALTER COLUMN item_detail      TYPE text,
      ALTER COLUMN first_status     TYPE text COLLATE "C" USING coalesce(status::text, 'UNKNOWN'),
      ALTER COLUMN first_updated_at TYPE timestamptz USING adopted_time(updated_at, ingested_at),
      ALTER COLUMN status_since     TYPE timestamptz USING adopted_time(updated_at, ingested_at),
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
DROP FUNCTION grants_of, adopted_time;

-- No time is infinite: nothing could be newer, and no metric could show it.
ALTER TABLE fact_orders_monitoring ADD CONSTRAINT fact_orders_monitoring_finite_times
  CHECK (isfinite(updated_at) AND isfinite(ingested_at) AND isfinite(first_updated_at) AND isfinite(status_since));

-- Orders are updated a few times in their first hour and then never again.
ALTER TABLE fact_orders_monitoring SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
-- Two indexes by time, each order in one of them: open orders are found by the first, and a row costs one entry. A query by
-- updated_at should say `open` or `NOT open`, or read dashboard_orders, which has both.
CREATE INDEX fact_orders_monitoring_open ON fact_orders_monitoring (updated_at) WHERE open;
CREATE INDEX fact_orders_monitoring_final ON fact_orders_monitoring (updated_at) WHERE NOT open;

COMMENT ON TABLE fact_orders_monitoring IS 'Orders as the OMS last showed them, one row each';
COMMENT ON COLUMN fact_orders_monitoring.ingested_at IS 'when the order was first stored, by the clock of this database';
COMMENT ON COLUMN fact_orders_monitoring.first_status IS 'status in which it was first seen';
COMMENT ON COLUMN fact_orders_monitoring.first_updated_at IS 'updated_at when it was first seen';
COMMENT ON COLUMN fact_orders_monitoring.status_since IS 'updated_at when it entered its status';
COMMENT ON COLUMN fact_orders_monitoring.shown_at IS 'clock of the OMS when it answered with the row as it is; null: of another writer';
COMMENT ON COLUMN fact_orders_monitoring.open IS 'its status is not final';

-- The meaning of each status, mirrored from the exporter's configuration, so that all writers classify alike.
CREATE TABLE order_statuses (
  status        text COLLATE "C" PRIMARY KEY,
  rank          int NOT NULL,      -- of two rows with one updated_at the higher is the newer
  outcome       text NOT NULL CHECK (outcome IN ('open', 'completed', 'failed')),
  delayed_after interval,          -- null: never delayed
  known         boolean NOT NULL   -- false: seen in orders but not configured; counts as open
);

-- The order types with label values of their own in tallies and gauges, see register_order_labels. For statuses: order_statuses.
CREATE TABLE order_types (order_type text COLLATE "C" PRIMARY KEY);

-- Status changes. An order's first status is in its own row; order_status_history shows both.
CREATE TABLE order_status_changes (
  id          bigint GENERATED ALWAYS AS IDENTITY (CACHE 100),  -- a page has thousands; within one session the later change has the greater id
  order_id    text COLLATE "C" NOT NULL,
  from_status text COLLATE "C" NOT NULL,
  to_status   text COLLATE "C" NOT NULL,
  changed_at  timestamptz NOT NULL,              -- by the OMS's clock
  seen_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, id)
);

CREATE VIEW order_status_history AS
  SELECT order_id, NULL::text AS from_status, first_status AS to_status, first_updated_at AS changed_at, ingested_at AS seen_at
  FROM fact_orders_monitoring
  UNION ALL
  SELECT order_id, from_status, to_status, changed_at, seen_at FROM order_status_changes;

CREATE VIEW open_orders AS
  SELECT order_id, order_type, status, status_since AS since FROM fact_orders_monitoring WHERE open;

-- The exporter's counters: they never go down, whichever program writes and whatever is deleted. Writers only add entries, so
-- that none waits for another; see fold_order_tallies.
CREATE TABLE order_tally_entries (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  family text COLLATE "C" NOT NULL,      -- the metric's name
  labels text[] COLLATE "C" NOT NULL,    -- its label values, in the order of the metrics catalogue
  value  numeric NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE VIEW order_tallies AS
  SELECT family, labels, sum(value) AS value FROM order_tally_entries GROUP BY family, labels;

-- Outcomes that an order reached, was counted for, and left again: each counts once per order. An order that is
-- still in its final status needs no entry. status is '' for completed.
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

-- Rows of the OMS whose orders another session's open transaction has changed; the next merge offers them again.
CREATE TABLE held_orders (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  held_at timestamptz NOT NULL DEFAULT now(),
  LIKE oms_rows
);

-- Rows of the OMS that could not be stored. The exporter bounds their number, size and age.
CREATE TABLE rejected_orders (
  fingerprint   bytea PRIMARY KEY,   -- sha256 of reason and payload
  reason        text NOT NULL,
  detail        text NOT NULL,
  payload       text NOT NULL,       -- the row's JSON text, cut to the configured ceiling
  payload_bytes bigint NOT NULL,     -- of the kept payload
  source        text NOT NULL,
  first_seen_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ingest_sources (
  source    text PRIMARY KEY,
  watermark timestamptz CHECK (isfinite(watermark)),  -- rows are complete up to here, by the OMS's clock; null: nothing yet
  oms_date  timestamptz,                              -- the Date of the OMS's answer that moved it there; null: the answer had none
  moved_at  timestamptz NOT NULL DEFAULT now(),       -- when that was, by the clock of this database
  gaps      bigint NOT NULL DEFAULT 0,
  -- The period that an unfinished `ingest` has stored, so that the next one continues there; null: none.
  caught_up_from timestamptz CHECK (isfinite(caught_up_from)),
  caught_up_to   timestamptz CHECK (isfinite(caught_up_to)),
  CHECK (caught_up_from < caught_up_to)
) WITH (fillfactor = 50);

-- A name of a batch job is the value of a label. (batch/run refuses others before it runs them.)
CREATE FUNCTION is_batch_job_name(name text) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$ SELECT name ~ '^[a-z][a-z0-9_]{0,62}$' $$;

-- Written by report_batch_job, shown as o2o_job_last_success_timestamp_seconds, o2o_job_duration_seconds and o2o_job_failed.
CREATE TABLE batch_jobs (
  batch_job        text PRIMARY KEY CHECK (is_batch_job_name(batch_job)),
  last_success_at  timestamptz CHECK (isfinite(last_success_at)),  -- null: never yet
  duration_seconds double precision CHECK (duration_seconds >= 0 AND duration_seconds < 'infinity'),  -- of the last run that ended
  failed           boolean NOT NULL DEFAULT false                  -- that run
);

-- Finished orders that retention moved away, with their status changes: a partition per month (UTC), created for its first row. An order
-- is either here or among the orders; one that the OMS shows again moves back.
CREATE TABLE orders_archive (
  LIKE oms_rows,
  ingested_at      timestamptz NOT NULL,
  first_status     text COLLATE "C" NOT NULL,
  first_updated_at timestamptz NOT NULL,
  status_since     timestamptz NOT NULL,
  shown_at         timestamptz,
  reached          text[] COLLATE "C" NOT NULL,  -- outcomes that it was counted for: 'completed', 'failed STATUS'
  archived_at      timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (updated_at);
CREATE INDEX orders_archive_order ON orders_archive (order_id);
CREATE TABLE order_status_changes_archive (
  id          bigint NOT NULL,
  order_id    text COLLATE "C" NOT NULL,
  from_status text COLLATE "C" NOT NULL,
  to_status   text COLLATE "C" NOT NULL,
  changed_at  timestamptz NOT NULL,
  seen_at     timestamptz NOT NULL
) PARTITION BY RANGE (changed_at);
CREATE INDEX order_status_changes_archive_order ON order_status_changes_archive (order_id);

-- The result of the job aggregate: orders by when they were first seen. Ratios are of sums: completed / (completed + failed), delayed / orders.
CREATE TABLE order_aggregates (
  grain      text NOT NULL CHECK (grain IN ('minute', 'hour', 'day')),
  starts_at  timestamptz NOT NULL,        -- UTC
  order_type text COLLATE "C" NOT NULL,
  orders     bigint NOT NULL,
  completed  bigint NOT NULL,             -- of these, so far
  failed     bigint NOT NULL,
  delayed    bigint NOT NULL,             -- stayed in a status longer than that status allows
  revenue    numeric NOT NULL,            -- of the completed ones
  PRIMARY KEY (grain, starts_at, order_type)
);
-- The hundred most ordered items of a day.
CREATE TABLE order_top_items (
  day       date NOT NULL,                -- UTC
  item_name text COLLATE "C" NOT NULL,
  orders    bigint NOT NULL,
  completed bigint NOT NULL,
  revenue   numeric NOT NULL,
  PRIMARY KEY (day, item_name)
);
-- The progress of batch jobs. aggregated: orders changed and stored until then are included. dropped: older archived orders are deleted.
CREATE TABLE batch_marks (mark text PRIMARY KEY CHECK (mark IN ('aggregated', 'dropped')), at timestamptz NOT NULL);

-- The objects that the scripts created, as schema_parts shows them; see check_counting.
CREATE TABLE schema_inventory (part text PRIMARY KEY, definition text NOT NULL);

-- For dashboards: no customers, payloads or free text. Anybody who may view a dashboard can send any SQL through Grafana, so
-- its role (o2o_dashboard, roles.sql) reads only these, order_status_history and open_orders.
CREATE VIEW dashboard_orders AS
  SELECT order_id, status, order_type, total_amount, updated_at, ingested_at, first_status, first_updated_at, status_since, open
  FROM fact_orders_monitoring WHERE open
  UNION ALL
  SELECT order_id, status, order_type, total_amount, updated_at, ingested_at, first_status, first_updated_at, status_since, open
  FROM fact_orders_monitoring WHERE NOT open;
CREATE VIEW dashboard_rejected_orders AS SELECT first_seen_at, source, reason, payload_bytes FROM rejected_orders;
CREATE VIEW dashboard_statuses AS SELECT status, outcome, delayed_after, known FROM order_statuses;
CREATE VIEW dashboard_order_types AS SELECT order_type FROM order_types;
CREATE VIEW dashboard_batch_jobs AS SELECT batch_job, last_success_at, duration_seconds, failed FROM batch_jobs;

INSERT INTO schema_migrations (version, needs) VALUES (1, 1);
