-- SPDX-License-Identifier: Apache-2.0
-- Job `aggregate`: orders per minute, hour and day with what became of them (order_aggregates), and the items of each day that most
-- orders had (order_top_items). An order belongs to the minute in which it was first seen, by the OMS's clock, UTC.
--
-- Days in which anything changed since the last run are computed again as a whole, so late and changed orders are right and a run may
-- be repeated at any time. Two runs at once wait for each other. Days that the archive no longer holds whole stay as they are.
--
-- Orders go through temporary tables, so memory is bounded by work_mem and temp_buffers, however many there are.
--
-- Settings: o2o.schema (o2o); o2o.aggregate_from (none): also every day from that one on, like 2026-10-01. Run in autocommit.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp', coalesce(nullif(current_setting('o2o.schema', true), ''), 'o2o')), true); END $$;
SET LOCAL TimeZone = 'UTC';
LOCK TABLE order_aggregates IN SHARE ROW EXCLUSIVE MODE;

-- An hour before the last run: what was committed while it read, and clocks that differ.
CREATE TEMPORARY TABLE due_days ON COMMIT DROP AS
SELECT DISTINCT first_updated_at::date AS day
FROM fact_orders_monitoring,
     (SELECT coalesce((SELECT at FROM batch_marks WHERE mark = 'aggregated'), '-infinity') - interval '1 hour' AS since,
             coalesce((SELECT at FROM batch_marks WHERE mark = 'dropped'), '-infinity') AS whole_from) m
WHERE greatest(updated_at, ingested_at, shown_at) >= since AND first_updated_at >= whole_from
  AND first_updated_at < now() + interval '1 hour'
UNION
SELECT day::date
FROM generate_series(nullif(current_setting('o2o.aggregate_from', true), '')::timestamptz, now(), '1 day') AS day
WHERE day >= coalesce((SELECT at FROM batch_marks WHERE mark = 'dropped'), '-infinity');
ANALYZE due_days;
DO $$ BEGIN
  RAISE NOTICE 'aggregate: % days to do, the first is %', (SELECT count(*) FROM due_days), coalesce((SELECT min(day) FROM due_days)::text, 'none');
END $$;

-- (An order changes after it was first seen: updated_at has the index, and prunes the archive.)
CREATE TEMPORARY TABLE due_orders ON COMMIT DROP AS
SELECT o.order_id, o.order_type, o.item_name, date_trunc('minute', o.first_updated_at) AS minute, o.first_updated_at::date AS day, o.first_status, o.first_updated_at,
       coalesce(s.outcome, 'open') AS outcome,
       CASE WHEN s.outcome = 'completed' AND o.total_amount > 0 AND o.total_amount < 'Infinity' THEN o.total_amount ELSE 0 END AS revenue
FROM all_orders o
JOIN due_days d ON d.day = o.first_updated_at::date
LEFT JOIN order_statuses s ON s.status = o.status
WHERE o.updated_at >= (SELECT min(day)::timestamptz FROM due_days) AND o.first_updated_at < now() + interval '1 hour';
ANALYZE due_orders;
DO $$ BEGIN RAISE NOTICE 'aggregate: % orders were read', (SELECT count(*) FROM due_orders); END $$;

CREATE TEMPORARY TABLE delayed_orders ON COMMIT DROP AS
SELECT DISTINCT order_id
FROM (
  SELECT order_id, status, since, lead(since, 1, now()) OVER (PARTITION BY order_id ORDER BY since, id) AS until
  FROM (
    SELECT order_id, first_status AS status, first_updated_at AS since, 0::bigint AS id FROM due_orders
    UNION ALL
    SELECT order_id, to_status, changed_at, c.id FROM due_orders JOIN order_status_changes c USING (order_id)
    UNION ALL
    SELECT order_id, to_status, changed_at, c.id FROM due_orders JOIN order_status_changes_archive c USING (order_id)
  ) entered
) stayed
JOIN order_statuses s USING (status)
WHERE until - since > s.delayed_after;
DO $$ BEGIN RAISE NOTICE 'aggregate: % of them were delayed', (SELECT count(*) FROM delayed_orders); END $$;

DELETE FROM order_aggregates USING due_days d WHERE starts_at >= d.day AND starts_at < d.day + 1;
DELETE FROM order_top_items USING due_days d WHERE order_top_items.day = d.day;

WITH minutes AS (
  SELECT minute, order_type, count(*) AS orders, count(*) FILTER (WHERE outcome = 'completed') AS completed,
         count(*) FILTER (WHERE outcome = 'failed') AS failed, count(l.order_id) AS delayed, sum(revenue) AS revenue
  FROM due_orders o LEFT JOIN delayed_orders l USING (order_id)
  GROUP BY minute, order_type
)
INSERT INTO order_aggregates (grain, starts_at, order_type, orders, completed, failed, delayed, revenue)
SELECT grain, date_trunc(grain, minute), order_type, sum(orders), sum(completed), sum(failed), sum(delayed), sum(revenue)
FROM minutes, unnest(ARRAY['minute', 'hour', 'day']) AS grain
GROUP BY 1, 2, 3;

INSERT INTO order_top_items (day, item_name, orders, completed, revenue)
SELECT day, item_name, orders, completed, revenue
FROM (
  SELECT day, item_name, count(*) AS orders, count(*) FILTER (WHERE outcome = 'completed') AS completed, sum(revenue) AS revenue,
         row_number() OVER (PARTITION BY day ORDER BY count(*) DESC, item_name) AS place
  FROM due_orders WHERE item_name <> '' GROUP BY day, item_name
) ranked
WHERE place <= 100;

INSERT INTO batch_marks (mark, at) VALUES ('aggregated', now()) ON CONFLICT (mark) DO UPDATE SET at = excluded.at;

SELECT count(*) AS orders_aggregated, (SELECT count(*) FROM due_days) AS days, (SELECT min(day) FROM due_days) AS first_day FROM due_orders;
COMMIT;
