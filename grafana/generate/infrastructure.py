# SPDX-License-Identifier: Apache-2.0
"""Infrastructure: machines, databases, queues, addresses, certificates. What has no exporter says so."""

from generate.panels import (BAD, GOOD, Page, column, columns_like, keep, limit, limit_line, lines, merge, now, over_time, runbook_links, stat,
                             steps, table, table_of, text, tile, timeline, words)

UP = words(_0=("DOWN", BAD), _1=("up", GOOD))
UP_STEPS = steps((None, BAD), (1, GOOD))
# As in the rules: memory and images of containers are not disks.
DISKS = '1 - node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"} / node_filesystem_size_bytes'
MEMORY = "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"
CONNECTIONS = ("sum by (instance) (pg_stat_activity_count) / on (instance) max by (instance) (pg_settings_max_connections)")
REDIS_MEMORY = "redis_memory_used_bytes / (redis_memory_max_bytes > 0)"
QUEUE = '(celery_queue_length or label_replace(redis_key_size, "queue_name", "$1", "key", "(.*)"))'
DAYS = "(last_over_time(probe_ssl_earliest_cert_expiry[1d]) - time()) / 86400"


def server(title, metric, alert):
    """0 where the worst of them does not answer."""
    return stat(title, f"Whether all of them answer their exporter. \"No exporter\": Prometheus knows no {metric}.",
                [now(f"min(max_over_time({metric}[2m]))", "")], mappings=UP, thresholds=UP_STEPS, no_value="no exporter", **runbook_links(alert))


