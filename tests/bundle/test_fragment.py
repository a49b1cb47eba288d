# SPDX-License-Identifier: Apache-2.0
"""alertmanager/fragment.yml, our part of Alertmanager's configuration for those who have one: the same text as in alertmanager.yml, and
harmless in a stranger's file. With UPDATE=1 it is written anew."""

import os

import pytest
import yaml

from bundle.shipped import ALERTMANAGER, ROUTES_TEST, load, run

FRAGMENT = ALERTMANAGER.with_name("fragment.yml")
HEADER = """\
# SPDX-License-Identifier: Apache-2.0
# Our part of an Alertmanager's configuration, for one that others use too: put each list's entries at the head of the list of the
# same name in your file (`route.routes`, `time_intervals`, `inhibit_rules`, `receivers`, `templates`), and copy templates/ beside
# it. Every route and inhibition matches alerts whose name begins with O2O, and no others.
# The webhooks are those of our demo: put your channels in their place, as alertmanager.yml shows.
# Made from alertmanager.yml by `UPDATE=1 pytest tests/bundle/test_fragment.py`; change things there.
templates:
  - templates/*.tmpl

route:
  routes:
"""
STRANGER = """\
route:
  receiver: theirs
  group_by: [alertname]
  routes:
    - receiver: their-pager
      matchers: ['severity="critical"']
inhibit_rules: []
receivers:
  - name: theirs
  - name: their-pager
"""


def made_from_the_whole_file():
    text = ALERTMANAGER.read_text()
    ours = text.index("    # All of ours, and nothing else")
    return HEADER + text[ours:]


def test_fragment_is_the_same_text():
    if os.environ.get("UPDATE"):
        FRAGMENT.write_text(made_from_the_whole_file())
    assert FRAGMENT.read_text() == made_from_the_whole_file(), "run it with UPDATE=1"


@pytest.fixture(name="merged")
def merge(tmp_path):
    """A stranger's file with the fragment in it, as its comment says."""
    fragment, config = load(FRAGMENT), yaml.safe_load(STRANGER)
    config["route"]["routes"][:0] = fragment["route"]["routes"]
    config["templates"], config["time_intervals"] = fragment["templates"], fragment["time_intervals"]
    for name in ("inhibit_rules", "receivers"):
        config[name][:0] = fragment[name]
    (tmp_path / "templates").symlink_to(ALERTMANAGER.parent / "templates")
    path = tmp_path / "alertmanager.yml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    run("amtool", "check-config", path)
    return path


def receivers_of(config, labels):
    said = run("amtool", "config", "routes", "test", f"--config.file={config}",
               *[f"{name}={value}" for name, value in labels.items()])
    return said.splitlines()[-1].split(",")


def test_ours_reach_the_same_people_and_theirs_their_own(merged):
    ours = [row for row in load(ROUTES_TEST)["routes"] if row["labels"]["alertname"].startswith("O2O")]
    for row in ours:
        assert receivers_of(merged, row["labels"]) == row["receivers"], row["labels"]
    assert len(ours) > 20
    assert receivers_of(merged, {"alertname": "DiskFilling", "severity": "critical", "team": "commerce"}) == ["their-pager"]
    assert receivers_of(merged, {"alertname": "Watchdog", "severity": "none"}) == ["theirs"]


def test_every_inhibition_is_of_ours_alone():
    for rule in load(FRAGMENT)["inhibit_rules"]:
        for matchers in (rule["source_matchers"], rule["target_matchers"]):
            assert any(matcher.startswith(('alertname="O2O', 'alertname=~"O2O')) for matcher in matchers), rule
