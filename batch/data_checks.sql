-- SPDX-License-Identifier: Apache-2.0
-- Job `data_checks`: are the orders as orders can be, and do the counters equal them? Each check reports as a batch job of its own,
-- check_NAME (o2o_job_failed{batch_job="check_NAME"}); the job fails where one does, and says which orders.
--
-- Settings: o2o.schema (o2o); o2o.stuck_after (24 hours): an order that stays longer in a status that is not final is stuck;
-- o2o.most_amount (1000000): an order of more is a mistake; o2o.checked_since (2 days): how far back duplicates are searched.
-- Run in autocommit, after `aggregate`: gaps and volume compare its hours with the same hours of the three weeks before.
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp', coalesce(nullif(current_setting('o2o.schema', true), ''), 'o2o')), false); END $$;
DISCARD TEMP;
CREATE TEMPORARY TABLE found (name text, wrong bigint, example text, took interval, started timestamptz DEFAULT clock_timestamp());

-- One transaction, one view of the orders: a page that comes in meanwhile changes orders and counters at once.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL TimeZone = 'UTC';

-- The same customer, items, amount and moment under two numbers.
INSERT INTO found (name, wrong, example)
SELECT 'duplicates', coalesce(sum(times - 1), 0), min(first_id || ' and ' || last_id)
FROM (
  SELECT count(*) AS times, min(order_id) AS first_id, max(order_id) AS last_id
  FROM fact_orders_monitoring
  WHERE (open OR NOT open) AND customer_id IS NOT NULL
    AND updated_at >= now() - coalesce(nullif(current_setting('o2o.checked_since', true), '')::interval, '2 days')
  GROUP BY customer_id, item_name, item_detail, total_amount, first_updated_at
  HAVING count(*) > 1
) d;

-- Among the orders and in the archive at once.
INSERT INTO found (name, wrong, example)
SELECT 'archived_twice', count(*), min(order_id)
FROM (SELECT order_id FROM orders_archive JOIN fact_orders_monitoring USING (order_id)
      UNION ALL
      SELECT order_id FROM orders_archive GROUP BY order_id HAVING count(*) > 1) d;

-- (Orders of the proof of concept without any time have 1970.)
INSERT INTO found (name, wrong, example)
SELECT 'times', count(*), min(order_id || ': first seen ' || first_updated_at || ', in its status since ' || status_since || ', changed ' || updated_at)
FROM fact_orders_monitoring
WHERE updated_at > now() + interval '1 hour' OR first_updated_at > updated_at OR status_since > updated_at OR status_since < first_updated_at
   OR (updated_at < '2000-01-01' AND updated_at <> 'epoch');

INSERT INTO found (name, wrong, example)
SELECT 'amounts', count(*), min(order_id || ': ' || coalesce(total_amount::text, 'completed without an amount'))
FROM fact_orders_monitoring LEFT JOIN order_statuses s USING (status)
WHERE total_amount < 0 OR total_amount = 'NaN'
   OR total_amount > coalesce(nullif(current_setting('o2o.most_amount', true), '')::numeric, 1000000)
   OR (total_amount IS NULL AND s.outcome = 'completed');

INSERT INTO found (name, wrong, example)
SELECT 'stuck_orders', count(*), min(order_id || ': ' || status || ' since ' || status_since)
FROM fact_orders_monitoring
WHERE open AND status_since < now() - coalesce(nullif(current_setting('o2o.stuck_after', true), '')::interval, '24 hours');

-- Every order that was ever counted is here, or was deleted or moved to the archive, which is tallied as well.
INSERT INTO found (name, wrong, example)
SELECT 'tallies', abs(counted - gone - here),
       CASE WHEN counted - gone <> here THEN format('%s counted as ingested, %s gone since, but %s here', counted, gone, here) END
FROM (SELECT coalesce(sum(value) FILTER (WHERE family = 'o2o_orders_ingested_total'), 0)::bigint AS counted,
             coalesce(sum(value) FILTER (WHERE family = 'orders_gone'), 0)::bigint AS gone
      FROM order_tallies) t,
     (SELECT count(*) AS here FROM fact_orders_monitoring) f;

