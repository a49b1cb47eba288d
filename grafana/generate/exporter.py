# SPDX-License-Identifier: Apache-2.0
"""Exporter health: can we believe the other dashboards?"""

from generate.counts import age
from generate.panels import (BAD, GOOD, ONE, Page, column, keep, limit, lines, merge, now, over_time,
                             runbook_links, stat, steps, table, table_of, text, tile, timeline, variable, words)

SOURCE = 'source=~"$source"'
UP = words(_0=("failing", BAD), _1=("ok", GOOD))


def page():
    made = Page("o2o-exporter", "Exporter health", "Which sources answer, how old their numbers are, and whether orders reach the database.",
                variables=(variable("source", "Source", "label_values(o2o_source_up, source)"),))
    made.heading("Can the other dashboards be believed?")
    made.row(
        5,
        (5, stat("Sources that fail", "Sources whose last poll failed.",
                 [now("count(max by (source) (o2o_source_up) == 0) or 0 * count(o2o_source_up)", "failing")], decimals=0,
                 no_value="exporter down", thresholds=steps((None, GOOD), (1, BAD)), **runbook_links("O2OSourceFailing"))),
        (5, stat("Order database", "Whether the last use of PostgreSQL succeeded.", [now("max(o2o_store_up)", "")],
                 mappings=words(_0=("DOWN", BAD), _1=("OK", GOOD)), no_value="no database in use", thresholds=steps((None, BAD), (1, GOOD)),
                 **runbook_links("O2OStoreDown"))),
        (5, tile("Oldest numbers", "The source that has been without a good answer for longest, in its own intervals: 1 is the normal rhythm. "
                 "Over the limit its numbers count as out of date.",
                 age(".+")[1], limit("source_stale_intervals"), decimals=1, no_value="exporter down", runbooks=["O2OSourceStale", "O2OSourceFailing"])),
        (5, stat("Orders missed", "Windows of the last 24 hours that the order system would not show whole.",
                 [now(f"ceil(sum({ONE} (increase(o2o_ingest_gaps_total[1d]))))", "gaps")], decimals=0, no_value="no orders",
                 thresholds=steps((None, GOOD), (1, BAD)), **runbook_links("O2OIngestGap"))),
        (4, stat("Configuration", "Whether the configuration was accepted when it was last read.",
                 [now("min(o2o_exporter_config_last_reload_successful)", "")],
                 mappings=words(_0=("REFUSED", BAD), _1=("OK", GOOD)), no_value="exporter down", thresholds=steps((None, BAD), (1, GOOD)),
                 **runbook_links("O2OConfigurationRefused"))),
    )
    made.heading("Sources")
    made.row(
        11,
        (12, timeline("Polls, by source", "ok: the last poll succeeded.", [over_time(f"max by (source) (o2o_source_up{{{SOURCE}}})", "{{source}}")],
                      UP, steps((None, BAD), (1, GOOD)))),
        (12, table("Now", "Age is the time since the last good answer.",
                   [table_of(f"max by (source) (o2o_source_up{{{SOURCE}}})"),
                    table_of(f"time() - max by (source) (o2o_source_last_success_timestamp_seconds{{{SOURCE}}} > 0)", "B"),
                    table_of(f"max by (source) (o2o_source_interval_seconds{{{SOURCE}}})", "C"),
                    table_of(f"max by (source) (o2o_source_poll_duration_seconds{{{SOURCE}}})", "D"),
                    table_of(f"max by (source) (o2o_source_rows{{{SOURCE}}})", "E")],
                   transformations=[merge(), keep(
                       rename={"source": "Source", "Value #A": "Last poll", "Value #B": "Age", "Value #C": "Every", "Value #D": "Took",
                               "Value #E": "Rows"},
                       order=["source", "Value #A", "Value #B", "Value #C", "Value #D", "Value #E"], drop=["Time"])],
                   overrides=[column("Last poll", mappings=UP, custom__cellOptions={"type": "color-text"}, custom__width=110),
                              column("Age", unit="s", decimals=0, custom__width=110), column("Every", unit="s", custom__width=110),
                              column("Took", unit="s", decimals=2, custom__width=110), column("Rows", decimals=0, custom__width=110)],
                   sort="Source", descending=False, no_value="exporter down")),
    )
    made.row(
        8,
        (12, lines("Failed polls a minute, by reason", "What each reason means, and what to do, is in the README.",
                   [over_time(f"sum by (source, reason) (rate(o2o_source_failures_total{{{SOURCE}}}[$__rate_interval])) * 60 > 0",
                              "{{source}}: {{reason}}")], bars=True, stacked=True, no_value="no poll failed")),
        (12, lines("Rows rejected a minute, by reason", "Rows of the answers that could not be used.",
                   [over_time(f"sum by (source, reason) (rate(o2o_source_rejected_rows_total{{{SOURCE}}}[$__rate_interval])) * 60 > 0",
                              "{{source}}: {{reason}}")], bars=True, stacked=True, no_value="no row was rejected")),
    )
    made.row(
        8,
        (12, lines("How long a poll takes", "Of the last poll of each source, successful or not.", [over_time(f"max by (source) (o2o_source_poll_duration_seconds{{{SOURCE}}})", "{{source}}")], unit="s")),
        (12, lines("Size of the answers", "Decompressed.", [over_time(f"max by (source) (o2o_source_response_bytes{{{SOURCE}}})", "{{source}}")], unit="bytes")),
    )
    made.heading("Orders into the database")
    made.row(
        8,
        (12, lines("Rows a minute, by what became of them", "Most rows are unchanged: each poll overlaps the one before.",
                   [over_time("sum by (result) (rate(o2o_ingest_rows_total[$__rate_interval])) * 60", "{{result}}")], stacked=True)),
        (12, lines("Time to commit one page of orders", "Half of the pages took less than the lower line, 95 of 100 less than the upper one.",
                   [over_time("histogram_quantile(0.5, sum by (le) (rate(o2o_store_write_duration_seconds_bucket[$__rate_interval])))", "half"),
                    over_time("histogram_quantile(0.95, sum by (le) (rate(o2o_store_write_duration_seconds_bucket[$__rate_interval])))",
                              "95 of 100", "B")], unit="s")),
    )
    made.heading("The exporter itself")
    made.row(
        8,
        (8, lines("Memory", "Resident.", [over_time('process_resident_memory_bytes{job="o2o-exporter"}', "{{instance}}")], unit="bytes")),
        (8, lines("Processor", "Share of one core.", [over_time('rate(process_cpu_seconds_total{job="o2o-exporter"}[$__rate_interval])', "{{instance}}")],
                  unit="percentunit")),
        (8, lines("What a scrape takes", "As Prometheus measures it.", [over_time('scrape_duration_seconds{job="o2o-exporter"}', "{{instance}}")], unit="s")),
    )
    made.row(
        7,
        (12, table("Exporters", "Every instance that Prometheus scrapes, and since when it has been running.", [table_of("max by (instance, version) (o2o_exporter_build_info)"),
                                     table_of('time() - max by (instance) (process_start_time_seconds{job="o2o-exporter"})', "B")],
                   transformations=[merge(), keep(rename={"instance": "Address", "version": "Version", "Value #B": "Running for"},
                                                  order=["instance", "version", "Value #B"], drop=["Time", "Value #A"])],
                   overrides=[column("Running for", unit="s", decimals=0)], no_value="exporter down")),
        (12, text("**A source fails**: its line on the exporter's own page says what was answered; the runbook "
                  "is linked from the [alert](/d/o2o-alerts). **The database is down**: live numbers continue, counters "
                  "stand still, nothing is lost: what was missed is fetched afterwards.", title="What now?")),
    )
    return made
