-- SPDX-License-Identifier: Apache-2.0
-- Job `retention`: finished orders that did not change for o2o.keep_days move into orders_archive with their status changes; months of the
-- archive older than o2o.keep_archive_months are dropped; so are aggregates by the minute older than o2o.keep_minutes_days. Counters stay.
-- An order of the archive that the OMS shows again comes back, and counts for nothing twice.
--
-- A transaction for every o2o.rows_at_once orders; it may be stopped at any time, and continues where it was. Orders come in meanwhile.
--
-- Settings: o2o.schema (o2o), o2o.keep_days (90), o2o.keep_archive_months (24), o2o.keep_minutes_days (60), o2o.rows_at_once (5000).
-- Run in autocommit.
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp', coalesce(nullif(current_setting('o2o.schema', true), ''), 'o2o')), false); END $$;

DO $$
DECLARE
  days constant int := coalesce(nullif(current_setting('o2o.keep_days', true), '')::int, 90);
  at_once constant int := coalesce(nullif(current_setting('o2o.rows_at_once', true), '')::int, 5000);
  before constant timestamptz := now() - days * interval '1 day';
  moved bigint;
  total bigint := 0;
BEGIN
  IF days < 1 OR at_once < 1 THEN
    RAISE EXCEPTION 'retention: o2o.keep_days is % and o2o.rows_at_once %, want 1 or more', days, at_once;
  END IF;
  LOOP
    moved := archive_orders(before, at_once);
    COMMIT;
    EXIT WHEN moved = 0;
    total := total + moved;
    RAISE NOTICE 'retention: % orders moved into the archive so far', total;
  END LOOP;
END $$;

SELECT drop_archive(date_trunc('month', now(), 'UTC')
                    - greatest(1, coalesce(nullif(current_setting('o2o.keep_archive_months', true), '')::int, 24)) * interval '1 month') AS dropped;

DELETE FROM order_aggregates
WHERE grain = 'minute'
  AND starts_at < now() - greatest(1, coalesce(nullif(current_setting('o2o.keep_minutes_days', true), '')::int, 60)) * interval '1 day';
