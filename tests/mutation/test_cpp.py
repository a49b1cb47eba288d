# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess

import pytest
from mutation import cpp
from mutation.tokens import change_of


def changes(body):
    """The changes that are made to a function's body."""
    text = "int F() {\n" + body + "\n}\n"
    return {change_of(text, mutant) for mutant in cpp.CppFile(text).mutants()}


@pytest.mark.parametrize(("body", "change"), [
    ("bool x = a < b;", "a < b -> a <= b"),
    ("bool x = a >= b;", "a >= b -> a > b"),
    ("bool x = a == b && c;", "a == b -> a != b"),
    ("bool x = a && b == c || d;", "a && b == c -> a || b == c"),
    ("bool x = a && b == c || d;", "a && b == c || d -> a && b == c && d"),
    ("bool x = F(a, b + c);", "b + c -> b - c"),
    ("int x = a - b - c;", "a - b -> a + b"),
    ("int x = a - b - c;", "a - b - c -> a - b + c"),
    ("int x = a - b * c;", "b * c -> b / c"),
    ("int x = (a + b) * c;", "(a + b) * c -> (a + b) / c"),
    ("int x = c ? a : b;", "c -> !(c)"),
    ("if (a) F();", "a -> !(a)"),
    ("if (auto x = G(); x < 1) F();", "x < 1 -> !(x < 1)"),
    ("if (a) F();", "F(); -> (removed)"),
    ("a.b->c(1)[2] = d;", "a.b->c(1)[2] = d; -> (removed)"),
    ("sum += d;", "sum += d; -> sum -= d;"),
    ("++sum;", "++sum; -> (removed)"),
    ("for (;;) continue;", "continue; -> (removed)"),
    ("if (a) return b; return c;", "return b; -> (removed)"),
    ("return a.empty();", "a.empty() -> !(a.empty())"),
    ("return true;", "true -> false"),
    ("F(1'000);", "1'000 -> 1001"),
    ("F(1'000);", "1'000 -> 999"),
    ("F(std::min(a, b));", "std::min(a, b) -> std::max(a, b)"),
    ("F(std::max<int>(a, b));", "std::max<int>(a, b) -> std::min<int>(a, b)"),
])
def test_a_change_is_made(body, change):
    assert change in changes(body)


@pytest.mark.parametrize("body", [
    "// a < b, 1 + 1",
    "/* true && false */",
    "std::map<std::string, int> x = {};",
    "x = \"a\" + b + \"c\";",
    "return Fail(ErrorCode::kStore, x);",
    "F(\"a < b && 1\", 'c');",
    "log::Warn(\"x\", {{\"rows\", std::to_string(rows + 1)}});",
    "const auto& x = *y;",
    "F(&x, -y);",
    "#include <a>",
])
def test_nothing_else_is_changed(body):
    assert changes(body) <= {f"{body} -> (removed)"}


def test_memory_that_is_only_reserved_is_not_a_contract():
    assert changes("x.reserve(n);") == set()


def test_the_last_return_of_a_function_stays():
    assert not any(change.endswith("(removed)") for change in changes("return c;"))


PROGRAM = """#include <cstdio>
#include <algorithm>
#include <string>
constexpr int kMost = 3;
int Bounded(int a) {
  if (a > kMost && a != 7) return kMost;
  return std::min(a, 100) + 1;
}
int main() {
  std::string text = "b";
  text += std::string("a") + "b";
  std::printf("%d %d %d %s", Bounded(2), Bounded(5), Bounded(7), text.c_str());
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """Runs PROGRAM with one of its mutants, all of which are inside; and the mutants by number."""
    folder = tmp_path_factory.mktemp("mutants")
    numbered = dict(enumerate(cpp.CppFile(PROGRAM).mutants(), 1))
    # What the compiler would refuse: a text that is subtracted.
    numbered = {number: mutant for number, mutant in numbered.items() if "-= std" not in mutant.text}
    text, _ = cpp.with_all_inside(PROGRAM, numbered)
    (folder / "program.cc").write_text(text)
    compiler = shutil.which("g++")
    subprocess.run([compiler, "-std=c++20", "-w", "-o", folder / "program", folder / "program.cc"], check=True)

    def run(number):
        environment = {**os.environ, "O2O_MUTANT": str(number)}
        return subprocess.run([folder / "program"], env=environment, capture_output=True, text=True).stdout

    return run, {change_of(PROGRAM, mutant): number for number, mutant in numbered.items()}


def test_without_a_choice_no_mutant_is_active(program):
    run, _ = program
    assert run(0) == "3 3 8 bab"


@pytest.mark.parametrize(("change", "output"), [
    ("3 -> 2", "3 2 8 bab"),
    ("a > kMost && a != 7 -> a > kMost || a != 7", "3 3 3 bab"),
    ("a != 7 -> a == 7", "3 6 3 bab"),
    ("return kMost; -> (removed)", "3 6 8 bab"),
    ("std::min(a, 100) + 1 -> std::min(a, 100) - 1", "1 3 6 bab"),
    ("std::min(a, 100) -> std::max(a, 100)", "101 3 101 bab"),
    ('text += std::string("a") + "b"; -> (removed)', "3 3 8 b"),
])
def test_each_choice_makes_its_change_alone(program, change, output):
    run, numbers = program
    assert run(numbers[change]) == output


def test_lines_lead_to_the_mutants_on_them():
    text = "int F(int a) { return a + 1; }\n"
    numbered = dict(enumerate(cpp.CppFile(text).mutants(), 1))
    inside, lines = cpp.with_all_inside(text, numbered)
    for number, mutant in numbered.items():
        places = [line for line, owner in lines.items() if owner == number]
        assert any(mutant.text in inside.splitlines()[line - 1] for line in places)
