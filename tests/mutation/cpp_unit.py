# SPDX-License-Identifier: Apache-2.0
"""One C++ file: built with all its mutants inside, its tests run with each of them."""

import re
import subprocess

from . import cpp
from .build import BuildFailed, compile_command, link_with_first
from .trial import Trial, passing_seconds, run_tests


class CppUnit:
    def __init__(self, root, path, program, tests):
        self.root, self.path, self.program, self.tests = root, path, program, tests
        self.build = root / "build"
        self.folder = self.build / "mutation"
        self.binary = self.folder / f"{path.stem}_mutants"
        self.text = path.read_text()

    def trials(self):
        name = str(self.path.relative_to(self.root))
        return [Trial.of(name, self.text, mutant) for mutant in cpp.CppFile(self.text).mutants()]

    def prepare(self, trials):
        """Compiles, and links the tests with it. Marks the trials that the compiler refuses."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for number, trial in enumerate(trials, 1):
            trial.switch = number
        while True:
            refused = self._compile({trial.switch: trial.mutant for trial in trials if trial.ending is None})
            if not refused:
                break
            for trial in trials:
                if trial.switch in refused:
                    trial.ending = "does not compile"
        link_with_first(self.build, self.program, self.binary, (self.folder / self.path.name).with_suffix(".o"))
        self.deadline = 20 + 10 * passing_seconds(self._command())

    def run(self, trial):
        trial.ending = run_tests(self._command(), self.deadline, O2O_MUTANT=str(trial.switch))

    def close(self):
        pass

    def _command(self):
        return [self.binary, f"--gtest_filter={self.tests}", "--gtest_fail_fast", "--gtest_brief=1"]

    def _compile(self, numbered):
        """The numbers that the compiler refuses; none where it compiled."""
        source = self.folder / self.path.name
        text, lines = cpp.with_all_inside(self.text, numbered)
        source.write_text(text)
        result = subprocess.run(compile_command(self.build, self.path, source), cwd=self.build, capture_output=True,
                                text=True)
        if result.returncode == 0:
            return set()
        place = re.escape(str(source)) + r":(\d+)"
        for pattern in (place + r":\d+: (?:fatal )?error", place):
            refused = {lines[int(line)] for line in re.findall(pattern, result.stderr) if int(line) in lines}
            if refused:
                return refused
        raise BuildFailed(f"{self.path.name}: does not compile with its mutants inside:\n{result.stderr[:3000]}")
