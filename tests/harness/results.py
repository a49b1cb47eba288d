#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up JUnit files, names what failed or was skipped, and closes with `N passed, N failed` alone on a line.

    results.py [--no-skips] [--name=NAME] FILE.xml...

Exit status 1 where a test failed, none ran, a file is missing or, with --no-skips, one was skipped: a skipped test
counts as failed then. NAME precedes the sum, as in `NAME: N passed, N failed`."""

import argparse
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Results:
    passed: int = 0
    failed: list = field(default_factory=list)
    skipped: list = field(default_factory=list)

    def add_file(self, path):
        """Takes in what ctest --output-junit or pytest --junitxml wrote."""
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
        if not cases:
            self.failed.append(f"{path}: no test ran")
        for case in cases:
            name = ".".join(dict.fromkeys(filter(None, [case.get("classname"), case.get("name")])))
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed.append(name)
            elif case.find("skipped") is not None or case.get("status", "run") != "run":
                reason = case.find("skipped")
                words = reason.get("message", "") if reason is not None else case.get("status")
                # ctest files a test whose program was not built under the skipped ones.
                kind = self.failed if "Unable to find executable" in words else self.skipped
                kind.append(f"{name}: {words}")
            else:
                self.passed += 1


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-skips", action="store_true")
    parser.add_argument("--name")
    parser.add_argument("files", nargs="*")
    given = parser.parse_args(arguments)
    results = Results()
    for path in given.files:
        if not Path(path).is_file():
            results.failed.append(f"{path}: its tests ended without a report")
            continue
        try:
            results.add_file(path)
        except ElementTree.ParseError as error:
            results.failed.append(f"{path}: {error}")
    for name in results.failed:
        print(f"FAILED {name}")
    for name in results.skipped:
        print(f"SKIPPED {name}")
    failed = len(results.failed)
    if results.skipped:
        print(f"{len(results.skipped)} tests were skipped" + (", which counts as failed here" if given.no_skips else ""))
        failed += len(results.skipped) if given.no_skips else 0
    print(f"{given.name}: " * bool(given.name) + f"{results.passed} passed, {failed} failed")
    return 0 if results.passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
