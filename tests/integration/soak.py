#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two exporters, one database and a lively shop, for MINUTES (10), while everything fails at random: the OMS, the
database, the second exporter, rows, clocks, reloads; and a second process attacks them meanwhile (attacker.py; ATTACK=0
leaves it out), while nobody reads the log of a third exporter. At the end the counters have to be the shop's own account
exactly, the memory of the first exporter flat, and no attack may have done what nobody should be able to. SEED (1) chooses
another course of events. Closes with SOAK PASSED or SOAK FAILED and the exit status that goes with it."""
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random

sys.path[0] = str(Path(__file__).resolve().parents[1])  # tests/ instead of tests/integration/

# pylint: disable=wrong-import-position
from harness.counter_watch import CounterWatch
from harness.postgres import Postgres
from harness.processes import resident_bytes, wait_until
from harness.scratch import Scratch
from harness.stand import Stand
from harness.web import request
from simulator.settings import FAULTS

SHOP = ("--rate", "900", "--speed", "60", "--failure-ratio", "0.2", "--time-format", "mixed")
POISON = ("missing_id", "bad_amount", "nan_amount", "huge_exponent", "long_digits", "bad_time", "nested_array",
          "nul_text", "invalid_utf8", "lone_surrogate", "unknown_status", "duplicate_page_row", "old_replay", "future")
# "internal" would be a bug of ours.
REASONS = {"connect", "timeout", "cut", "redirect", "unauthorized", "http_status", "not_json", "bad_json", "bad_shape",
           "too_large", "store"}
# Rows that no page of this shop exceeds, so that a cap costs nothing.
CAP = 20_000


def full_pipe(path, stack):
    """A named pipe that nobody reads, and that takes no byte more."""
    os.mkfifo(path)
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    stack.callback(os.close, pipe)
    for size in (4096, 1):
        try:
            while True:
                os.write(pipe, b"x" * size)
        except BlockingIOError:
            pass
    return path


class Attack:
    """attacker.py as a second process, from now until end()."""

    def __init__(self, soak, seed):
        passwords = {"o2o_reader": secrets.token_hex(16), "o2o_writer": secrets.token_hex(16)}
        shop = soak.shop
        shop.postgres.grant_roles(shop.database, passwords)
        # The second exporter is killed and started anew, so that its process is another one soon.
        attacked = [{"url": exporter.url, "pid": exporter.child.pid} for exporter in (shop.exporter, soak.mute)]
        dsns = {role.removeprefix("o2o_"): shop.postgres.dsn(shop.database, role, password) for role, password in passwords.items()}
        self._process = subprocess.Popen([sys.executable, Path(__file__).with_name("attacker.py")], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        self._process.stdin.write(json.dumps({"seed": seed, "exporters": attacked, **dsns}))
        self._process.stdin.close()

    def end(self):
        """What came of it, in words; prints what was done."""
        self._process.terminate()
        try:
            said = self._process.stdout.read()
            self._process.wait(60)
        finally:
            self._process.kill()
        if self._process.returncode != 0:
            return [f"the attacker ended with {self._process.returncode}"]
        told = json.loads(said)
        print("attacks:", ", ".join(f"{name} {count}" for name, count in sorted(told["done"].items())))
        never = {"slow_clients", "slow_readers", "garbage", "reload_flood", "cross_site", "crowd", "stray_signals", "reading_role",
                 "writing_role", "locking_role"} - told["done"].keys()
        return told["wrong"] + [f"the attack {name} never came about" for name in sorted(never)]


class Soak:
    def __init__(self, stack, seed):
        self.random = Random(seed)
        self.postgres = stack.enter_context(Postgres())
        scratch = stack.enter_context(Scratch("o2o-soak-"))
        self.shop = stack.enter_context(Stand(
            scratch, self.postgres, shop=SHOP, changes={"interval": "1s", "timeout": "950ms", "stale_after": "5s"}))
        self.second = self.shop.add_exporter().start().wait_ready()
        self.mute = self.shop.add_exporter(full_pipe(scratch.file("mute"), stack), ("--log.level=debug",)).start().wait_ready()
        self.happened = {}
        self.memory = []
        # One thing at a time for each; the OMS and the database may well fail together.
        self.store_troubles = [self.restart, self.stop_and_start, self.read_only, self.disk_full, self.lock, self.freeze,
                               self.end_sessions]
        self.other_troubles = [self.poison, self.kill_second, self.stop_second, self.reload, self.burst]

    def note(self, what):
        self.happened[what] = self.happened.get(what, 0) + 1

    def run(self, seconds):
        end = time.monotonic() + seconds
        next_clock = time.monotonic() + 30
        while time.monotonic() < end:
            self.oms_trouble()
            if self.random.random() < 0.5:
                self.do(self.random.choice(self.store_troubles))
            self.do(self.random.choice(self.other_troubles))
            self.shop.simulator.reset_faults()
            self.pause(0.5, 4)
            if time.monotonic() > next_clock:
                self.set_clock()
                next_clock = time.monotonic() + 60

    def do(self, trouble):
        self.note(trouble.__name__)
        trouble()

    def pause(self, shortest, longest):
        """Looks after memory and processes meanwhile."""
        end = time.monotonic() + self.random.uniform(shortest, longest)
        while time.monotonic() < end:
            assert self.shop.exporter.child.running(), self.shop.exporter.child.log_tail()
            self.memory.append(resident_bytes(self.shop.exporter.child.pid))
            time.sleep(0.2)

    # The OMS

    def oms_trouble(self):
        fault = self.random.choice(FAULTS)
        settings = {"fault": fault, "limit_cap": self.random.choice((0, 0, CAP)),
                    "latency_seconds": self.random.choice((0, 0, 0, 0.3, 2))}
        self.note(f"oms {fault}")
        self.shop.simulator.control(**settings)
        self.pause(0.5, 4)

    def set_clock(self):
        """Once all that happened is taken in, which is more than that polls took place: what an OMS dates an hour back while
        nobody can look is beyond everybody."""
        self.note("oms clock")
        self.shop.agree(90)
        self.shop.simulator.control(clock_skew_seconds=self.random.choice((-3600, 0, 3600)), paused=False)
        self.shop.polled(1, seconds=60)

    def poison(self):
        for _ in range(3):
            self.shop.simulator.poison(self.random.choice(POISON), self.random.randint(1, 5))

    def burst(self):
        self.shop.simulator.seed(self.random.randint(1, 500))

    # The database

    def restart(self):
        self.postgres.restart(self.random.choice((signal.SIGINT, signal.SIGQUIT)))

    def stop_and_start(self):
        if self.random.random() < 0.5:
            self.postgres.kill()
        else:
            self.postgres.stop()
        self.pause(1, 8)
        self.postgres.start()

    def read_only(self):
        self.postgres.set_read_only(True)
        self.pause(1, 5)
        self.postgres.set_read_only(False)

    def disk_full(self):
        self.shop.sql("""
            CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              RAISE SQLSTATE '53100' USING MESSAGE = 'No space left on device';
            END $$;
            CREATE TRIGGER full_disk AFTER INSERT OR UPDATE ON order_tally_entries EXECUTE FUNCTION full_disk();
            """)
        self.pause(1, 5)
        self.shop.sql("DROP TRIGGER full_disk ON order_tally_entries")

    def lock(self):
        connection = self.postgres.connect(self.shop.database)
        try:
            connection.autocommit = False
            connection.cursor().execute("LOCK TABLE fact_orders_monitoring IN ACCESS EXCLUSIVE MODE")
            self.pause(1, 5)
        finally:
            connection.close()

    def freeze(self):
        sessions = [pid for pid, in self.shop.sql(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'o2o-exporter'")]
        for pid in sessions:
            os.kill(pid, signal.SIGSTOP)
        self.pause(1, 6)
        for pid in sessions:
            os.kill(pid, signal.SIGCONT)

    def end_sessions(self):
        self.shop.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'o2o-exporter'")

    # The exporters; the first is only reloaded, its memory is watched

    def kill_second(self):
        self.second.kill()
        self.second.start()

    def stop_second(self):
        assert self.second.stop() == 0, self.second.child.log_tail()
        self.second.start()

    def reload(self):
        if self.random.random() < 0.5:
            self.shop.exporter.child.send(signal.SIGHUP)
        else:
            # 202, 409: others ask as well.
            assert request(f"{self.shop.exporter.url}/-/reload", "POST", seconds=60)[0] in (200, 202, 409)

    # The end

    def verdict(self, watches):
        """What is wrong, in words."""
        wrong = [words for watch in watches for words in watch.went_back]
        try:
            truth = self.shop.agree(90, [self.shop.exporter, self.second, self.mute])
            print(f"{truth['orders']} orders, {sum(truth['rejected'].values())} rows to reject")
            if self.shop.rejected() != truth["rejected"]:
                wrong.append(f"rejected_orders holds {self.shop.rejected()}, the truth is {truth['rejected']}")
        except AssertionError as error:
            wrong.append(str(error))
        gaps = self.shop.value("o2o_ingest_gaps_total", source="orders")
        if gaps:
            wrong.append(f"{gaps:g} gaps were counted, and nothing was missed")
        failures = self.shop.failures()
        print("failed polls by reason:", ", ".join(f"{name} {count:g}" for name, count in sorted(failures.items())))
        if not failures or not failures.keys() <= REASONS:
            wrong.append(f"failures were counted as {failures}")
        if self.shop.simulator.stats()["redirects_followed"]:
            wrong.append("a redirect was followed")
        for exporter in (self.shop.exporter, self.second):
            if self.shop.simulator.api_key in exporter.child.log():
                wrong.append("the key is in a log")
        dropped = self.mute.samples().value("o2o_exporter_log_lines_dropped_total")
        print(f"log lines that nobody read and that were dropped: {dropped:g}")
        return wrong + self.memory_verdict()

    def memory_verdict(self):
        quarter = len(self.memory) // 4
        early, late = (statistics.median(part) for part in (self.memory[quarter:2 * quarter], self.memory[-quarter:]))
        print(f"memory of the first exporter: {early / 1e6:.1f} MB in the second quarter, {late / 1e6:.1f} MB in the "
              f"last, {max(self.memory) / 1e6:.1f} MB at most")
        return [f"memory grew from {early:.0f} to {late:.0f} bytes"] if late > early * 1.2 + 8e6 else []


def main():
    minutes, seed = float(os.environ.get("MINUTES") or 10), int(os.environ.get("SEED") or 1)
    print(f"soak: {minutes:g} minutes, SEED={seed}", flush=True)
    with ExitStack() as stack:
        soak = Soak(stack, seed)
        attack = Attack(soak, seed) if os.environ.get("ATTACK") != "0" else None
        with CounterWatch(soak.shop.exporter.url, 0.5) as first, CounterWatch(soak.second.url, 0.5) as second:
            soak.run(minutes * 60)
            attacked = attack.end() if attack else []
            soak.shop.simulator.reset_faults()
            soak.shop.simulator.control(paused=False)
            wait_until(lambda: soak.shop.value("o2o_store_up") == 1, 60, "the store was up")
            wrong = attacked + soak.verdict([first, second])
        print("what happened:", ", ".join(f"{name} {count}" for name, count in sorted(soak.happened.items())))
        print(f"log: {len(soak.shop.exporter.child.log().splitlines())} lines; scrapes: {first.scrapes + second.scrapes}")
    for words in wrong:
        print(f"WRONG: {words}")
    print("SOAK FAILED" if wrong else "SOAK PASSED: every counter and row is the shop's own account")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
