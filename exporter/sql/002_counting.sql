-- SPDX-License-Identifier: Apache-2.0
-- Counting: triggers on the orders keep tallies, status changes and outcomes right whichever program writes.
-- They run once per statement over all its rows, with the rights of the schema's owner.

-- The rank of an unconfigured status: after the configured open ones, before the final ones.
CREATE FUNCTION unknown_status_rank() RETURNS int STABLE LANGUAGE sql AS $$
  SELECT coalesce(max(rank), 0) + 5 FROM order_statuses WHERE known AND outcome = 'open'
$$;

CREATE FUNCTION order_status_rank(wanted text) RETURNS int STABLE LANGUAGE sql AS $$
  SELECT coalesce((SELECT rank FROM order_statuses WHERE status = wanted), unknown_status_rank())
$$;

-- Of two rows of one order with the same updated_at and different statuses: whether the first is the newer. Configured statuses before
-- the first final one are passed in their sequence, so an earlier one is an old row shown again. Between the others, and unconfigured
-- ones, an order may go either way (a refund): the one that the OMS showed later is newer. Then the rank decides.
-- (store/newest_rows.h does the same for the rows of one answer, and says why.)
CREATE FUNCTION order_status_is_newer(wanted text, wanted_at timestamptz, kept text, kept_at timestamptz)
  RETURNS boolean STABLE LANGUAGE sql AS $$
  WITH final AS (
    SELECT min(rank) AS first FROM order_statuses WHERE known AND outcome <> 'open'
  ), sides AS (
    SELECT side, w.status COLLATE "C" AS status, order_status_rank(w.status) AS rank, coalesce(answered_at, '-infinity') AS answered_at,
           NOT EXISTS (SELECT FROM order_statuses o, final WHERE o.status = w.status AND o.known AND o.rank < final.first) AS any_order
    FROM (VALUES ('wanted', wanted, wanted_at), ('kept', kept, kept_at)) w (side, status, answered_at)
  ), ranked AS (
    SELECT side, ROW(any_order, CASE WHEN any_order THEN answered_at ELSE '-infinity' END, rank, status) AS place FROM sides
  )
  SELECT (SELECT place FROM ranked WHERE side = 'wanted') > (SELECT place FROM ranked WHERE side = 'kept')
$$;

-- A word in its configured spelling, whatever its case and outer blanks. An unconfigured word stays as it is.
CREATE FUNCTION configured_status(word text) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT coalesce((SELECT status FROM order_statuses WHERE known AND lower(status) = lower(btrim(word, E' \t\r\n') COLLATE "C")
                   ORDER BY status <> word, rank LIMIT 1), word)
$$;
CREATE FUNCTION configured_order_type(word text) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT coalesce((SELECT order_type FROM order_types WHERE lower(order_type) = lower(btrim(word, E' \t\r\n') COLLATE "C")
                   ORDER BY order_type <> word, order_type LIMIT 1), word)
$$;

-- Order types and statuses are words of the OMS, and each is a series for ever: only the first hundred order types (the configured
-- ones have their places from the start, see sync_order_types) and the first hundred unconfigured statuses get label values of
-- their own, later ones count as `other`. The orders keep their real words. A transaction with new words makes others with new words
-- wait until it commits; after two seconds these count theirs as `other`.
CREATE FUNCTION register_order_labels(types text[], statuses text[]) RETURNS void LANGUAGE plpgsql
  SET lock_timeout = '2s'
AS $$
DECLARE
  told_apart constant int := 100;  -- of each
BEGIN
  IF NOT EXISTS (SELECT FROM unnest(types) w WHERE w NOT IN (SELECT order_type FROM order_types)
                 AND (SELECT count(*) FROM order_types) < told_apart)
     AND NOT EXISTS (SELECT FROM unnest(statuses) w WHERE w NOT IN (SELECT status FROM order_statuses)
                     AND (SELECT count(*) FROM order_statuses WHERE NOT known) < told_apart) THEN
    RETURN;
  END IF;
  BEGIN
    LOCK TABLE order_types IN SHARE ROW EXCLUSIVE MODE;  -- readers cannot take it
  EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN;
  END;
  INSERT INTO order_types (order_type)
  SELECT DISTINCT w COLLATE "C" FROM unnest(types) w WHERE w NOT IN (SELECT order_type FROM order_types)
  ORDER BY 1 LIMIT greatest(0, told_apart - (SELECT count(*) FROM order_types))
  ON CONFLICT DO NOTHING;
  INSERT INTO order_statuses (status, rank, outcome, known)
  SELECT DISTINCT w COLLATE "C", unknown_status_rank(), 'open', false FROM unnest(statuses) w
  WHERE w NOT IN (SELECT status FROM order_statuses)
  ORDER BY 1 LIMIT greatest(0, told_apart - (SELECT count(*) FROM order_statuses WHERE NOT known))
  ON CONFLICT DO NOTHING;
