#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Divides every Prometheus duration in a YAML file by one factor and changes nothing else, byte for byte.

    scale_clock.py FACTOR < rules/o2o-orders.yml > faster.yml

A duration is a value that is one as a whole (`for: 10m`, `group_wait: 30s`, `${INTERVAL:-15s}`), and, inside an
`expr`, a PromQL duration (`[10m]`, `[1h:5m]`, `offset 1w`). What is in annotations, labels, PromQL strings and
comments is text. Results are whole seconds where they can be, else milliseconds, at least 1ms."""

import json
import re
import sys
from fractions import Fraction

import yaml

MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
                "y": 31_536_000_000}
DURATION = re.compile(r"(?=\d)(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?")
DEFAULT_OF_VARIABLE = re.compile(r"(\$\{\w+:-)([^}]*)(\})")
PROMQL_TOKEN = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|\#[^\n]*)"""
    r"""|(?P<word>:*[a-zA-Z_][\w:]*)"""
    r"""|(?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?![\w.]))"""
    r"""|(?P<duration>(?:\d+(?:ms|[smhdwy]))+)""")
TEXT_KEYS = {"annotations", "labels", "external_labels"}


def scale_duration(text, factor):
    """"10m" and 10 make "1m". `text` is a duration as a whole; "0s" and "0" stay as they are."""
    total = sum(int(count) * MILLISECONDS[unit] for count, unit in re.findall(r"(\d+)(ms|[smhdwy])", text))
    if total == 0:
        return text
    scaled = max(1, round(Fraction(total) / Fraction(factor)))
    return f"{scaled // 1000}s" if scaled % 1000 == 0 else f"{scaled}ms"


def is_duration(text):
    match = DURATION.fullmatch(text)
    return bool(match) and not text.isdigit()


def scale_promql(text, factor):
    def replace(token):
        if token.lastgroup == "duration":
            return scale_duration(token.group(), factor)
        return token.group()

    return PROMQL_TOKEN.sub(replace, text)


def scale_value(text, factor):
    if is_duration(text):
        return scale_duration(text, factor)

    def replace_default(match):
        inner = match.group(2)
        return match.group(1) + (scale_duration(inner, factor) if is_duration(inner) else inner) + match.group(3)

    if DEFAULT_OF_VARIABLE.fullmatch(text):
        return DEFAULT_OF_VARIABLE.sub(replace_default, text)
    return text


def scale_yaml(text, factor, unscaled=()):
    """The YAML text with its durations divided by `factor`, which may be a fraction. What is under a key of
    `unscaled` stays, for durations by a clock that runs as usual."""
    if Fraction(factor) <= 0:
        raise ValueError(f"the factor has to be above 0, not {factor}")
    edits = []
    for document in yaml.compose_all(text, Loader=yaml.SafeLoader):
        if document is not None:
            _collect(document, None, text, factor, {*TEXT_KEYS, *unscaled}, edits)
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _collect(node, key, text, factor, untouched, edits):
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value not in untouched:
                _collect(value, name.value, text, factor, untouched, edits)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _collect(item, key, text, factor, untouched, edits)
    else:
        scale = scale_promql if key == "expr" else scale_value
        start, end = node.start_mark.index, node.end_mark.index
        if node.style in ("|", ">", None):
            raw = text[start:end]  # written as it is meant, but for indentation
            new = scale(raw, factor)
        else:
            raw = text[start:end]
            scaled = scale(node.value, factor)
            new = raw if scaled == node.value else json.dumps(scaled, ensure_ascii=False)
        if new != raw:
            edits.append((start, end, new))


def main(arguments):
    if len(arguments) != 1:
        print("usage: scale_clock.py FACTOR < in.yml > out.yml", file=sys.stderr)
        return 1
    try:
        sys.stdout.write(scale_yaml(sys.stdin.read(), Fraction(arguments[0])))
    except (ValueError, ZeroDivisionError, yaml.YAMLError) as error:
        print(f"scale_clock: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
