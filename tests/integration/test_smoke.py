# SPDX-License-Identifier: Apache-2.0
"""From the shop to the counters, end to end: the real exporter, the real PostgreSQL."""
from harness.exporter import Exporter, differences, write_config
from harness.processes import wait_until
from harness.simulator import Simulator


def agree(exporter, simulator, seconds=60):
    """Stops the shop and waits until the counters are its truth; shows the last differences where they never are."""
    simulator.control(paused=True)
    truth = simulator.truth()
    found = []

    def same():
        found[:] = differences(exporter.samples(), truth)
        return not found

    try:
        wait_until(same, seconds, "the counters equalled the truth", [exporter.child])
    except Exception as error:
        raise AssertionError("\n".join([str(error), *found])) from error
    return truth


def test_counters_equal_truth_and_survive_a_restart(scratch, postgres):
    config = write_config(scratch.file("exporter.yml"), 15)
    dsn = postgres.make_database("smoke")
    with Simulator(scratch, ["--rate", "600", "--speed", "60", "--failure-ratio", "0.2"]) as simulator:
        simulator.seed(50)
        with Exporter(scratch, simulator.url, simulator.api_key, dsn, config) as exporter:
            exporter.wait_ready()
            wait_until(lambda: simulator.truth()["orders"] > 100, 60, "the shop had 100 orders", [simulator.child])
            truth = agree(exporter, simulator)
            assert truth["orders"] > 100 and sum(truth["completed"].values()) > 0
            assert exporter.samples().value("o2o_store_up") == 1
            assert exporter.samples().value("o2o_source_up", source="orders") == 1
            exporter.kill()

            # What a killed exporter knew is in PostgreSQL; what it missed is caught up.
            simulator.control(paused=False)
            simulator.seed(20)
            exporter.start().wait_ready()
            agree(exporter, simulator)
            assert exporter.stop() == 0, exporter.child.log_tail()
            for secret in (simulator.api_key, dsn.split(":")[2].split("@")[0]):
                assert secret not in exporter.child.log()


def test_default_configuration_needs_nothing_but_the_variables(scratch, postgres):
    with Simulator(scratch) as simulator:
        simulator.seed(10)
        dsn = postgres.make_database("plain")
        with Exporter(scratch, simulator.url, simulator.api_key, dsn) as exporter:
            exporter.wait_ready()
            # Ready means that every source was polled; the tallies may have been read before the orders came.
            wait_until(lambda: exporter.samples().total("o2o_orders_ingested_total") >= 10, 30, "10 orders were counted",
                       [exporter.child])
