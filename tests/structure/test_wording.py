# SPDX-License-Identifier: Apache-2.0
"""scripts/wording.py finds what came by translation, in comments, messages and names, and nothing beside it."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "wording.py"
SPEC = importlib.util.spec_from_file_location("wording", SCRIPT)
wording = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(wording)


@pytest.mark.parametrize("text, words", [
    ("'abc' is no number", "is no"),
    ("def test_what_is_no_json():", "is no"),
    ("TEST(PageTest, RefusesWhatIsNoPage) {", "Is No"),
    ("// A timeout is\n  // no failure.", "is no"),
    ("the key stands twice", "stands"),
    ("secrets can stand in files", "can stand"),
    ("the log tells what happened", "tells"),
    ("polling goes on", "goes on"),
    ("# Whoever asks\n", "Whoever"),
    ("an answer in the\n  -- place of it", "in the place of"),
    ("data: missing, due is an array", "due is"),
])
def test_a_habit_is_found(text, words):
    assert words in [found for _, found, _ in wording.findings("a.py", text)]


@pytest.mark.parametrize("text", [
    "there is no such page", "if there\n# is no file", "is no longer polled", "one stands for all", "traffic stands still",
    "labels tell apart two regions", "what tells the two apart", "tell the vendor", "what is going on", "understands", "a test stand",
])
def test_what_is_right_is_left_alone(text):
    assert wording.findings("a.py", text) == []


def test_every_habit_can_be_found():
    """A pattern that no text can match would look like clean texts."""
    examples = ["x is no y", "due is x", "stands there", "stands", "may stand", "stood", "tells", "goes on", "all is well", "whoever", "whom",
                "in the place of", "to be had", "what is the matter"]
    assert [any(pattern.search(example) for example in examples) for pattern, _ in wording.PATTERNS] == [True] * len(wording.HABITS)


def test_it_names_file_and_line_and_what_to_write(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Title\n\nThis is no page.\nSo it goes on.\n")
    ran = subprocess.run([sys.executable, SCRIPT, page], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stdout.splitlines()[:2] == [f'{page}:3: "is no", write: is not a ..., does not ..., without ...',
                                           f'{page}:4: "goes on", write: continues, keeps running']


def test_an_allowed_line_is_left_alone(monkeypatch):
    monkeypatch.setitem(wording.ALLOWED, ("licence.txt", "on behalf of whom"), "a quotation")
    assert wording.findings("a/licence.txt", "on behalf of whom\n") == []
    assert [line for line, _, _ in wording.findings("a/licence.txt", "on behalf of whom\nto whom\n")] == [2]


def test_every_allowed_line_exists():
    files = [Path(name) for name in subprocess.run([SCRIPT.with_name("sources.sh"), "texts"], capture_output=True, text=True, check=True).stdout.split("\0")]
    for end, part in wording.ALLOWED:
        assert any(str(file).endswith(end) and part in (SCRIPT.parents[1] / file).read_text() for file in files if file.name), f"remove {(end, part)} from ALLOWED"
