# SPDX-License-Identifier: Apache-2.0
"""Runs the covering tests with each mutant of the core and of the rules, and names those that no test noticed.

    cd tests && python3 -m mutation [--files=order_feed,003_merge] [--sample=20 --seed=1] [--list]"""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

from . import explained
from .build import BuildFailed
from .cpp_unit import CppUnit
from .rules_unit import RulesUnit
from .sql_unit import SqlUnit
from .trial import TestsFail

ROOT = Path(__file__).resolve().parents[2]
SURVIVORS = Path(__file__).with_name("survivors.txt")
SQL_TESTS = "-FaultsTest.*:PrivilegesTest.*"
# What is mutated, and the tests that have to notice.
UNITS = [
    (CppUnit, "exporter/src/app/catch_up.cc", "app_test", "CatchUp*"),
    (CppUnit, "exporter/src/app/order_feed.cc", "app_test", "*OrderFeed*:CatchUp*"),
    (CppUnit, "exporter/src/app/page_asker.cc", "app_test", "*PageAsker*:*OrderFeed*:CatchUp*"),
    (CppUnit, "exporter/src/app/rhythm.cc", "app_test", "Rhythm*"),
    (CppUnit, "exporter/src/app/store_health.cc", "app_test", "StoreHealth*:*OrderFeed*"),
    (CppUnit, "exporter/src/sources/metabase/login_budget.cc", "sources_test", "LoginBudget*:MetabaseSession*:MemoryFaults*"),
    (CppUnit, "exporter/src/sources/metabase/query_turns.cc", "sources_test", "QueryTurns*:MemoryFaults*"),
    (CppUnit, "exporter/src/sources/metabase/version_log.cc", "sources_test", "VersionLog*"),
    (CppUnit, "exporter/src/store/newest_rows.cc", "store_test", "NewestRows*"),
    (SqlUnit, "exporter/sql/002_counting.sql", "store_integration_test", SQL_TESTS),
    (SqlUnit, "exporter/sql/003_merge.sql", "store_integration_test", SQL_TESTS),
    (SqlUnit, "exporter/sql/004_batch.sql", "store_integration_test", SQL_TESTS),
    # The limits are settings: changing one breaks nothing.
    *((RulesUnit, f"rules/{path.name}", "promtool", "**/*_test.yml")
      for path in sorted((ROOT / "rules").glob("*.yml")) if path.name != "o2o-limits.yml"),
]


def main():
    flags = parse_flags()
    units = [kind(ROOT, ROOT / path, program, tests) for kind, path, program, tests in UNITS
             if not flags.files or any(name in path for name in flags.files.split(","))]
    if not units:
        sys.exit(f"mutation: --files={flags.files} names none of " + ", ".join(path for _, path, _, _ in UNITS))
    all_of = {unit: unit.trials() for unit in units}
    reasons = explained.parse(SURVIVORS.read_text())
    if flags.list:
        for trial in (trial for trials in all_of.values() for trial in trials):
            print(f"{trial.file}:{trial.line}: {trial.change}")
        return 0
    keys = {trial.key for trials in all_of.values() for trial in trials}
    stale = [key for key in reasons if key not in keys and any(key.startswith(str(unit.path.relative_to(ROOT)))
                                                               for unit in units)]
    chosen = sample(all_of, flags.sample, flags.seed)
    try:
        run(chosen)
    except (BuildFailed, TestsFail) as error:
        print(f"mutation: {error}\n0 passed, 1 failed")
        return 1
    return report([trial for trials in chosen.values() for trial in trials], reasons, stale)


def parse_flags():
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__.splitlines()[0])
    parser.add_argument("--files", default="", help="parts of file names, separated by commas; all without it")
    parser.add_argument("--sample", type=int, default=0, help="so many of the mutants, drawn by --seed; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    return parser.parse_args()


def sample(all_of, size, seed):
    """{unit: its trials}, of those that have any."""
    pairs = [(unit, trial) for unit, trials in all_of.items() for trial in trials]
    if 0 < size < len(pairs):
        kept = set(random.Random(seed).sample(range(len(pairs)), size))
        pairs = [pair for index, pair in enumerate(pairs) if index in kept]
    chosen = {}
    for unit, trial in pairs:
        chosen.setdefault(unit, []).append(trial)
    return chosen


def run(chosen):
    total = sum(map(len, chosen.values()))
    print(f"{total} mutants of {len(chosen)} files", flush=True)
    done = 0
    for unit, trials in chosen.items():
        print(f"{unit.path.name}: building it with {len(trials)} mutants", flush=True)
        try:
            unit.prepare(trials)
            started, runs = time.monotonic(), 0
            shown = 0.0
            for index, trial in enumerate(trials):
                if trial.ending is None:
                    unit.run(trial)
                    runs += 1
                    if trial.ending == "survived":
                        print(f"  survived  {trial.file}:{trial.line}: {trial.change}", flush=True)
                if runs and time.monotonic() - shown > 10:
                    shown = time.monotonic()
                    left = (shown - started) / runs * (len(trials) - index - 1)
                    print(f"  {done + index + 1} of {total}, {unit.path.name}: {left:.0f} s left", flush=True)
        finally:
            unit.close()
        done += len(trials)


def report(trials, reasons, stale):
    endings = Counter(trial.ending for trial in trials)
    unexplained = [trial for trial in trials if trial.ending == "survived" and trial.key not in reasons]
    known = endings["survived"] - len(unexplained)
    survivors = {trial.key for trial in trials if trial.ending == "survived"}
    for key in sorted({trial.key for trial in trials} & set(reasons) - survivors):
        print(f"explained as a survivor, but killed: {key}")
    for trial in unexplained:
        print(f"SURVIVED {trial.file}:{trial.line}\n  {trial.key}")
    for key in stale:
        print(f"STALE in {SURVIVORS.name}, there is no such mutant: {key}")
    killed = endings["killed"] + endings["timed out"]
    print(f"{killed} killed ({endings['timed out']} of them timed out), {known} survived as explained, "
          f"{len(unexplained)} survived, {endings['does not compile']} do not compile")
    failed = len(unexplained) + len(stale)
    print(f"{killed + known} passed, {failed} failed")
    return 0 if killed + known and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