END $$;

-- Replaces the entries of each counter by one; a reader sees either the old ones or the new one. Entries of open transactions, and
-- those that another session is folding, are left for the next time: nobody waits.
CREATE FUNCTION fold_order_tallies() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RETURN;  -- it would collide with the last session that folded
  END IF;
  WITH taken AS MATERIALIZED (
    SELECT id FROM order_tally_entries FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM order_tally_entries e USING taken t WHERE e.id = t.id RETURNING e.family, e.labels, e.value
  )
  INSERT INTO order_tally_entries (family, labels, value) SELECT family, labels, sum(value) FROM gone GROUP BY family, labels;
END $$;

-- Adds to the counters, one entry each. One in a thousand entries makes its writer fold.
CREATE FUNCTION add_to_order_tallies(counts order_tally_entries[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  turn_to_fold boolean;
BEGIN
  WITH added AS (
    INSERT INTO order_tally_entries (family, labels, value)
    SELECT family, labels, sum(value) FROM unnest(counts) GROUP BY family, labels
    RETURNING id
  )
  SELECT max(id) / 1000 > (min(id) - 1) / 1000 INTO turn_to_fold FROM added;
  IF turn_to_fold THEN
    PERFORM fold_order_tallies();
  END IF;
END $$;

-- Fills our own columns for writers that do not know them. merge_staged_orders fills them itself, so that this is not called per row.
CREATE FUNCTION complete_order_row() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
  NEW.status := configured_status(NEW.status);
  NEW.order_type := configured_order_type(NEW.order_type);
  IF TG_OP = 'INSERT' THEN
    NEW.first_status := NEW.status;
    NEW.first_updated_at := NEW.updated_at;
  ELSIF NEW.status = OLD.status THEN
    RETURN NEW;  -- it was spelled otherwise
  END IF;
  NEW.status_since := NEW.updated_at;
  NEW.open := coalesce((SELECT outcome FROM order_statuses WHERE status = NEW.status), 'open') = 'open';
  RETURN NEW;
END $$;

-- For orders that are inserted again after retention moved them away: restores their counted outcomes and status changes from the archive.
-- Returns the orders that were there.
CREATE FUNCTION take_out_of_archive(ids text[]) RETURNS text[] LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
  found text[];
BEGIN
  WITH back AS (
    DELETE FROM orders_archive WHERE order_id = ANY (ids) RETURNING order_id, reached
  ), remembered AS (
    INSERT INTO order_outcomes (order_id, outcome, status)
    SELECT order_id, split_part(what, ' ', 1), CASE WHEN what LIKE 'failed %' THEN substr(what, 8) ELSE '' END FROM back, unnest(reached) AS what
    ON CONFLICT DO NOTHING
  )
  SELECT array_agg(order_id) INTO found FROM back;
  WITH back AS (
    DELETE FROM order_status_changes_archive WHERE order_id = ANY (found) RETURNING id, order_id, from_status, to_status, changed_at, seen_at
  )
  INSERT INTO order_status_changes (id, order_id, from_status, to_status, changed_at, seen_at) OVERRIDING SYSTEM VALUE
  SELECT id, order_id, from_status, to_status, changed_at, seen_at FROM back
  ON CONFLICT DO NOTHING;
  RETURN coalesce(found, '{}');
END $$;

-- Orders that come back from the archive count only for outcomes that they had not reached before, and not as new.
CREATE FUNCTION count_new_orders() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan  -- of orders from the archive there may be none or 100,000
  SET enable_nestloop = off  -- plans outlive the small page that they were made for
  SET jit = off
AS $$
DECLARE
  -- One pass over the rows: one element for each order type and status.
  types text[];
  statuses text[];
  numbers bigint[];
  amounts numeric[];
  news bigint[];
  back text[] := '{}';
  none_back boolean;
  entries order_tally_entries[];
BEGIN
  IF EXISTS (SELECT FROM orders_archive) THEN
    back := take_out_of_archive(ARRAY(SELECT order_id FROM new_rows));
  END IF;
  none_back := back = '{}';
  SELECT array_agg(order_type), array_agg(status), array_agg(fresh), array_agg(orders), array_agg(amount)
    INTO types, statuses, news, numbers, amounts
  FROM (
    SELECT order_type, status, count(*) FILTER (WHERE fresh) AS fresh, count(*) FILTER (WHERE counts) AS orders,
           coalesce(sum(total_amount) FILTER (WHERE counts AND total_amount > 0 AND total_amount < 'Infinity'), 0) AS amount
    FROM (
      SELECT n.order_type, n.status, n.total_amount, none_back OR n.order_id <> ALL (back) AS fresh,
             none_back OR NOT EXISTS (
               SELECT FROM order_outcomes m JOIN order_statuses s ON s.status = n.status AND s.outcome = m.outcome
               WHERE m.order_id = n.order_id AND m.status = CASE m.outcome WHEN 'failed' THEN n.status ELSE '' END) AS counts
      FROM new_rows n
    ) j GROUP BY order_type, status
  ) seen;
  IF types IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM register_order_labels(types, statuses);
  WITH judged AS MATERIALIZED (
    SELECT coalesce(t.order_type, 'other') AS order_type, status, s.outcome, fresh, orders, amount
    FROM unnest(types, statuses, news, numbers, amounts) AS seen (order_type, status, fresh, orders, amount)
    LEFT JOIN order_types t USING (order_type)
    LEFT JOIN order_statuses s USING (status)
  ), counts AS (
    SELECT 'o2o_orders_ingested_total' AS family, ARRAY[order_type] AS labels, fresh AS value FROM judged
    UNION ALL
    SELECT 'orders_gone', '{}', -cardinality(back) WHERE back <> '{}'
    UNION ALL
    SELECT 'o2o_orders_completed_total', ARRAY[order_type], orders FROM judged WHERE outcome = 'completed'
    UNION ALL
    SELECT 'o2o_orders_completed_amount_total', ARRAY[order_type], amount FROM judged WHERE outcome = 'completed'
    UNION ALL
    SELECT 'o2o_orders_failed_total', ARRAY[order_type, status], orders FROM judged WHERE outcome = 'failed'
  )
  SELECT array_agg(ROW(NULL, family, labels, value)::order_tally_entries) INTO entries FROM counts;
  PERFORM add_to_order_tallies(entries);
  RETURN NULL;
END $$;

CREATE FUNCTION count_changed_orders() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql
  SET enable_nestloop = off
  SET jit = off
  SET enable_mergejoin = off
  SET enable_sort = off
  SET work_mem = '64MB'
AS $$
DECLARE
  entries order_tally_entries[];
BEGIN
  IF NOT EXISTS (SELECT FROM new_rows) THEN
    RETURN NULL;
  END IF;
  PERFORM register_order_labels(array_agg(order_type), array_agg(status)) FROM (SELECT DISTINCT order_type, status FROM new_rows) n;
  WITH changed AS MATERIALIZED (
    SELECT n.order_id, n.order_type, n.total_amount, n.updated_at, n.updated_at - n.first_updated_at AS age,
           n.first_status, o.status AS from_status, n.status AS to_status
    FROM old_rows o JOIN new_rows n ON n.order_id = o.order_id AND n.status <> o.status
  ), kept AS (
    INSERT INTO order_status_changes (order_id, from_status, to_status, changed_at)
    SELECT order_id, from_status, to_status, updated_at FROM changed
  ), left_behind AS (
    INSERT INTO order_outcomes (order_id, outcome, status)
    SELECT order_id, outcome, CASE outcome WHEN 'failed' THEN from_status ELSE '' END
    FROM changed JOIN order_statuses ON status = from_status AND outcome <> 'open'
    ON CONFLICT DO NOTHING
  ), reached AS (
    SELECT c.order_type, c.first_status, c.from_status, c.to_status, now_is.outcome, greatest(c.age, '0') AS age,
           CASE WHEN c.total_amount > 0 AND c.total_amount < 'Infinity' THEN c.total_amount ELSE 0 END AS amount
    FROM changed c JOIN order_statuses now_is ON now_is.status = c.to_status AND now_is.outcome <> 'open'
    WHERE NOT EXISTS (SELECT FROM order_outcomes m WHERE m.order_id = c.order_id AND m.outcome = now_is.outcome
                      AND m.status = CASE now_is.outcome WHEN 'failed' THEN c.to_status ELSE '' END)
  ), grouped AS (
    -- width_bucket expects lower bounds and `le` is an upper one: they differ by one microsecond, the resolution of time here.
    SELECT order_type, first_status, from_status, to_status, outcome, width_bucket(age - interval '1 microsecond', bounds) AS bucket,
           count(*) AS orders, sum(amount) AS amount, extract(epoch FROM sum(age)) AS seconds
    FROM reached, (SELECT array_agg(le * interval '1 second' ORDER BY le) AS bounds FROM order_duration_buckets) b
    GROUP BY 1, 2, 3, 4, 5, 6
  ), counted AS (
    SELECT coalesce(t.order_type, 'other') AS order_type, g.to_status, g.outcome, g.bucket, g.orders, g.amount, g.seconds,
           coalesce(first_was.outcome, 'open') = 'open' AS first_seen_open
    FROM grouped g
    LEFT JOIN order_types t USING (order_type)
    LEFT JOIN order_statuses was ON was.status = g.from_status
    LEFT JOIN order_statuses first_was ON first_was.status = g.first_status
    WHERE NOT (g.outcome = 'completed' AND coalesce(was.outcome, 'open') = 'completed')
  ), counts AS (
    SELECT 'o2o_order_transitions_total' AS family, ARRAY[coalesce(f.status, 'other'), coalesce(t.status, 'other')] AS labels, orders AS value
    FROM (SELECT from_status, to_status, count(*) AS orders FROM changed GROUP BY from_status, to_status) c
    LEFT JOIN order_statuses f ON f.status = from_status
    LEFT JOIN order_statuses t ON t.status = to_status
    UNION ALL
    SELECT 'o2o_orders_completed_total', ARRAY[order_type], orders FROM counted WHERE outcome = 'completed'
    UNION ALL
    SELECT 'o2o_orders_completed_amount_total', ARRAY[order_type], amount FROM counted WHERE outcome = 'completed'
    UNION ALL
    SELECT 'o2o_orders_failed_total', ARRAY[order_type, to_status], orders FROM counted WHERE outcome = 'failed'
    UNION ALL
    SELECT 'o2o_order_duration_seconds_bucket', ARRAY[order_type, outcome, coalesce(le::text, '+Inf')], orders
    FROM counted
    LEFT JOIN (SELECT le, row_number() OVER (ORDER BY le) - 1 AS bucket FROM order_duration_buckets) b USING (bucket)
    WHERE first_seen_open
    UNION ALL
    SELECT 'o2o_order_duration_seconds_sum', ARRAY[order_type, outcome], seconds FROM counted WHERE first_seen_open
  )
  SELECT array_agg(ROW(NULL, family, labels, value)::order_tally_entries) INTO entries FROM counts;
  PERFORM add_to_order_tallies(entries);
  RETURN NULL;
END $$;

-- Counters stay when orders are deleted; their remembered outcomes are deleted too, so an order that comes back later counts as new. (For
-- orders that retention moves away the archive remembers them.) The number of deleted orders is tallied too: with the orders that are
-- here they are all that were ever counted.
CREATE FUNCTION forget_deleted_orders() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    DELETE FROM order_outcomes;
    INSERT INTO order_tally_entries (family, labels, value)
    SELECT 'orders_gone', '{}', sum(CASE family WHEN 'orders_gone' THEN -value ELSE value END) FROM order_tally_entries
    WHERE family IN ('o2o_orders_ingested_total', 'orders_gone') HAVING count(*) > 0;
  ELSIF EXISTS (SELECT FROM old_rows) THEN
    DELETE FROM order_outcomes WHERE order_id IN (SELECT order_id FROM old_rows);
    INSERT INTO order_tally_entries (family, labels, value) SELECT 'orders_gone', '{}', count(*) FROM old_rows;
  END IF;
  RETURN NULL;
END $$;

-- Orders of the proof of concept count from the start. No status has a meaning yet, so nothing is completed or failed:
-- sync_order_statuses counts that.
SELECT register_order_labels(array_agg(order_type), array_agg(status))
FROM (SELECT DISTINCT order_type, status FROM fact_orders_monitoring) f;
INSERT INTO order_tally_entries (family, labels, value)
SELECT 'o2o_orders_ingested_total', ARRAY[coalesce(t.order_type, 'other')], sum(orders)
FROM (SELECT order_type, count(*) AS orders FROM fact_orders_monitoring GROUP BY order_type) f
LEFT JOIN order_types t USING (order_type)
GROUP BY coalesce(t.order_type, 'other');

CREATE TRIGGER complete_new_order BEFORE INSERT ON fact_orders_monitoring FOR EACH ROW
  WHEN (NEW.first_status IS NULL) EXECUTE FUNCTION complete_order_row();
CREATE TRIGGER complete_changed_order BEFORE UPDATE ON fact_orders_monitoring FOR EACH ROW
  WHEN (NEW.status IS DISTINCT FROM OLD.status AND NEW.status_since IS NOT DISTINCT FROM OLD.status_since)
  EXECUTE FUNCTION complete_order_row();
CREATE TRIGGER count_new_orders AFTER INSERT ON fact_orders_monitoring
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_new_orders();
CREATE TRIGGER count_changed_orders AFTER UPDATE ON fact_orders_monitoring
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_changed_orders();
CREATE TRIGGER forget_deleted_orders AFTER DELETE ON fact_orders_monitoring
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION forget_deleted_orders();
CREATE TRIGGER forget_truncated_orders AFTER TRUNCATE ON fact_orders_monitoring
  FOR EACH STATEMENT EXECUTE FUNCTION forget_deleted_orders();

INSERT INTO schema_migrations (version, needs) VALUES (2, 2);