-- No more orders stand at an end than were counted for it. (Fewer do: orders leave, and are moved away.)
INSERT INTO found (name, wrong, example)
SELECT 'outcomes', coalesce(sum(here - counted), 0), min(format('%s %s: %s here, %s counted', outcome, status, here, counted))
FROM (
  SELECT outcome, CASE outcome WHEN 'failed' THEN s.status ELSE '' END AS status, count(*) AS here
  FROM fact_orders_monitoring f JOIN order_statuses s ON s.status = f.status AND s.outcome <> 'open' GROUP BY 1, 2
) h
LEFT JOIN LATERAL (
  SELECT coalesce(sum(value), 0)::bigint AS counted FROM order_tallies
  WHERE (outcome = 'completed' AND family = 'o2o_orders_completed_total')
     OR (outcome = 'failed' AND family = 'o2o_orders_failed_total' AND labels[2] = h.status)
) c ON true
WHERE here > counted;

-- Whole hours of the last day, as `aggregate` left them, beside the middle one of the same hour 1, 2 and 3 weeks ago. What has less than
-- these three weeks behind it has no expectation.
CREATE TEMPORARY TABLE hours ON COMMIT DROP AS
WITH began AS (
  SELECT min(starts_at) AS at FROM order_aggregates WHERE grain = 'hour'
), hour AS (
  SELECT h AS starts_at
  FROM generate_series(date_trunc('hour', now()) - interval '24 hours', date_trunc('hour', now()) - interval '1 hour', '1 hour') h, began
  WHERE h - interval '21 days' >= began.at
    AND h + interval '1 hour' <= (SELECT at FROM batch_marks WHERE mark = 'aggregated')
), seen AS (
  SELECT starts_at, sum(orders) AS orders FROM order_aggregates WHERE grain = 'hour' AND starts_at >= now() - interval '23 days' GROUP BY starts_at
)
SELECT hour.starts_at, coalesce(seen.orders, 0) AS orders,
       (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY coalesce(s.orders, 0))
        FROM generate_series(1, 3) AS weeks LEFT JOIN seen s ON s.starts_at = hour.starts_at - weeks * interval '7 days') AS expected
FROM hour LEFT JOIN seen USING (starts_at);

-- Of 7 orders expected none comes once in a thousand hours.
INSERT INTO found (name, wrong, example)
SELECT 'gaps', count(*), min(format('no order from %s on for an hour, %s expected', starts_at, expected)) FROM hours WHERE orders = 0 AND expected >= 7;

INSERT INTO found (name, wrong, example)
SELECT 'volume', (expected >= 100 AND (orders < expected / 2 OR orders > expected * 2))::int,
       CASE WHEN expected >= 100 AND (orders < expected / 2 OR orders > expected * 2)
            THEN format('%s orders in %s hours, %s expected', orders, hours, expected) END
FROM (SELECT coalesce(sum(orders), 0) AS orders, coalesce(sum(expected), 0) AS expected, count(*) AS hours FROM hours) day;
COMMIT;

UPDATE found f SET took = coalesce((SELECT min(n.started) FROM found n WHERE n.started > f.started), clock_timestamp()) - f.started;
SELECT name AS check, wrong, coalesce(left(example, 200), '') AS example,
       report_batch_job('check_' || name, extract(epoch FROM took)::double precision, wrong > 0) AS " "
FROM found ORDER BY wrong > 0 DESC, started;

DO $$
DECLARE
  failed text := (SELECT string_agg(format('%s (%s, such as %s)', name, wrong, left(example, 200)), '; ' ORDER BY started) FROM pg_temp.found WHERE wrong > 0);
BEGIN
  IF failed IS NOT NULL THEN
    RAISE EXCEPTION 'data checks failed: %', failed USING ERRCODE = 'data_exception';
  END IF;
END $$;
