# SPDX-License-Identifier: Apache-2.0
import sys

import pytest
from mutation import __main__ as program
from mutation import explained
from mutation.tokens import Mutant
from mutation.trial import Trial, run_tests


def trial(ending, change="a -> b"):
    return Trial("x.cc", 7, "the line", change, Mutant(0, 1, "b"), ending)


def test_explanations_have_a_mutant_and_a_reason():
    text = "# comment\nx.cc: the line | a -> b\n  makes no\n  difference\n"
    assert explained.parse(text) == {"x.cc: the line | a -> b": "makes no difference"}


@pytest.mark.parametrize("text", ["  a reason alone\n", "x.cc: a | b\n", "x: a\n  why\nx: a\n  why\n"])
def test_an_explanation_that_is_not_whole_is_refused(text):
    with pytest.raises(ValueError, match=r"survivors\.txt"):
        explained.parse(text)


@pytest.mark.parametrize(("trials", "reasons", "stale", "sums", "status"), [
    ([trial("killed"), trial("timed out"), trial("does not compile")], {}, [], "2 passed, 0 failed", 0),
    ([trial("killed"), trial("survived")], {}, [], "1 passed, 1 failed", 1),
    ([trial("killed"), trial("survived")], {trial("survived").key: "why"}, [], "2 passed, 0 failed", 0),
    ([trial("killed")], {}, ["of what is gone"], "1 passed, 1 failed", 1),
    ([trial("does not compile")], {}, [], "0 passed, 0 failed", 1),
])
def test_only_survivors_without_an_explanation_fail(capsys, trials, reasons, stale, sums, status):
    assert program.report(trials, reasons, stale) == status
    assert capsys.readouterr().out.splitlines()[-1] == sums


def test_a_sample_is_drawn_by_its_seed():
    all_of = {"unit": list(range(100)), "other": list(range(100))}
    drawn = program.sample(all_of, 20, 1)
    assert sum(map(len, drawn.values())) == 20
    assert program.sample(all_of, 20, 1) == drawn
    assert program.sample(all_of, 20, 2) != drawn
    assert program.sample(all_of, 0, 1) == all_of


@pytest.mark.parametrize(("code", "ending"), [
    ("raise SystemExit(0)", "survived"), ("raise SystemExit(1)", "killed"),
    ("import os; os.kill(os.getpid(), 6)", "killed"), ("import time; time.sleep(600)", "timed out"),
])
def test_how_a_run_ended(code, ending):
    assert run_tests([sys.executable, "-c", code], 3 if ending == "timed out" else 60) == ending


def test_what_is_mutated_is_there_and_has_mutants():
    for kind, path, program_name, tests in program.UNITS:
        unit = kind(program.ROOT, program.ROOT / path, program_name, tests)
        keys = [entry.key for entry in unit.trials()]
        assert len(keys) > 10, path
