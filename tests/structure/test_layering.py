#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the floors of ARCHITECTURE.md: who may include whom, and which file hides which library."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "exporter" / "src"

# A folder may include itself and these. "" is the top: run, flags, main.
MAY_INCLUDE = {
    "base": set(),
    "config": {"base", "orders", "metrics"},
    "orders": {"base"},
    "http": {"base"},
    "json": {"base"},
    "metrics": {"base"},
    "mapping": {"base", "config", "json", "metrics"},
    "sources": {"base", "config", "http", "json", "mapping", "metrics", "orders"},
    "store": {"base", "config", "orders"},
    "app": {"base", "config", "orders", "http", "json", "mapping", "metrics", "sources", "store"},
    "web": {"base", "config", "orders", "json", "metrics", "sources", "app"},
    "": {"base", "config", "orders", "http", "metrics", "sources", "store", "app", "web"},
}

# Header prefix of a library -> the only files that may include it.
HIDDEN_IN = {
    "yaml-cpp/": {"config/yaml_document.cc"},
    "libpq-fe.h": {"config/connection_string.cc", "store/pg_connection.cc"},
    "curl/": {"http/curl_http_client.cc"},
    "rapidjson/": set(),
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


def folder(path):
    parts = path.relative_to(SRC).parts
    return parts[0] if len(parts) > 1 else ""


def test_there_are_sources_to_check():
    assert len(SOURCES) > 40
    assert {folder(path) for path in SOURCES} == set(MAY_INCLUDE)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SRC)))
def test_includes_only_downwards(path):
    own = folder(path)
    for quote, name in includes(path):
        if quote != '"' or name.startswith("embedded/"):
            continue
        target = name.split("/")[0] if "/" in name else ""
        assert target == own or target in MAY_INCLUDE[own], f"{path.name} includes {name}"


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
    """base/mutex.h, and annotations in the place of comments."""
    assert re.findall(r"std::\w*mutex\b(?!>)|std::(?:lock_guard|unique_lock|scoped_lock)|// .*(?:guarded by|needs) \w*mutex_?", path.read_text()) == []
