-- SPDX-License-Identifier: Apache-2.0
-- Storing a page, for the exporter and for batch jobs alike:
--   SELECT prepare_order_staging();          once per session
--   COPY staged_orders FROM ...;             each order_id once
--   SELECT * FROM merge_staged_orders(...);  in the same transaction; they are deleted when it ends

CREATE FUNCTION prepare_order_staging() RETURNS void LANGUAGE sql AS $$
  CREATE TEMPORARY TABLE IF NOT EXISTS staged_orders (LIKE oms_rows) ON COMMIT DELETE ROWS;
$$;

-- One merge at a time, so that two do not wait for each other's orders; but none waits long for one that stays open. With the owner's
-- privileges, since readers cannot take the lock.
CREATE FUNCTION take_merge_turn() RETURNS void SECURITY DEFINER LANGUAGE plpgsql
  SET lock_timeout = '2s'
AS $$
BEGIN
  LOCK TABLE held_orders IN SHARE UPDATE EXCLUSIVE MODE;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
  NULL;
END $$;

-- The latest time that is not of the future, by the OMS's clock: its Date has whole seconds, and its machines' clocks differ.
-- (kFutureTolerance of the exporter is the same minute.)
CREATE FUNCTION latest_present(oms_now timestamptz) RETURNS timestamptz STABLE LANGUAGE sql AS $$ SELECT oms_now + interval '1 minute' $$;

