-- SPDX-License-Identifier: Apache-2.0
-- Five roles, each with what it needs and no more. Run by a superuser in the database of the orders, before
-- o2o-exporter's first start and again after each start that brought the schema up to date; running it again
-- changes nothing. Passwords are yours to set: \password o2o_writer
--
--   o2o_owner   owns the schema; o2o-exporter runs once with it, to make or update the schema
--   o2o_writer  o2o-exporter in service, and `o2o-exporter ingest`
--   o2o_batch   the other batch jobs: aggregates, moves old orders into the archive, reports how they ended
--   o2o_reader  people who may see customers; reads everything, never writes
--   o2o_dashboard  Grafana: reads views without customers, each statement for at most 30 s
--
-- Where `store.schema` is not o2o: PGOPTIONS='-c o2o.schema=NAME' psql ... -f roles.sql

DO $$
DECLARE
  home constant name := coalesce(nullif(current_setting('o2o.schema', true), ''), 'o2o');
  places name[] := current_schemas(false);
  found record;
  role text;
BEGIN
  SET LOCAL search_path = pg_catalog, pg_temp;  -- a superuser calls nothing that others may have made
  FOREACH role IN ARRAY ARRAY['o2o_owner', 'o2o_writer', 'o2o_batch', 'o2o_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', role);
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2o_dashboard') THEN
    CREATE ROLE o2o_dashboard LOGIN;
    ALTER ROLE o2o_dashboard SET statement_timeout = '30s';
    ALTER ROLE o2o_dashboard SET default_transaction_read_only = on;
  END IF;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO o2o_dashboard', current_database());
  -- Pages are staged in temporary tables, and jobs have theirs.
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO o2o_writer, o2o_batch', current_database());

  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = home) THEN
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION o2o_owner', home);
  END IF;
  EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', home);
  EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO o2o_owner', home);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO o2o_writer, o2o_batch, o2o_reader, o2o_dashboard', home);

  -- A table of the proof of concept is the owner's to move, and to leave a view in its place; its former owner keeps using it.
  FOR found IN
    SELECT DISTINCT nspname, relname, relkind, pg_get_userbyid(relowner) AS owner
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relname = 'fact_orders_monitoring' AND relkind IN ('r', 'v') AND nspname <> home AND nspname = ANY (places || '{public}'::name[])
  LOOP
    IF found.relkind = 'r' THEN
      EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO o2o_owner', found.nspname);
      IF found.owner <> 'o2o_owner' THEN
        EXECUTE format('ALTER TABLE %I.%I OWNER TO o2o_owner', found.nspname, found.relname);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I', found.nspname, found.relname, found.owner);
      END IF;
    ELSE
      EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM o2o_owner', found.nspname);
    END IF;
  END LOOP;

  IF NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                 WHERE nspname = home AND relname = 'schema_migrations') THEN
    RAISE NOTICE 'no tables yet: start o2o-exporter once as o2o_owner, then run this again';
    RETURN;
  END IF;

  PERFORM set_config('search_path', format('%I, pg_temp', home), true);
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO o2o_writer, o2o_batch, o2o_reader', home);
  GRANT SELECT ON dashboard_orders, dashboard_rejected_orders, dashboard_statuses, dashboard_order_types, dashboard_batch_jobs,
    order_status_history, open_orders TO o2o_dashboard;
  -- Tallies, status changes and outcomes are written by triggers with the owner's rights.
  GRANT INSERT, UPDATE ON fact_orders_monitoring, ingest_sources TO o2o_writer;
  GRANT INSERT, DELETE ON rejected_orders TO o2o_writer;
  GRANT INSERT, UPDATE, DELETE ON held_orders TO o2o_writer;
  GRANT EXECUTE ON FUNCTION prepare_order_staging, merge_staged_orders, take_merge_turn, insert_staged_orders, update_staged_orders,
    merge_unlocked_orders, bring_back_archived_orders, advance_watermark, watermark_gives_way, latest_present, order_status_rank, unknown_status_rank,
    order_status_is_newer, configured_status, configured_order_type,
    sync_order_statuses, sync_order_types TO o2o_writer;
  GRANT EXECUTE ON FUNCTION check_counting TO o2o_writer, o2o_batch;
  GRANT EXECUTE ON FUNCTION report_batch_job, archive_orders, drop_archive TO o2o_batch;
  EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO o2o_batch', home);  -- which a dump reads
  GRANT INSERT, UPDATE, DELETE ON order_aggregates, order_top_items, batch_marks TO o2o_batch;
END $$;
