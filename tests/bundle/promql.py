# SPDX-License-Identifier: Apache-2.0
"""What a PromQL expression asks for. No parser (promtool is that): it takes away what cannot be a metric's name and
looks at the words that are left."""

import re
from dataclasses import dataclass

_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`')
_COMMENT = re.compile(r"#[^\n]*")
_RANGE = re.compile(r"\[[^\]]*\]")
_LABEL_LIST = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", re.IGNORECASE)
_OFFSET = re.compile(r"\boffset\s+-?\w+", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w:])(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w:])")
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)(?:\s*(\{[^}]*\}))?(\s*\()?")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_WORDS = {"and", "or", "unless", "atan2", "bool", "by", "without", "on", "ignoring", "group_left", "group_right",
          "inf", "nan", "start", "end",
          # aggregations, which may be separated from their bracket: sum by (x) (...)
          "sum", "min", "max", "avg", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile",
          "count_values"}


@dataclass(frozen=True)
class Selector:
    metric: str
    labels: frozenset  # names of labels in its braces


def selectors(expr):
    """Every metric that `expr` reads, with the labels that it picks by."""
    text = _COMMENT.sub(" ", _STRING.sub('""', expr))
    text = _OFFSET.sub(" ", _RANGE.sub(" ", _LABEL_LIST.sub(" ", text)))
    text = _NUMBER.sub(" ", text)
    found = []
    for name, braces, call in _SELECTOR.findall(text):
        if call or name.lower() in _WORDS:
            continue
        found.append(Selector(name, frozenset(_LABEL.findall(braces))))
    return found


def grouping_labels(expr):
    """The labels of every by (...), on (...) and the like."""
    text = _COMMENT.sub(" ", _STRING.sub('""', expr))
    return {label.strip() for _, labels in _LABEL_LIST.findall(text) for label in labels.split(",") if label.strip()}
