#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds exporter/src to its floors, which exporter/floors.txt lists: which floor includes which, and which file hides which library."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "exporter" / "src"


def floors():
    """Floor -> the floors that it may include, lowest first: the list by which CMake links them."""
    lines = [line for line in (ROOT / "exporter" / "floors.txt").read_text().splitlines() if not line.startswith("#")]
    pairs = [line.split(":") for line in lines]
    assert len(pairs) == len({name for name, _ in pairs}), "a floor is listed twice"
    return {name: set(below.split()) for name, below in pairs}


FLOORS = floors()

# Header prefix of a library -> the only files that may include it.
HIDDEN_IN = {
    "yaml-cpp/": {"config/yaml_document.cc"},
    "libpq-fe.h": {"config/connection_string.cc", "store/pg_connection.cc"},
    "curl/": {"http/curl_http_client.cc", "http/url.cc"},
    "rapidjson/": {"json/json_fields.cc", "json/json_writer.cc"},
    "pqxx/": set(),  # of the tests
    "prometheus/": {"metrics/exporter_metrics.cc"},
    "zlib.h": {"metrics/gzip.cc", "http/inflater.cc"},
    "civetweb.h": {"web/web_server.cc"},
    "CLI/": {"flags.cc"},
    "date/": {"base/time_zone.cc"},
    "tl/": {"base/result.h"},
}

SOURCES = sorted(path for path in SRC.rglob("*") if path.suffix in (".h", ".cc"))
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.M)


def includes(path):
    return INCLUDE.findall(path.read_text())


def floor_of(name):
    """The floor of a file, named as an include names it: its folder, and at the top flags or program."""
    folder, slash, _ = name.partition("/")
    if slash:
        return folder
    return "flags" if name.split(".")[0] == "flags" else "program"


def floors_included(path):
    """What the file includes of other floors: floor -> header."""
    own = floor_of(str(path.relative_to(SRC)))
    ours = [name for quote, name in includes(path) if quote == '"' and not name.startswith("embedded/")]
    return {floor_of(name): name for name in ours if floor_of(name) != own}


def test_every_file_is_on_a_floor():
    assert len(SOURCES) > 40
    assert {floor_of(str(path.relative_to(SRC))) for path in SOURCES} == set(FLOORS)


def test_floors_include_only_downwards():
    below = set()
    for floor, included in FLOORS.items():
        assert included <= below, f"{floor} includes {sorted(included - below)}, listed after it"
        below.add(floor)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SRC)))
def test_includes_what_its_floor_links(path):
    """Directly: a floor that is linked only through another one is not listed for this one."""
    own = floor_of(str(path.relative_to(SRC)))
    for floor, header in floors_included(path).items():
        assert floor in FLOORS[own], f"{header} is on the floor {floor}, which floors.txt does not list for {own}"


@pytest.mark.parametrize("floor", FLOORS)
def test_links_only_what_it_includes(floor):
    files = [path for path in SOURCES if floor_of(str(path.relative_to(SRC))) == floor]
    assert FLOORS[floor] == set().union(*(floors_included(path) for path in files))


def test_architecture_lists_the_same_floors():
    rows = re.findall(r"^\| `(\w+)/` \|", (ROOT / "ARCHITECTURE.md").read_text(), re.M)
    assert rows == [floor for floor in FLOORS if floor not in ("flags", "program")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SRC)))
def test_libraries_stay_behind_their_file(path):
    name = str(path.relative_to(SRC))
    for _, header in includes(path):
        for prefix, homes in HIDDEN_IN.items():
            if header.startswith(prefix):
                assert name in homes, f"{name} includes {header}, which belongs in {sorted(homes)}"


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix == ".h"], ids=lambda path: str(path.relative_to(SRC)))
def test_headers_begin_alike(path):
    lines = path.read_text().splitlines()
    assert lines[0] == "// SPDX-License-Identifier: Apache-2.0"
    assert "#pragma once" in lines[:3]


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name != "mutex.h"], ids=lambda path: str(path.relative_to(SRC)))
def test_mutexes_are_those_that_clang_checks(path):
    """base/mutex.h, and annotations instead of comments."""
    assert re.findall(r"std::\w*mutex\b(?!>)|std::(?:lock_guard|unique_lock|scoped_lock)|// .*(?:guarded by|needs) \w*mutex_?", path.read_text()) == []
