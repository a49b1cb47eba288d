# SPDX-License-Identifier: Apache-2.0
"""Mimir's two files: every key exists, with a value of its type, and they differ in the storage alone."""

import re

import pytest

from bundle.shipped import ROOT, load

FILES = [ROOT / "compose" / "mimir" / name for name in ("mimir.yml", "mimir-s3.yml")]
# Key, type and default of each key that the files use, taken from Mimir's own description of its configuration (2.16 to 3.0). A new
# key needs its line here.
KEYS = dict(line.split("\t")[:2] for line in (ROOT / "tests/bundle/testdata/mimir-keys.tsv").read_text().splitlines()
            if not line.startswith("#"))
STORAGE = ("common.", "blocks_storage.backend", "blocks_storage.filesystem.", "blocks_storage.storage_prefix",
           "ruler_storage.")
VARIABLE = r"\$\{[A-Z0-9_]+(:[^}]*)?\}"
OF_TYPE = {"boolean": r"true|false", "int": r"\d+", "float": r"[\d.]+", "duration": r"(\d+(ms|[smhdwy]))+|0", "string": r".+"}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def settings(path):
    """Dotted key -> value."""
    def walk(node, above):
        for key, value in node.items():
            if isinstance(value, dict):
                yield from walk(value, f"{above}{key}.")
            else:
                yield above + key, value

    return dict(walk(load(path), ""))


def as_text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


@each_file
def test_every_key_exists_and_its_value_is_of_its_type(path):
    found = settings(path)
    assert len(found) > 20
    for key, value in found.items():
        assert key in KEYS, f"{path.name}: Mimir has no key {key}, or testdata/mimir-keys.tsv does not know it yet"
        pattern = rf"({OF_TYPE[KEYS[key]]})|{VARIABLE}"
        assert re.fullmatch(pattern, as_text(value)), f"{path.name}: {key}: {value} is not of type {KEYS[key]}"


def test_the_table_has_no_key_that_nobody_uses():
    assert KEYS.keys() == {key for path in FILES for key in settings(path)}


def test_they_differ_in_the_storage_alone():
    disk, s3 = ({key: value for key, value in settings(path).items() if not key.startswith(STORAGE)} for path in FILES)
    assert disk == s3


@each_file
def test_one_process_alone_takes_samples(path):
    """The defaults wait for three copies."""
    found = settings(path)
    assert found["ingester.ring.replication_factor"] == found["store_gateway.sharding_ring.replication_factor"] == 1


@each_file
def test_two_prometheus_are_told_apart(path):
    found = settings(path)
    assert found["multitenancy_enabled"] and found["limits.accept_ha_samples"] and found["distributor.ha_tracker.enable_ha_tracker"]
    assert found["distributor.ha_tracker.kvstore.store"] == "memberlist", "consul and etcd are deprecated, and do not run here"


@each_file
def test_everything_is_kept_on_the_volume_and_nothing_for_ever(path):
    found = settings(path)
    places = [value for key, value in found.items() if key.endswith(("dir", "path", "directory"))]
    assert len(places) >= 5 and all(place.startswith("/data/") for place in places)
    assert len(set(places)) == len(places), "Mimir refuses folders that overlap"
    assert found["limits.compactor_blocks_retention_period"] != 0


def test_blocks_and_rules_are_apart():
    """Mimir refuses one place for both."""
    disk, s3 = (settings(path) for path in FILES)
    assert disk["blocks_storage.filesystem.dir"] != disk["ruler_storage.filesystem.dir"]
    assert s3["blocks_storage.storage_prefix"] != s3["ruler_storage.storage_prefix"]
    assert re.fullmatch("[a-zA-Z0-9]+", s3["blocks_storage.storage_prefix"] + s3["ruler_storage.storage_prefix"])


def test_no_key_of_s3_is_in_the_file():
    assert not [key for key in settings(FILES[1]) if key.endswith(("access_key_id", "secret_access_key"))]
