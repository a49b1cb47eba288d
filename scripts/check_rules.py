#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says in words what is wrong with an edit of rules/ or alertmanager/, in seconds: `make check-rules`. What the alerts then do is shown by
`promtool test rules`."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
BANDS = ["red-high", "red", "yellow", "green", "light-green", "dark-green"]
SEVERITIES = {"critical", "warning", "info", "none"}
TEAMS = {"commerce", "platform"}


def load(path, said):
    try:
        return yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path.name}:{mark.line + 1}:{mark.column + 1}" if mark else path.name
        said.append(f"{where}: this is not YAML: {getattr(error, 'problem', error)}. Look at the indentation, and at a quote or bracket "
                    "that is not closed.")
        return None


def rules_of(path, said):
    content = load(path, said)
    if content is None:
        return []
    if not isinstance(content, dict) or not isinstance(content.get("groups"), list):
        said.append(f"{path.name}: it has to begin with `groups:`, a list")
        return []
    return [rule for group in content["groups"] for rule in group.get("rules") or []]


def check_limits(rules, said):
    bands = {}
    for rule in rules:
        name, labels = rule.get("record", ""), rule.get("labels") or {}
        if not name.startswith("o2o:limit:"):
            said.append(f"o2o-limits.yml: {name or rule}: a limit's name begins with o2o:limit:")
        elif isinstance(rule.get("expr"), bool) or not isinstance(rule.get("expr"), (int, float)):
            said.append(f"o2o-limits.yml: {name}: {rule.get('expr')!r} is not a number. A part is written 0.05, not 5%; a decimal point, no comma")
        elif name == "o2o:limit:vendor_band":
            bands.setdefault((labels.get("subject"), labels.get("vendor_code", "")), {})[labels.get("band")] = rule["expr"]
        elif name.endswith("ratio") and not 0 <= rule["expr"] <= 1:
            said.append(f"o2o-limits.yml: {name}: {rule['expr']} is not a part: 0 is none, 1 all, 0.05 one in twenty")
    general = {subject: values for (subject, vendor), values in bands.items() if not vendor}
    for (subject, vendor), values in bands.items():
        if set(values) - set(BANDS):
            said.append(f"o2o-limits.yml: vendor_band: there is no band {', '.join(map(str, set(values) - set(BANDS)))}; bands are {', '.join(BANDS)}")
            continue
        whole = {**general.get(subject, {}), **values}
        for lower, higher in zip(BANDS, BANDS[1:]):
            if lower in whole and higher in whole and whole[lower] >= whole[higher]:
                said.append(f"o2o-limits.yml: vendor_band of {subject}{f' for {vendor}' if vendor else ''}: {lower} begins at {whole[lower]}, "
                            f"which is not below {higher} ({whole[higher]})")


def check_alert(path, rule, said):
    name, labels, words = rule["alert"], rule.get("labels") or {}, rule.get("annotations") or {}
    where = f"{path.name}: {name}"
    if not re.fullmatch(r"O2O([A-Z]+[a-z0-9]+)+", name):
        said.append(f"{where}: a name is O2O and CamelCase; Alertmanager's routes know ours by it")
    if labels.get("severity") not in SEVERITIES:
        said.append(f"{where}: severity {labels.get('severity')!r} is not one of {', '.join(sorted(SEVERITIES))}: nobody would be told")
    if labels.get("team") not in TEAMS:
        said.append(f"{where}: team {labels.get('team')!r} is not one of {', '.join(sorted(TEAMS))}")
    if any("{{" in str(value) for value in labels.values()):
        said.append(f"{where}: a value in a label makes a new alert of every new value; values belong into the description")
    for key in ("summary", "description", "runbook_url", "dashboard_url"):
        if not words.get(key):
            said.append(f"{where}: the annotation {key} is missing: the message would have a hole")
    if not (ROOT / "rules" / "runbooks" / f"{name}.md").is_file():
        said.append(f"{where}: runbooks/{name}.md is missing: the person who is woken has no page")


def check_names(all_rules, said):
    recorded = {rule["record"] for _, rule in all_rules if "record" in rule}
    for path, rule in all_rules:
        text = f"{rule.get('expr')} {rule.get('annotations') or ''}"
        for name in sorted(set(re.findall(r"(?<![\w:])(?:o2o|job\w*):[\w:]+", text)) - recorded):
            said.append(f"{path.name}: {rule.get('alert') or rule.get('record')}: nothing records {name}. A typing mistake, or a line that was removed?")


def check_tools(said):
    for command in (["promtool", "check", "rules", "--lint=all", "--lint-fatal", *sorted(str(path) for path in ROOT.glob("rules/*.yml"))],
                    ["amtool", "check-config", str(ROOT / "alertmanager" / "alertmanager.yml")]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            said.append(f"{command[0]} is not installed: apt-get install prometheus prometheus-alertmanager")
            continue
        if done.returncode:
            wrong = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip() and "SUCCESS" not in line
                     and not line.startswith(("Checking", "Found", " - "))]
            said.append(f"{' '.join(command[:3])}: " + "\n  ".join(wrong))


def check(root=ROOT):
    said, all_rules = [], []
    for path in sorted((root / "rules").glob("*.yml")):
        rules = rules_of(path, said)
        all_rules += [(path, rule) for rule in rules]
        if path.name == "o2o-limits.yml":
            check_limits(rules, said)
    for path, rule in all_rules:
        if "alert" in rule:
            check_alert(path, rule, said)
    check_names(all_rules, said)
    return said, len(all_rules)


def main():
    said, count = check()
    if not said:
        check_tools(said)
    for line in said:
        print(line)
    if said:
        print(f"{len(said)} to mend")
        return 1
    print(f"{count} rules are well formed. What they do: promtool test rules rules/tests/*.yml (half a minute)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
