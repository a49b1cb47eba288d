-- SPDX-License-Identifier: Apache-2.0
-- What the schema holds, a line each: the rows of every table, and every counter, by the order of the lines. batch/backup keeps it beside a dump, and
-- batch/restore_drill compares it with what a restored one holds. Read in one snapshot. Setting of psql: schema.
\set QUIET on
\pset tuples_only on
\pset format unaligned
SELECT format('rows %s %s', relname, (xpath('//rows/text()', query_to_xml(format('SELECT count(*) AS rows FROM ONLY %I.%I', nspname, relname), false, true, '')))[1])
FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
WHERE nspname = :'schema' AND relkind = 'r'
ORDER BY relname COLLATE "C";

SELECT format('counter %s %s %s', family, labels, sum(value))
FROM :"schema".order_tallies
GROUP BY family, labels
ORDER BY family COLLATE "C", labels::text COLLATE "C";
