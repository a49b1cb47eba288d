-- SPDX-License-Identifier: Apache-2.0
-- Three roles, each with what it needs and no more. Run by a superuser in the database of the orders, before
-- o2o-exporter's first start and again after each start that brought the schema up to date; running it again
-- changes nothing. Passwords are yours to set: \password o2o_writer
--
--   o2o_owner   owns the schema; o2o-exporter runs once with it, to make or update the schema
--   o2o_writer  o2o-exporter in service, and batch jobs
--   o2o_reader  Grafana and people; reads, never writes

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['o2o_owner', 'o2o_writer', 'o2o_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', name);
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), name);
  END LOOP;
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO o2o_owner', current_schema());
  -- Pages are staged in temporary tables.
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO o2o_writer', current_database());

  -- Also a table of the proof of concept: the owner is to change it in place.
  IF to_regclass('fact_orders_monitoring') IS NOT NULL THEN
    ALTER TABLE fact_orders_monitoring OWNER TO o2o_owner;
  END IF;
  IF to_regclass('schema_migrations') IS NULL THEN
    RAISE NOTICE 'no schema yet: start o2o-exporter once as o2o_owner, then run this again';
    RETURN;
  END IF;

  GRANT SELECT ON fact_orders_monitoring, order_status_changes, order_status_history, open_orders, order_statuses, order_types,
    order_tallies, order_outcomes, order_duration_buckets, rejected_orders, ingest_sources, batch_jobs, schema_migrations
    TO o2o_writer, o2o_reader;
  -- Tallies, status changes and outcomes are written by triggers with the owner's rights.
  GRANT INSERT, UPDATE ON fact_orders_monitoring, ingest_sources, batch_jobs TO o2o_writer;
  GRANT INSERT, DELETE ON rejected_orders TO o2o_writer;
  GRANT EXECUTE ON FUNCTION prepare_order_staging, merge_staged_orders, advance_watermark, watermark_gives_way, order_status_rank, unknown_status_rank,
    sync_order_statuses, sync_order_types TO o2o_writer;
END $$;