-- The two steps of a merge. `present`: later times are in the OMS's future. `answered`: when the OMS showed the rows. `chosen`: the orders; null: all staged ones.
CREATE FUNCTION insert_staged_orders(present timestamptz, answered timestamptz, chosen text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  inserted bigint;
BEGIN
  INSERT INTO fact_orders_monitoring
    (order_id, customer_id, customer_name, status, order_type, total_amount, updated_at, item_name, item_detail,
     first_status, first_updated_at, status_since, shown_at, open)
  SELECT s.order_id, s.customer_id, s.customer_name, s.status, s.order_type, s.total_amount, s.updated_at, s.item_name, s.item_detail,
         s.status, s.updated_at, s.updated_at, answered, coalesce(o.outcome, 'open') = 'open'
  FROM pg_temp.staged_orders s
  LEFT JOIN order_statuses o ON o.status = s.status
  WHERE NOT EXISTS (SELECT FROM fact_orders_monitoring f WHERE f.order_id = s.order_id)
    AND (chosen IS NULL OR s.order_id = ANY (chosen)) AND present IS NOT NULL;
  GET DIAGNOSTICS inserted = ROW_COUNT;
  RETURN inserted;
END $$;

CREATE FUNCTION update_staged_orders(present timestamptz, answered timestamptz, chosen text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  updated bigint;
BEGIN
  UPDATE fact_orders_monitoring f
  SET customer_id = s.customer_id, customer_name = s.customer_name, status = s.status, order_type = s.order_type,
      total_amount = s.total_amount, updated_at = s.updated_at, item_name = s.item_name, item_detail = s.item_detail,
      status_since = CASE WHEN f.status = s.status THEN least(f.status_since, s.updated_at) ELSE s.updated_at END,
      shown_at = answered, open = coalesce(o.outcome, 'open') = 'open'
  FROM pg_temp.staged_orders s
  LEFT JOIN order_statuses o ON o.status = s.status
  WHERE f.order_id = s.order_id
    AND (chosen IS NULL OR s.order_id = ANY (chosen))
    AND (f.customer_id, f.customer_name, f.status, f.order_type, f.total_amount, f.updated_at, f.item_name, f.item_detail)
        IS DISTINCT FROM
        (s.customer_id, s.customer_name, s.status, s.order_type, s.total_amount, s.updated_at, s.item_name, s.item_detail)
    AND CASE WHEN f.updated_at > present AND s.updated_at <= present
               THEN (order_status_rank(s.status), s.status) >= (order_status_rank(f.status), f.status)
             WHEN f.updated_at <> s.updated_at THEN s.updated_at > f.updated_at
             -- A shown_at beyond the present is from before the clock was set back, and means nothing.
             WHEN f.status = s.status THEN f.shown_at IS NULL OR f.shown_at > present OR f.shown_at <= answered
             ELSE order_status_is_newer(s.status, answered, f.status, CASE WHEN f.shown_at <= present THEN f.shown_at END) END;
  GET DIAGNOSTICS updated = ROW_COUNT;
  RETURN updated;
END $$;

-- A merge that leaves out the orders that other open transactions have changed. For existing rows PostgreSQL knows which are locked; for
-- new ones only an attempt shows it: first all at once, then in halves. `held`: the orders that are left out.
CREATE FUNCTION merge_unlocked_orders(present timestamptz, answered timestamptz, OUT inserted bigint, OUT updated bigint, OUT held text[]) LANGUAGE plpgsql AS $$
DECLARE
  give_up_at constant timestamptz := clock_timestamp() + interval '5 seconds';
  patience constant text := current_setting('lock_timeout');
  there text[];  -- existing, and different
  mine text[];
  fresh text[];
  starts int[];
  ends int[];
  start int;
  finish int;
BEGIN
  there := ARRAY(
    SELECT f.order_id FROM pg_temp.staged_orders s JOIN fact_orders_monitoring f ON f.order_id = s.order_id
    WHERE (f.customer_id, f.customer_name, f.status, f.order_type, f.total_amount, f.updated_at, f.item_name, f.item_detail)
          IS DISTINCT FROM
          (s.customer_id, s.customer_name, s.status, s.order_type, s.total_amount, s.updated_at, s.item_name, s.item_detail));
  mine := ARRAY(SELECT order_id FROM fact_orders_monitoring WHERE order_id = ANY (there) ORDER BY order_id FOR UPDATE SKIP LOCKED);
  held := ARRAY(SELECT unnest(there) EXCEPT SELECT unnest(mine));
  updated := update_staged_orders(present, answered, mine);

  fresh := ARRAY(SELECT order_id FROM pg_temp.staged_orders s
                 WHERE NOT EXISTS (SELECT FROM fact_orders_monitoring f WHERE f.order_id = s.order_id) ORDER BY order_id);
  inserted := 0;
  starts := ARRAY[1];
  ends := ARRAY[cardinality(fresh)];
  WHILE cardinality(starts) > 0 LOOP
    start := starts[1];
    finish := ends[1];
    starts := starts[2:];
    ends := ends[2:];
    CONTINUE WHEN finish < start;
    BEGIN
      PERFORM set_config('lock_timeout', '20ms', true);
      inserted := inserted + insert_staged_orders(present, answered, fresh[start:finish]);
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF start = finish OR clock_timestamp() > give_up_at THEN
        held := held || fresh[start:finish];
      ELSE
        starts := ARRAY[start, (start + finish) / 2 + 1] || starts;
        ends := ARRAY[(start + finish) / 2, finish] || ends;
      END IF;
    END;
    PERFORM set_config('lock_timeout', patience, true);
  END LOOP;
END $$;

-- Restores archived orders to what they were before retention moved them; what the OMS shows of them is then a change like any other.
CREATE FUNCTION bring_back_archived_orders(ids text[]) RETURNS void SECURITY DEFINER LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
  INSERT INTO fact_orders_monitoring
    (order_id, customer_id, customer_name, status, order_type, total_amount, updated_at, item_name, item_detail, ingested_at,
     first_status, first_updated_at, status_since, shown_at, open)
  SELECT a.order_id, a.customer_id, a.customer_name, a.status, a.order_type, a.total_amount, a.updated_at, a.item_name, a.item_detail, a.ingested_at,
         a.first_status, a.first_updated_at, a.status_since, a.shown_at, coalesce(o.outcome, 'open') = 'open'
  FROM orders_archive a LEFT JOIN order_statuses o ON o.status = a.status
  WHERE a.order_id = ANY (ids)
  ON CONFLICT (order_id) DO NOTHING;
END $$;

-- Inserts new orders and updates those that changed and are not older; touches no other row. oms_now: the clock of the OMS. A stored
-- updated_at more than a minute beyond it is wrong, or from before that clock was set back: it gives way to a row without that fault,
-- unless that one has an earlier status (an old row shown again). answered_at: that clock when the OMS sent the page, if the page is
-- offered later; it decides between rows with the same updated_at, see order_status_is_newer. Statuses and order types are stored as they
-- are spelled: configured_status and configured_order_type give the configured spelling. held: rows whose orders another open transaction
-- has changed; they are kept, and merged and counted by a later call.
CREATE FUNCTION merge_staged_orders(
  oms_now timestamptz, answered_at timestamptz DEFAULT NULL, OUT inserted bigint, OUT updated bigint, OUT unchanged bigint, OUT stale bigint, OUT held bigint)
  LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan  -- a page is 10 rows or 100,000
  SET enable_seqscan = off  -- the orders are looked up by their index, whatever the statistics say
  SET jit = off
  SET work_mem = '64MB'
AS $$
DECLARE
  -- Used in every statement below: only statements with parameters get a new plan for each page.
  present constant timestamptz NOT NULL := latest_present(oms_now);
  answered constant timestamptz NOT NULL := coalesce(answered_at, oms_now);
  patience constant text := current_setting('lock_timeout');
  staged bigint;
  unknown bigint;
  differing bigint;
  held_ids text[] := '{}';
  swallowed bigint;
BEGIN
  PERFORM check_counting();
  PERFORM take_merge_turn();

  -- Held rows are merged with the page, whose own row of such an order is at least as new, unless its time says otherwise.
  IF EXISTS (SELECT FROM held_orders) THEN
    WITH back AS (
      DELETE FROM held_orders WHERE id IN (SELECT id FROM held_orders FOR UPDATE SKIP LOCKED) RETURNING *
    ), newest AS (
      SELECT DISTINCT ON (order_id) * FROM back ORDER BY order_id, updated_at DESC, id DESC
    ), replaced AS (
      DELETE FROM pg_temp.staged_orders s USING newest n WHERE s.order_id = n.order_id AND s.updated_at < n.updated_at
    )
    INSERT INTO pg_temp.staged_orders
    SELECT order_id, customer_id, customer_name, status, order_type, total_amount, updated_at, item_name, item_detail FROM newest n
    WHERE NOT EXISTS (SELECT FROM pg_temp.staged_orders s WHERE s.order_id = n.order_id AND s.updated_at >= n.updated_at);
  END IF;

  IF EXISTS (SELECT FROM orders_archive) THEN
    PERFORM bring_back_archived_orders(ARRAY(
      SELECT order_id FROM pg_temp.staged_orders s
      WHERE NOT EXISTS (SELECT FROM fact_orders_monitoring f WHERE f.order_id = s.order_id) AND present IS NOT NULL));
  END IF;

  -- Most pages repeat what is already stored: one query shows whether there is anything to write.
  SELECT count(*),
         count(*) FILTER (WHERE f.order_id IS NULL),
         count(*) FILTER (WHERE f.order_id IS NOT NULL
           AND (f.customer_id, f.customer_name, f.status, f.order_type, f.total_amount, f.updated_at, f.item_name, f.item_detail)
               IS DISTINCT FROM
               (s.customer_id, s.customer_name, s.status, s.order_type, s.total_amount, s.updated_at, s.item_name, s.item_detail))
    INTO staged, unknown, differing
  FROM pg_temp.staged_orders s
  LEFT JOIN fact_orders_monitoring f ON f.order_id = s.order_id
  WHERE present IS NOT NULL;

  inserted := 0;
  updated := 0;
  IF unknown > 0 OR differing > 0 THEN
    BEGIN
      PERFORM set_config('lock_timeout', '200ms', true);
      IF unknown > 0 THEN
        inserted := insert_staged_orders(present, answered, NULL);
      END IF;
      IF differing > 0 OR inserted < unknown THEN  -- or another program has inserted some of them meanwhile
        updated := update_staged_orders(present, answered, NULL);
      END IF;
      PERFORM set_config('lock_timeout', patience, true);
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      SELECT m.inserted, m.updated, m.held INTO inserted, updated, held_ids FROM merge_unlocked_orders(present, answered) m;
      INSERT INTO held_orders (order_id, customer_id, customer_name, status, order_type, total_amount, updated_at, item_name, item_detail)
      SELECT * FROM pg_temp.staged_orders WHERE order_id = ANY (held_ids);
    END;
    -- Foreign triggers that run before ours can drop a row silently.
    IF EXISTS (SELECT FROM foreign_row_triggers) THEN
      SELECT count(*) INTO swallowed
      FROM pg_temp.staged_orders s LEFT JOIN fact_orders_monitoring f ON f.order_id = s.order_id
      WHERE s.order_id <> ALL (held_ids) AND (f.order_id IS NULL OR (s.updated_at > f.updated_at AND s.updated_at <= present));
      IF swallowed > 0 THEN
        RAISE EXCEPTION '% orders were kept out of fact_orders_monitoring by a trigger of another program (%): make it RETURN NEW, or drop it',
          swallowed, (SELECT string_agg(quote_ident(trigger), ', ' ORDER BY trigger) FROM foreign_row_triggers) USING ERRCODE = 'O2O01';
      END IF;
    END IF;
  END IF;
  held := cardinality(held_ids);
  stale := greatest(differing - updated - held, 0);
  unchanged := greatest(staged - inserted - updated - stale - held, 0);
END $$;

-- Whether the stored watermark moves to the newest row of a page: forward; back only if the OMS's clock was set back since the
-- watermark was set (set_back_from), as seen by the writer.
CREATE FUNCTION watermark_gives_way(kept ingest_sources, newest timestamptz, answer_date timestamptz, set_back_from timestamptz)
  RETURNS boolean IMMUTABLE LANGUAGE sql AS $$
  SELECT kept.watermark IS NULL OR newest > kept.watermark
      OR (kept.watermark IS NOT DISTINCT FROM set_back_from AND (newest, answer_date) IS DISTINCT FROM (kept.watermark, kept.oms_date))
$$;

-- Moves a source's watermark to the newest row of a page, and counts the gap that the page showed; writes only changes. A repeated
-- page changes nothing: its gap is counted with the move that closes it. If the page shows nothing of the present (newest is null, or
-- beyond oms_now, the OMS's clock), the gap stays open and counts each time.
CREATE FUNCTION advance_watermark(
  of_source text, newest timestamptz, answer_date timestamptz, oms_now timestamptz, set_back_from timestamptz, gap boolean)
  RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF newest <= latest_present(oms_now) THEN
    INSERT INTO ingest_sources AS i (source, watermark, oms_date, gaps)
    SELECT of_source, newest, answer_date, gap::int
    WHERE NOT EXISTS (SELECT FROM ingest_sources k
                      WHERE k.source = of_source AND NOT watermark_gives_way(k, newest, answer_date, set_back_from))
    ON CONFLICT (source) DO UPDATE
      SET watermark = excluded.watermark, oms_date = excluded.oms_date, moved_at = excluded.moved_at, gaps = i.gaps + excluded.gaps
      WHERE watermark_gives_way(i, newest, answer_date, set_back_from);
  ELSIF gap THEN
    INSERT INTO ingest_sources AS i (source, gaps) VALUES (of_source, 1)
    ON CONFLICT (source) DO UPDATE SET gaps = i.gaps + 1;
  END IF;
END $$;

-- The rows that order_statuses should hold: the configured ones, ranked in the order given, and those that were
-- seen without being configured.
CREATE FUNCTION wanted_order_statuses(statuses text[], outcomes text[], delayed_after_ms bigint[])
  RETURNS SETOF order_statuses STABLE LANGUAGE sql AS $$
  WITH configured AS (
    SELECT c.status COLLATE "C" AS status, (10 * c.place)::int AS rank, c.outcome,
           c.delayed_ms * interval '1 millisecond' AS delayed_after, true AS known
    FROM unnest(statuses, outcomes, delayed_after_ms) WITH ORDINALITY AS c (status, outcome, delayed_ms, place)
  )
  SELECT status, rank, outcome, delayed_after, known FROM configured
  UNION ALL
  SELECT s.status, coalesce((SELECT max(rank) FROM configured WHERE outcome = 'open'), 0) + 5, 'open', NULL, false
  FROM order_statuses s WHERE s.status NOT IN (SELECT status FROM configured)
$$;

-- Mirrors the configuration into order_statuses; true if that changed anything. An order whose status changed its
-- meaning is counted for the new meaning, once; what was counted before stays.
CREATE FUNCTION sync_order_statuses(statuses text[], outcomes text[], delayed_after_ms bigint[])
  RETURNS boolean SECURITY DEFINER LANGUAGE plpgsql AS $$
DECLARE
  entries order_tally_entries[];
BEGIN
  IF NOT EXISTS (
    SELECT FROM wanted_order_statuses(statuses, outcomes, delayed_after_ms) w FULL JOIN order_statuses s ON s.status = w.status
    WHERE (w.rank, w.outcome, w.delayed_after, w.known) IS DISTINCT FROM (s.rank, s.outcome, s.delayed_after, s.known)
  ) THEN
    RETURN false;
  END IF;
  -- Nobody may store an order by the old meaning meanwhile.
  LOCK TABLE fact_orders_monitoring IN SHARE ROW EXCLUSIVE MODE;
  LOCK TABLE order_types IN SHARE ROW EXCLUSIVE MODE;
  IF EXISTS (
    SELECT FROM wanted_order_statuses(statuses, outcomes, delayed_after_ms) w LEFT JOIN order_statuses s ON s.status = w.status
    WHERE w.outcome <> coalesce(s.outcome, 'open')
  ) THEN
    INSERT INTO order_outcomes (order_id, outcome, status)
    SELECT f.order_id, s.outcome, CASE s.outcome WHEN 'failed' THEN f.status ELSE '' END
    FROM fact_orders_monitoring f
    JOIN order_statuses s ON s.status = f.status
    JOIN wanted_order_statuses(statuses, outcomes, delayed_after_ms) w ON w.status = f.status
    WHERE s.outcome <> w.outcome AND s.outcome <> 'open'
    ON CONFLICT DO NOTHING;

    WITH reached AS (
      SELECT coalesce(t.order_type, 'other') AS order_type, f.status, w.outcome,
             CASE WHEN f.total_amount > 0 AND f.total_amount < 'Infinity' THEN f.total_amount ELSE 0 END AS amount
      FROM fact_orders_monitoring f
      JOIN wanted_order_statuses(statuses, outcomes, delayed_after_ms) w ON w.status = f.status
      LEFT JOIN order_statuses s ON s.status = f.status  -- none: it has no label value of its own
      LEFT JOIN order_types t ON t.order_type = f.order_type
      WHERE coalesce(s.outcome, 'open') <> w.outcome AND w.outcome <> 'open'
        AND NOT EXISTS (SELECT FROM order_outcomes m WHERE m.order_id = f.order_id AND m.outcome = w.outcome
                        AND m.status = CASE w.outcome WHEN 'failed' THEN f.status ELSE '' END)
    ), counts AS (
      SELECT 'o2o_orders_completed_total' AS family, ARRAY[order_type] AS labels, count(*) AS value
      FROM reached WHERE outcome = 'completed' GROUP BY order_type
      UNION ALL
      SELECT 'o2o_orders_completed_amount_total', ARRAY[order_type], sum(amount)
      FROM reached WHERE outcome = 'completed' GROUP BY order_type
      UNION ALL
      SELECT 'o2o_orders_failed_total', ARRAY[order_type, status], count(*)
      FROM reached WHERE outcome = 'failed' GROUP BY order_type, status
    )
    SELECT array_agg(ROW(NULL, family, labels, value)::order_tally_entries) INTO entries FROM counts;
    PERFORM add_to_order_tallies(entries);

    UPDATE fact_orders_monitoring f SET open = (w.outcome = 'open')
    FROM wanted_order_statuses(statuses, outcomes, delayed_after_ms) w
    WHERE w.status = f.status AND f.open <> (w.outcome = 'open');
  END IF;

  INSERT INTO order_statuses AS s (status, rank, outcome, delayed_after, known)
  SELECT status, rank, outcome, delayed_after, known FROM wanted_order_statuses(statuses, outcomes, delayed_after_ms)
  ON CONFLICT (status) DO UPDATE
    SET rank = excluded.rank, outcome = excluded.outcome, delayed_after = excluded.delayed_after, known = excluded.known;
  RETURN true;
END $$;

-- Gives the configured order types label values of their own, even beyond the ceiling; true if that changed anything. One that is no
-- longer configured keeps its place: its tallies stay for ever.
CREATE FUNCTION sync_order_types(types text[]) RETURNS boolean SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
  IF types <@ ARRAY(SELECT order_type FROM order_types) THEN
    RETURN false;
  END IF;
  LOCK TABLE order_types IN SHARE ROW EXCLUSIVE MODE;
  INSERT INTO order_types (order_type) SELECT unnest(types) ON CONFLICT DO NOTHING;
  RETURN true;
END $$;

-- The present objects of this schema on which counting relies. Others may add and drop views and triggers of their own.
CREATE VIEW schema_parts AS
  WITH home AS (SELECT relnamespace AS oid FROM pg_class WHERE oid = 'schema_migrations'::regclass)
  SELECT CASE relkind WHEN 'r' THEN 'table ' ELSE 'view ' END || quote_ident(relname) AS part, 'is there' AS definition
  FROM pg_class WHERE relnamespace = (SELECT oid FROM home) AND relkind IN ('r', 'v')
    AND left(relname::text, 10) <> 'dashboard_'  -- nothing counts by those
  UNION ALL
  SELECT format('function %I(%s)', proname, pg_get_function_identity_arguments(oid)), md5(concat(prosrc, prosecdef, proconfig))
  FROM pg_proc WHERE pronamespace = (SELECT oid FROM home)
  UNION ALL
  SELECT format('trigger %I on %I', tgname, relname),
         CASE WHEN tgenabled IN ('O', 'A') THEN concat(proname, ' ', tgtype) ELSE 'is switched off' END
  FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid
  WHERE NOT tgisinternal AND relnamespace = (SELECT oid FROM home) AND pronamespace = (SELECT oid FROM home);

-- Foreign triggers on the orders that can change a row, or keep it out.
CREATE VIEW foreign_row_triggers AS
  SELECT tgname AS trigger FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid
  WHERE tgrelid = 'fact_orders_monitoring'::regclass AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 3 = 3
    AND pronamespace <> (SELECT relnamespace FROM pg_class WHERE oid = 'schema_migrations'::regclass);

-- Fails, with what is wrong and what to do, if orders would be stored without being counted, or counters would be too low.
CREATE FUNCTION check_counting() RETURNS void STABLE LANGUAGE plpgsql AS $$
DECLARE
  home constant oid := (SELECT relnamespace FROM pg_class WHERE oid = 'schema_migrations'::regclass);
  problems text;
BEGIN
  SELECT string_agg(problem, '; ' ORDER BY problem) INTO problems FROM (
    SELECT 'session_replication_role is replica here, so that triggers do not run: RESET it for the role and the database' AS problem
    WHERE current_setting('session_replication_role') = 'replica'
    UNION ALL
    SELECT part || CASE WHEN p.definition IS NULL THEN ' is missing: restore it'
                        WHEN p.definition = 'is switched off' THEN ' is switched off: ALTER TABLE ... ENABLE TRIGGER'
                        ELSE ' is not as o2o-exporter made it: restore it' END
    FROM schema_inventory i LEFT JOIN schema_parts p USING (part) WHERE p.definition IS DISTINCT FROM i.definition
    UNION ALL
    SELECT format('row security is on for %I, which hides rows: ALTER TABLE ... DISABLE ROW LEVEL SECURITY', relname)
    FROM pg_class WHERE relnamespace = home AND relrowsecurity
    UNION ALL
    SELECT format('rule %I rewrites what is written to %I: DROP RULE', rulename, relname)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class WHERE relnamespace = home AND relkind = 'r'
    UNION ALL
    SELECT format('trigger %I may keep rows out of %I: drop it', tgname, relname)
    FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
    WHERE relnamespace = home AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 3 = 3
      AND relname IN ('order_tally_entries', 'order_outcomes', 'order_status_changes', 'order_statuses', 'order_types', 'held_orders')
    UNION ALL
    SELECT 'everybody may execute functions of the schema, and so forge counters: REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ... FROM PUBLIC'
    WHERE EXISTS (SELECT FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE pronamespace = home AND grantee = 0)
    UNION ALL
    SELECT 'everybody may create in the schema: REVOKE CREATE ON SCHEMA ... FROM PUBLIC'
    WHERE EXISTS (SELECT FROM pg_namespace n, aclexplode(nspacl) WHERE n.oid = home AND grantee = 0 AND privilege_type = 'CREATE')
    UNION ALL
    SELECT format('the rows of %s are missing, while orders are there: restore them', missing)
    FROM (SELECT 'order_tally_entries' WHERE NOT EXISTS (SELECT FROM order_tally_entries)
          UNION ALL SELECT 'order_statuses' WHERE NOT EXISTS (SELECT FROM order_statuses)
          UNION ALL SELECT 'order_duration_buckets' WHERE NOT EXISTS (SELECT FROM order_duration_buckets)) m (missing)
    WHERE EXISTS (SELECT FROM fact_orders_monitoring)
  ) p;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION 'counting is not in order: %', problems USING ERRCODE = 'O2O01';
  END IF;
END $$;

INSERT INTO schema_migrations (version, needs) VALUES (3, 3);
