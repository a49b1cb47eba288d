#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a copy of the rules, their tests, runbooks and our part of Alertmanager's configuration, adapted to a monitoring that
is already there.

    adapt_rules.py --out=DIR [--job=NAME] [--by=LABEL,...] [--replicas=LABEL,...] [--runbooks=URL] [--dashboards=URL]

--job       the name of the exporter's scrape job
--by        labels of your targets that tell shops apart, beside cluster, region, shop, namespace and environment. The rules keep every
            label; Alertmanager has to be told them, so that what happens in one shop silences nothing in another
--replicas  labels in which replicas of one exporter differ: instance and pod
--runbooks  where the runbooks are read; the alert's name and .md are added
--dashboards  the address of your Grafana; d/ and the dashboard's uid are added"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
JOB = "o2o-exporter"
REPLICAS = "instance, pod"
RUNBOOKS = "https://github.com/o2o-exporter/o2o-exporter/blob/main/rules/runbooks/"
DASHBOARDS = "http://localhost:3000/"
PLACE = "job, cluster, region, shop, namespace, environment"
# The job's name in the words of a test, but neither the project's address nor a file or group of that name.
JOB_IN_WORDS = re.compile(r"(?<![\w/;-])o2o-exporter(?!\.yml|[\w/;-])")
LABEL = re.compile(r"[a-zA-Z_]\w*")


class Mistake(Exception):
    """What is wrong with an argument, and what would be right."""


def labels(text, flag):
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if not LABEL.fullmatch(name):
            raise Mistake(f"{flag}: {name!r} is not a label's name: letters, digits and _")
    return names


def adapt_rule_text(text, options):
    """A rule file or a test of one."""
    text = text.replace(RUNBOOKS, options.runbooks).replace(f"{DASHBOARDS}d/", f"{options.dashboards}d/")
    text = text.replace(f"({REPLICAS}", f"({', '.join(options.replicas)}")
    return JOB_IN_WORDS.sub(lambda _: options.job, text)


def adapt_runbook(text, options):
    return text.replace(f'job="{JOB}"', f'job="{options.job}"')


def adapt_fragment(text, options):
    return text.replace(PLACE, ", ".join([PLACE, *[name for name in options.by if name not in PLACE.split(", ")]]))


def plan(options):
    """Path below --out -> text."""
    files = {}
    for path in sorted((ROOT / "rules").glob("*.yml")):
        files[path.name] = adapt_rule_text(path.read_text(), options)
    for path in sorted((ROOT / "rules" / "tests").glob("*.yml")):
        files[f"tests/{path.name}"] = adapt_rule_text(path.read_text(), options)
    for path in sorted((ROOT / "rules" / "runbooks").glob("*.md")):
        files[f"runbooks/{path.name}"] = adapt_runbook(path.read_text(), options)
    files["alertmanager/fragment.yml"] = adapt_fragment((ROOT / "alertmanager" / "fragment.yml").read_text(), options)
    for path in sorted((ROOT / "alertmanager" / "templates").glob("*.tmpl")):
        files[f"alertmanager/templates/{path.name}"] = path.read_text()
    return files


def parse(arguments):
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--out", required=True)
    parser.add_argument("--job", default=JOB)
    parser.add_argument("--by", default="")
    parser.add_argument("--replicas", default=REPLICAS)
    parser.add_argument("--runbooks", default=RUNBOOKS)
    parser.add_argument("--dashboards", default=DASHBOARDS)
    options = parser.parse_args(arguments)
    if not re.fullmatch(r"[^\s\"'\\{}]+", options.job):
        raise Mistake(f"--job: {options.job!r} is not a job's name: no spaces, quotes, braces or backslashes")
    for flag, link in (("--runbooks", options.runbooks), ("--dashboards", options.dashboards)):
        if not re.fullmatch(r"https?://[^\s\"'{}?#]+/", link):
            raise Mistake(f"{flag}: {link!r} is not a link that ends with /")
    options.by = labels(options.by, "--by")
    options.replicas = labels(options.replicas, "--replicas")
    if not options.replicas:
        raise Mistake("--replicas: at least one label, in which two replicas of the exporter differ")
    out = Path(options.out).resolve()
    if ROOT / "rules" in [out, *out.parents]:
        raise Mistake(f"--out: {options.out} holds the originals")
    return options


def main(arguments):
    try:
        options = parse(arguments)
        files = plan(options)
        for name, text in files.items():
            target = Path(options.out, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    except (Mistake, OSError) as error:
        print(f"adapt_rules: {error}", file=sys.stderr)
        return 1
    print(f"{len(files)} files are in {options.out}. Now: promtool test rules {options.out}/tests/*.yml")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