def page():
    made = Page("o2o-infrastructure", "Infrastructure", "Machines, databases, queues, addresses and certificates: what the shop and the exporter run on.",
                since="now-3h")
    made.heading("Is anything down?")
    made.row(
        4,
        (4, server("PostgreSQL", "pg_up", "O2OPostgresDown")),
        (4, server("Redis", "redis_up", "O2ORedisDown")),
        (4, server("MongoDB", "mongodb_up", "O2OMongoDown")),
        (4, stat("Addresses down", "OMS, Metabase and whatever else the blackbox exporter looks at, in the last 5 minutes.",
                 [now("count(max_over_time(probe_success[5m]) == 0) or 0 * count(probe_success)", "")], decimals=0, no_value="no exporter",
                 thresholds=steps((None, GOOD), (1, BAD)), **runbook_links("O2OEndpointDown"))),
        (4, stat("Machines", "Machines whose exporter answers.", [now("count(node_memory_MemTotal_bytes)", "")], decimals=0, no_value="no exporter")),
        (4, stat("Targets down", "What Prometheus cannot scrape, of everything that it should.", [now("count(up == 0) or 0 * count(up)", "")], decimals=0,
                 no_value="no target", thresholds=steps((None, GOOD), (1, BAD)))),
    )
    made.heading("Is anything full? The worst of each")
    made.row(
        5,
        (4, tile("Memory", "Of a machine's memory, the part that is taken.", f"max({MEMORY})", limit("memory_ratio"), unit="percentunit", decimals=0,
                 no_value="no exporter", runbooks=["O2ONodeMemoryHigh"])),
        (4, tile("Disk", "Of a disk, the part that is full.", f"max({DISKS})", limit("disk_ratio"), unit="percentunit", decimals=0,
                 no_value="no exporter", runbooks=["O2ODiskFilling"])),
        (4, tile("PostgreSQL connections", "Of the connections, the part that is taken.", f"max({CONNECTIONS})", limit("postgres_connections_ratio"),
                 unit="percentunit", decimals=0, no_value="no exporter", runbooks=["O2OPostgresConnectionsHigh"])),
        (4, tile("Redis memory", "Of what Redis may use, the part that is taken.", f"max({REDIS_MEMORY})", limit("memory_ratio"), unit="percentunit",
                 decimals=0, no_value="no exporter or limit", runbooks=["O2ORedisMemoryHigh"])),
        (4, tile("Longest queue", "Tasks that wait in one queue.", f"max({QUEUE})", limit("queue_length"), decimals=0, no_value="no queue watched",
                 runbooks=["O2OQueueLong"])),
        (4, tile("First certificate to expire", "The certificate that expires first, in days.", f"min({DAYS})", limit("certificate_days"), least=True,
                 unit="d", decimals=0, no_value="none watched", runbooks=["O2OCertificateExpiring"])),
    )
    made.heading("Machines")
    made.row(
        8,
        (8, lines("Memory taken, by machine", "Dashed: beyond it a ticket is made.", [over_time(MEMORY, "{{instance}}"), over_time(limit("memory_ratio"), "limit", "B")],
                  unit="percentunit", overrides=[limit_line(), columns_like(".*", max=1)], no_value="no exporter", **runbook_links("O2ONodeMemoryHigh"))),
        (8, lines("Disk full, by disk", "Dashed: beyond it a ticket is made.", [over_time(DISKS, "{{instance}} {{mountpoint}}"), over_time(limit("disk_ratio"), "limit", "B")],
                  unit="percentunit", overrides=[limit_line(), columns_like(".*", max=1)], no_value="no exporter", **runbook_links("O2ODiskFilling"))),
        (8, lines("Processor busy, by machine", "Of all cores, the part that does not idle.",
                  [over_time('1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))', "{{instance}}")],
                  unit="percentunit", overrides=[columns_like(".*", max=1)], no_value="no exporter")),
    )
    made.heading("Databases and queues")
    made.row(
        8,
        (8, lines("PostgreSQL connections taken", "Dashed: beyond it a ticket is made.", [over_time(CONNECTIONS, "{{instance}}"), over_time(limit("postgres_connections_ratio"), "limit", "B")],
                  unit="percentunit", overrides=[limit_line(), columns_like(".*", max=1)], no_value="no exporter", **runbook_links("O2OPostgresConnectionsHigh"))),
        (8, lines("Transactions a second, by database", "Committed ones.",
                  [over_time('sum by (instance, datname) (rate(pg_stat_database_xact_commit{datname!=""}[$__rate_interval]))', "{{datname}} at {{instance}}")],
                  no_value="no exporter")),
        (8, lines("Tasks that wait, by queue", "Dashed: beyond it a ticket is made.", [over_time(QUEUE, "{{queue_name}}"), over_time(limit("queue_length"), "limit", "B")],
                  decimals=0, overrides=[limit_line()], no_value="no queue watched", **runbook_links("O2OQueueLong"))),
    )
    made.heading("Addresses, as seen from outside")
    made.row(
        8,
        (12, timeline("Answers, by address", "up: the address answered 2xx.", [over_time("max by (instance) (probe_success)", "{{instance}}")], UP, UP_STEPS,
                      no_value="no exporter", **runbook_links("O2OEndpointDown"))),
        (12, table("Now", "An address without a certificate has no days.",
                   [table_of("max by (instance) (probe_success)"), table_of("max by (instance) (probe_duration_seconds)", "B"),
                    table_of(f"min by (instance) ({DAYS})", "C")],
                   transformations=[merge(), keep(rename={"instance": "Address", "Value #A": "Answers", "Value #B": "Took", "Value #C": "Certificate expires in"},
                                                  order=["instance", "Value #A", "Value #B", "Value #C"], drop=["Time"])],
                   overrides=[column("Answers", mappings=UP, custom__cellOptions={"type": "color-text"}, custom__width=110),
                              column("Took", unit="s", decimals=2, custom__width=110), column("Certificate expires in", unit="d", decimals=0)],
                   sort="Certificate expires in", descending=False, no_value="no exporter", **runbook_links("O2OCertificateExpiring"))),
    )
    made.row(4, (24, text("*No exporter*: nobody looks, which does not mean that everything works; the jobs are in `compose/prometheus.yml`. "
                          "The API on these machines: [API performance](/d/o2o-api). The exporter and its database: [Exporter health](/d/o2o-exporter). "
                          "Who was told: [Alerts](/d/o2o-alerts).", title="What now?")))
    return made
