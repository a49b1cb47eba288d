# SPDX-License-Identifier: Apache-2.0
"""One file of rules/: the promtool tests run with each of its mutants.

promtool takes ten seconds for a file of tests, most of them for rules and checks that a mutant cannot reach. So each rule
gets tests of its own, cut from ours: the checks that its result goes into, and the rules that those need."""

import copy
import fnmatch
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import yaml
from bundle.weeks import with_short_weeks

from .rules import RulesFile
from .trial import TestsFail, Trial, passing_seconds, run_tests

CHECKS = ("alert_rule_test", "promql_expr_test")
# A check that asks like this, and for no name, may see any rule.
EVERYTHING = re.compile(r"\bALERTS\b|__name__")
NAME = re.compile(r"[A-Za-z_][\w:]*")


@dataclass
class Cut:
    """An element of a file of tests, cut to what one rule goes into."""
    folder: Path
    has_short_weeks: bool
    loaded: list  # the files of rules
    names: set  # what is kept of their rules
    seconds: float = 0


class RulesUnit:
    def __init__(self, root, path, program, tests):
        self.root, self.path, self.program, self.tests = root, path, program, tests
        self.folder = root / "build" / "mutation" / path.stem
        self.text = path.read_text()
        self.places = {}
        self.cuts = {}

    def trials(self):
        name = str(self.path.relative_to(self.root))
        found = []
        for place, mutant in RulesFile(self.text).mutants():
            trial = Trial.of(name, self.text, mutant)
            trial = replace(trial, line_text=f"{place.name}: {trial.line_text}")
            self.places[id(mutant)] = place
            found.append(trial)
        return found

    def prepare(self, _trials):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def run(self, trial):
        mutant, place = trial.mutant, self.places[id(trial.mutant)]
        mutated = self.text[:mutant.start] + mutant.text + self.text[mutant.end:]
        if not self._is_accepted(mutated, place):
            trial.ending = "does not compile"
            return
        trial.ending = "survived"
        for cut in self._cuts_of(place):
            self._write(cut, mutated, place)
            trial.ending = run_tests(self._command(cut), 20 + 10 * cut.seconds)
            if trial.ending != "survived":
                return

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self, cut):
        return [self.program, "test", "rules", cut.folder / "test.yml"]

    def _is_accepted(self, mutated, place):
        try:
            rule = _rule(mutated, place)
        except (yaml.YAMLError, LookupError, TypeError):
            return False
        alone = self.folder / "alone.yml"
        alone.write_text(yaml.safe_dump({"groups": [{"name": "alone", "rules": [rule]}]}))
        return subprocess.run([self.program, "check", "rules", alone], capture_output=True, check=False).returncode == 0

    @cached_property
    def _rule_files(self):
        return {path: yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
                for path in sorted(self.path.parent.glob("*.yml"))}

    @cached_property
    def _test_files(self):
        """Those that load this file: [(path, its content, the rule files that it loads)]."""
        found = []
        for path in sorted((self.path.parent / "tests").glob(self.tests)):
            content = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
            # Files under weeks/ are run with the rules beside them, see test_weeks.py.
            names = [os.path.basename(pattern) for pattern in content["rule_files"]]
            loaded = [file for file in self._rule_files if any(fnmatch.fnmatch(file.name, name) for name in names)]
            if self.path in loaded:
                found.append((path, content, loaded))
        return found

    @cached_property
    def _reads(self):
        """{name of a rule: the recorded names that its expressions and texts read}."""
        recorded = {rule["record"] for rule in self._rules() if "record" in rule}
        reads = {}
        for rule in self._rules():
            text = "\n".join([str(rule["expr"]), *rule.get("annotations", {}).values()])
            reads.setdefault(_name(rule), set()).update(recorded.intersection(NAME.findall(text)))
        return reads

    def _rules(self):
        return [rule for content in self._rule_files.values() for group in content["groups"] for rule in group["rules"]]

    def _needed(self, names):
        """With all that these read, and so on."""
        found, new = set(), set(names)
        while new:
            found |= new
            new = set().union(*(self._reads[name] for name in new)) - found
        return found

    def _asked(self, check):
        """The names of rules that a check is about."""
        text = check.get("alertname") or check["expr"]
        names = set(self._reads).intersection(NAME.findall(text))
        return set(self._reads) if EVERYTHING.search(text) and not names else names

    def _cuts_of(self, place):
        if place.name not in self.cuts:
            self.cuts[place.name] = self._cut(place)
        return self.cuts[place.name]

    def _cut(self, place):
        """The elements of all tests, the quickest first."""
        cuts = []
        for path, content, loaded in self._test_files:
            for number, element in enumerate(content["tests"]):
                checks = {kind: [check for check in element.get(kind, []) if place.name in self._needed(self._asked(check))]
                          for kind in CHECKS}
                names = self._needed(set().union(*map(self._asked, sum(checks.values(), []))))
                if names:
                    cut = Cut(self.folder / f"{place.name.replace(':', '-')}-{path.stem}-{number}",
                              path.parent.name == "weeks", loaded, names)
                    cut.folder.mkdir()
                    test = {**content, "tests": [{**element, **checks}], "rule_files": [file.name for file in loaded]}
                    (cut.folder / "test.yml").write_text(yaml.safe_dump(test, width=10**6))
                    cuts.append(cut)
        for cut in cuts:
            self._write(cut, self.text, place)
            try:
                cut.seconds = passing_seconds(self._command(cut))
            except TestsFail as error:
                raise TestsFail(f"{error}, cut for {place.name}") from error
        return sorted(cuts, key=lambda cut: cut.seconds)

    def _write(self, cut, text, place):
        """The rules of a cut; that of the place as the text has it."""
        for path in cut.loaded:
            content = self._rule_files[path]
            if path == self.path:
                content = copy.deepcopy(content)
                content["groups"][place.group]["rules"][place.rule] = _rule(text, place)
            groups = [{**group, "rules": [rule for rule in group["rules"] if _name(rule) in cut.names]}
                      for group in content["groups"]]
            rules = yaml.safe_dump({"groups": groups}, width=10**6)
            (cut.folder / path.name).write_text(with_short_weeks(rules) if cut.has_short_weeks else rules)


def _rule(text, place):
    return yaml.load(text, Loader=yaml.CSafeLoader)["groups"][place.group]["rules"][place.rule]


def _name(rule):
    return rule.get("record") or rule["alert"]
