# SPDX-License-Identifier: Apache-2.0
"""What the others are run with: tools.txt, and what is said where something is missing."""

import os
import subprocess
from pathlib import Path

import pytest

from . import tools

GO = "go amtool example/alertmanager v0.35.0 cmd/amtool tag,other"
PYTHON = "python check-jsonschema some-package 0.39.0 attrs==26.1.0"
LOCKED = "locked airflow airflow/requirements.txt"
LINES = {"go": GO, "python": PYTHON, "locked": LOCKED}


def only(line):
    (found,) = tools.parse(f"# a comment\n\n{line}\n").values()
    return found


def test_a_line_is_a_program_in_a_folder_of_its_version():
    assert only(GO).program == tools.FOLDER / "amtool-v0.35.0" / "bin" / "amtool"
    assert only(PYTHON).program == tools.FOLDER / "check-jsonschema-0.39.0" / "bin" / "check-jsonschema"


def test_a_kind_that_nobody_knows_is_named():
    with pytest.raises(ValueError, match="tools.txt: brew is neither of go, python, locked: brew jq jq 1"):
        tools.parse("brew jq jq 1")


@pytest.mark.parametrize("line", [GO, PYTHON], ids=["go", "python"])
def test_a_changed_line_is_installed_anew_and_a_cut_one_too(line, tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "FOLDER", tmp_path)
    built = []
    monkeypatch.setattr(tools, "build_go", built.append)
    monkeypatch.setattr(tools, "install_python", built.append)
    tool, other = only(line), only(line + ",more" if line == GO else line + " more==1")
    for each, count in ((tool, 1), (tool, 1), (other, 2), (tool, 3)):
        each.install()
        assert len(built) == count and each.installed()
    (tool.folder / "installed").unlink()  # ended before it was done
    (tool.folder / "left-over").touch()
    tool.install()
    assert len(built) == 4 and not (tool.folder / "left-over").exists()


def test_what_failed_is_shown_and_not_taken_for_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "FOLDER", tmp_path)
    tool = only("python a-program a-package x.y")
    monkeypatch.setattr(tools, "install_python", lambda _: tools.checked(["sh", "-c", "echo what happened; exit 3"]))
    with pytest.raises(tools.Failed, match="ended with 3:\nwhat happened"):
        tool.install()
    assert not tool.installed()


def test_what_a_file_pins_is_installed_anew_when_it_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "ROOT", tmp_path)
    pinned = tmp_path / "airflow" / "requirements.txt"
    pinned.parent.mkdir()
    folders = set()
    for text in ("one==1\n", "one==2\n"):
        pinned.write_text(text)
        folders.add(only(LOCKED).folder)
        assert only(LOCKED).program == only(LOCKED).folder / "bin" / "airflow"
    assert len(folders) == 2


@pytest.mark.parametrize("kind", tools.NEEDS)
def test_what_is_missing_is_said_with_what_to_install(kind, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tools, "FOLDER", tmp_path)
    monkeypatch.setattr(tools, "missing", lambda asked: tools.NEEDS[asked] if asked == kind else None)
    monkeypatch.setattr(tools, "table", lambda: tools.parse(LINES[kind]))
    assert tools.main([]) == 1
    assert f"missing on this machine: {tools.NEEDS[kind]}" in capsys.readouterr().out
    with pytest.raises(tools.Missing, match="needs (Go 1.21 or later|python3-venv)"):
        tools.find(LINES[kind].split()[1])


def test_a_machine_without_go_lacks_go(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tools.missing("go") == tools.NEEDS["go"]


@pytest.mark.parametrize("name", [tool.name for tool in tools.table().values() if tool.kind == "go"])
def test_a_program_is_of_the_version_in_the_table(tool, name):
    """As the linker wrote it down: these builds have no version of their own to print."""
    known = tools.table()[name]
    said = subprocess.run(["go", "version", "-m", tool(name)], check=True, capture_output=True, text=True, timeout=60).stdout
    assert [known.source, known.version] in [line.split()[1:3] for line in said.splitlines()]


def test_path_finds_ours_first(tool):
    program = tool("promtool")
    first = tools.path_first("promtool").split(os.pathsep)[0]
    assert Path(first, "promtool") == program
