-- SPDX-License-Identifier: Apache-2.0
-- What batch jobs need of the schema. The jobs themselves are batch/*.sql.

-- How a job's run ended, for the metrics o2o_job_*. Each job is three series for as long as its row is there: a hundred are enough, and a
-- name is a label. When it succeeded is by the clock of this database. The only way in for those who do not own the schema.
CREATE FUNCTION report_batch_job(job text, seconds double precision, did_fail boolean) RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS $$
DECLARE
  most constant int := 100;
BEGIN
  IF job IS NULL OR job !~ '^[a-z][a-z0-9_]{0,62}$' THEN
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
    LOCK TABLE batch_jobs IN SHARE ROW EXCLUSIVE MODE;  -- two new ones at once are two
    IF (SELECT count(*) FROM batch_jobs WHERE batch_job <> job) >= most THEN
      RAISE EXCEPTION 'batch job %: % others have reported already, and there is room for no more: DELETE FROM batch_jobs those that are gone',
        job, most USING ERRCODE = 'configuration_limit_exceeded';
    END IF;
  END IF;
  INSERT INTO batch_jobs AS b (batch_job, last_success_at, duration_seconds, failed)
  VALUES (job, CASE WHEN NOT did_fail THEN clock_timestamp() END, seconds, did_fail)
  ON CONFLICT (batch_job) DO UPDATE
    SET last_success_at = coalesce(excluded.last_success_at, b.last_success_at), duration_seconds = excluded.duration_seconds, failed = excluded.failed;
END $$;

-- PostgreSQL lets everybody execute a new function. A trigger function of ours, hung on a table of their own, would let everybody
-- count and uncount. And what runs with the owner's rights must find its tables in this schema and nowhere else.
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

INSERT INTO schema_inventory (part, definition) SELECT part, definition FROM schema_parts;

INSERT INTO schema_migrations (version, needs) VALUES (4, 4);
