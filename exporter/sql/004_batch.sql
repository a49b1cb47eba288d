-- SPDX-License-Identifier: Apache-2.0
-- The parts of the schema for batch jobs. The jobs themselves are batch/*.sql.

-- Records the result of a job's run, for the metrics o2o_job_*. Each job is three series as long as its row exists, hence at most a hundred.
-- Times are by the clock of this database. The only way for others than the schema's owner to report.
CREATE FUNCTION report_batch_job(job text, seconds double precision, did_fail boolean) RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS $$
DECLARE
  most constant int := 100;
BEGIN
  IF NOT coalesce(is_batch_job_name(job), false) THEN
    RAISE EXCEPTION 'batch job %: a name has 1 to 63 of a-z, 0-9 and _, and begins with a letter', coalesce(quote_literal(left(job, 63)), 'null')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF seconds IS NULL OR NOT (seconds >= 0 AND seconds < 'infinity') THEN
    RAISE EXCEPTION 'batch job %: its duration is %, want seconds, 0 or more', job, coalesce(seconds::text, 'null')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF did_fail IS NULL THEN
    RAISE EXCEPTION 'batch job %: whether it failed is null, want true or false', job USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT EXISTS (SELECT FROM batch_jobs WHERE batch_job = job) THEN
    LOCK TABLE batch_jobs IN SHARE ROW EXCLUSIVE MODE;  -- two new jobs at once count as two
    IF (SELECT count(*) FROM batch_jobs WHERE batch_job <> job) >= most THEN
      RAISE EXCEPTION 'batch job %: % other jobs have reported, which is the limit: DELETE FROM batch_jobs those that are gone',
        job, most USING ERRCODE = 'configuration_limit_exceeded';
    END IF;
  END IF;
  INSERT INTO batch_jobs AS b (batch_job, last_success_at, duration_seconds, failed)
  VALUES (job, CASE WHEN NOT did_fail THEN clock_timestamp() END, seconds, did_fail)
  ON CONFLICT (batch_job) DO UPDATE
    SET last_success_at = coalesce(excluded.last_success_at, b.last_success_at), duration_seconds = excluded.duration_seconds, failed = excluded.failed;
END $$;

-- Creates the archive's partitions for the month of `at`. Roles that may read the whole may read each of them, which a dump does.
CREATE FUNCTION make_archive_month(at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  month constant timestamp := date_trunc('month', at AT TIME ZONE 'UTC');
  parent text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['orders_archive', 'order_status_changes_archive'] LOOP
    IF to_regclass(format('%I', parent || to_char(month, '_YYYY_MM'))) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', parent || to_char(month, '_YYYY_MM'), parent,
                     month || '+00', month + interval '1 month' || '+00');
      EXECUTE coalesce((SELECT string_agg(format('GRANT %s ON %I TO %s', privilege_type, parent || to_char(month, '_YYYY_MM'),
                                                 CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END), '; ')
                        FROM pg_class, aclexplode(relacl) WHERE oid = parent::regclass AND grantee <> relowner), '');
    END IF;
  END LOOP;
END $$;

-- Moves finished orders that did not change since `before` into the archive with their status changes, the oldest first, at most `at_most`.
-- Returns how many. Counters do not change. Orders locked by other sessions are left for the next time: nobody waits.
CREATE FUNCTION archive_orders(before timestamptz, at_most int) RETURNS bigint SECURITY DEFINER LANGUAGE plpgsql
  SET lock_timeout = '5s'  -- to make a partition
AS $$
DECLARE
  chosen text[];
BEGIN
  IF before IS NULL OR before > now() - interval '1 day' THEN
    RAISE EXCEPTION 'archive_orders: orders until % would go, want a time at least a day ago', coalesce(before::text, 'null')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM check_counting();
  chosen := ARRAY(SELECT order_id FROM fact_orders_monitoring WHERE NOT open AND updated_at < before
                  ORDER BY updated_at LIMIT at_most FOR UPDATE SKIP LOCKED);
  PERFORM make_archive_month(month) FROM (
    SELECT date_trunc('month', updated_at, 'UTC') AS month FROM fact_orders_monitoring WHERE order_id = ANY (chosen)
    UNION
    SELECT date_trunc('month', changed_at, 'UTC') FROM order_status_changes WHERE order_id = ANY (chosen)
  ) m;
  WITH gone AS (
    DELETE FROM fact_orders_monitoring WHERE order_id = ANY (chosen) RETURNING *
  )
  INSERT INTO orders_archive
    (order_id, customer_id, customer_name, status, order_type, total_amount, updated_at, item_name, item_detail, ingested_at,
     first_status, first_updated_at, status_since, shown_at, reached)
  SELECT order_id, customer_id, customer_name, status, order_type, total_amount, updated_at, item_name, item_detail, ingested_at,
         first_status, first_updated_at, status_since, shown_at,
         ARRAY(SELECT rtrim(outcome || ' ' || o.status) FROM order_outcomes o WHERE o.order_id = gone.order_id
               UNION
               SELECT CASE outcome WHEN 'failed' THEN 'failed ' || s.status ELSE outcome END FROM order_statuses s
               WHERE s.status = gone.status AND outcome <> 'open')
  FROM gone;
  WITH gone AS (
    DELETE FROM order_status_changes WHERE order_id = ANY (chosen) RETURNING *
  )
  INSERT INTO order_status_changes_archive (id, order_id, from_status, to_status, changed_at, seen_at)
  SELECT id, order_id, from_status, to_status, changed_at, seen_at FROM gone;
  RETURN cardinality(chosen);
END $$;

-- Drops the months of the archive that ended before `before`; returns their tables. An order of theirs counts as new if the OMS shows it again.
CREATE FUNCTION drop_archive(before timestamptz) RETURNS text[] SECURITY DEFINER LANGUAGE plpgsql
  SET lock_timeout = '5s'
AS $$
DECLARE
  dropped text[] := '{}';
  found record;
BEGIN
  IF before IS NULL OR before > now() - interval '1 day' THEN
    RAISE EXCEPTION 'drop_archive: months until % would go, want a time at least a day ago', coalesce(before::text, 'null')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR found IN
    SELECT c.relname, to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' AS ended
    FROM pg_inherits i JOIN pg_class c ON c.oid = inhrelid
    WHERE inhparent IN ('orders_archive'::regclass, 'order_status_changes_archive'::regclass)
      AND (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' <= before
    ORDER BY 1
  LOOP
    EXECUTE format('DROP TABLE %I', found.relname);
    dropped := dropped || found.relname::text;
    INSERT INTO batch_marks AS m (mark, at) VALUES ('dropped', found.ended AT TIME ZONE 'UTC')
    ON CONFLICT (mark) DO UPDATE SET at = greatest(m.at, excluded.at);
  END LOOP;
  RETURN dropped;
END $$;

-- Orders wherever they are, for reports.
CREATE VIEW all_orders AS
  SELECT order_id, status, order_type, total_amount, updated_at, item_name, ingested_at, first_status, first_updated_at, status_since
  FROM fact_orders_monitoring WHERE open
  UNION ALL
  SELECT order_id, status, order_type, total_amount, updated_at, item_name, ingested_at, first_status, first_updated_at, status_since
  FROM fact_orders_monitoring WHERE NOT open
  UNION ALL
  SELECT order_id, status, order_type, total_amount, updated_at, item_name, ingested_at, first_status, first_updated_at, status_since
  FROM orders_archive;

-- PostgreSQL lets everybody execute a new function. With one of our trigger functions on a table of their own, anybody could count and
-- uncount. And functions with the owner's privileges must find their tables in this schema and nowhere else.
DO $$
DECLARE
  ours regprocedure;
BEGIN
  FOR ours IN
    SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = current_schema()
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', ours);
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', ours, current_schema());
  END LOOP;
END $$;

DELETE FROM schema_inventory;  -- of the previous release
INSERT INTO schema_inventory (part, definition) SELECT part, definition FROM schema_parts;

INSERT INTO schema_migrations (version, needs) VALUES (4, 4);
