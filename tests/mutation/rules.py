# SPDX-License-Identifier: Apache-2.0
"""The mutants of a file of Prometheus rules: of each rule its expression, `for` and `keep_firing_for`.

Values of limits and texts are not logic and are left alone."""

import re
from dataclasses import dataclass

import yaml

from .tokens import PROMQL, Mutant, Token, number_texts, pairs_of, tokens_of

# On the boundary, and the other way round.
COMPARED = {">": (">=", "<"), ">=": (">", "<"), "<": ("<=", ">"), "<=": ("<", ">"), "==": ("!=",), "!=": ("==",)}
MATCHED = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
CALCULATED = {"+": "-", "-": "+", "*": "/", "/": "*"}
AGGREGATED = {"sum": "max", "max": "min", "min": "max", "count": "sum", "avg": "max",
              "max_over_time": "min_over_time", "min_over_time": "max_over_time", "avg_over_time": "max_over_time",
              "last_over_time": "max_over_time", "stddev_over_time": "avg_over_time",
              "clamp_min": "clamp_max", "clamp_max": "clamp_min", "abs": "", "increase": "delta", "rate": "increase"}
SETS = {"and", "or", "unless"}
LABEL_LISTS = {"by", "without", "on", "ignoring"}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True)
class Place:
    """Which rule: the names in a file are not unique."""
    group: int
    rule: int
    name: str


class RulesFile:
    def __init__(self, text):
        self.text = text

    def mutants(self):
        """[(Place, Mutant)] in the order of the file."""
        found = []
        for number, group in enumerate(_value(yaml.compose(self.text, Loader=yaml.SafeLoader), "groups").value):
            for index, rule in enumerate(_value(group, "rules").value):
                name = (_value(rule, "alert") or _value(rule, "record")).value
                found += [(Place(number, index, name), mutant) for mutant in self._of_rule(rule)]
        return found

    def _of_rule(self, rule):
        found = []
        for key in ("expr", "for", "keep_firing_for"):
            node = _value(rule, key)
            if node is None:
                continue
            start, end = node.start_mark.index, node.end_mark.index
            if node.style in ("|", ">"):
                start = self.text.index("\n", start)
            elif node.style is not None:
                raise ValueError(f"line {node.start_mark.line + 1}: an expression in quotes is not read here")
            found += Expression(self.text, start, end).mutants() if key == "expr" else \
                [Mutant(start, end, text) for text in duration_texts(self.text[start:end])]
        return sorted(set(found), key=lambda mutant: (mutant.start, -mutant.end, mutant.text))


def _value(mapping, key):
    return next((value for name, value in mapping.value if name.value == key), None)


class Expression:
    """The text from `start` to `end`, as PromQL."""

    def __init__(self, text, start, end):
        self.text = text
        self.tokens = [Token(token.kind, token.text, token.start + start, token.end + start)
                       for token in tokens_of(text[start:end], PROMQL)]
        self.partner = pairs_of(self.tokens)

    def mutants(self):
        found = []
        for index, token in enumerate(self.tokens):
            inside = self._enclosing(index)
            if token.text == "{":
                found += self._matchers(index)
            elif inside == "{" or token.kind == "string":
                continue
            elif token.kind == "duration" and self._at(index - 1) != ":":  # the step of a subquery is not a window
                found += [self._instead(index, text) for text in duration_texts(token.text)]
            elif token.kind == "number":
                found += [self._instead(index, text) for text in number_texts(token.text) or [str(float(token.text) / 2)]]
            elif token.text in COMPARED:
                found += [self._instead(index, text) for text in COMPARED[token.text]]
            elif token.text in CALCULATED and self._at(index - 1) not in ("", "(", ",", *SETS, *COMPARED):
                found.append(self._instead(index, CALCULATED[token.text]))
            elif token.text == "bool":
                found.append(self._instead(index, ""))
            elif token.text in AGGREGATED and self._at(index + 1) in ("(", *LABEL_LISTS):
                found.append(self._instead(index, AGGREGATED[token.text]))
            elif token.text in LABEL_LISTS:
                found += self._without_one(index + 1)
            elif token.text in SETS:
                found += self._operand(index)
        return found

    def _at(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def _instead(self, index, text):
        return Mutant(self.tokens[index].start, self.tokens[index].end, text)

    def _enclosing(self, index):
        """The nearest bracket that is open there."""
        while index > 0:
            index -= 1
            if self._at(index) in (")", "]", "}"):
                index = self.partner[index]
            elif self._at(index) in ("(", "[", "{"):
                return self._at(index)
        return ""

    def _matchers(self, opening):
        found = self._without_one(opening)
        for index in range(opening + 1, self.partner[opening]):
            if self.tokens[index].kind == "sign" and self._at(index) in MATCHED:
                found.append(self._instead(index, MATCHED[self._at(index)]))
        return found

    def _without_one(self, opening):
        """Each item between these brackets taken away, with a comma beside it."""
        closing = self.partner[opening]
        if closing == opening + 1:
            return []
        commas = [index for index in range(opening, closing) if self._at(index) == ","]
        edges = [opening, *commas, closing]
        found = []
        for left, right in zip(edges, edges[1:], strict=False):
            start = self.tokens[left].end if left == opening else self.tokens[left].start
            end = self.tokens[right].end if left == opening and right != closing else self.tokens[right].start
            found.append(Mutant(start, end, ""))
        return found

    def _operand(self, index):
        """What follows and, unless, or removed with it; before the first `or` too."""
        ends = {"or"} if self._at(index) == "or" else SETS
        end = self._same_level(index, +1, ends)
        found = [Mutant(self.tokens[index].start, self.tokens[end].end, "")]
        if self._at(index) == "or":
            start = self._same_level(index, -1, {"or"})
            if self._at(start - 1) != "or":
                found.append(Mutant(self.tokens[start].start, self.tokens[index].end, ""))
        else:
            words = {"and": "unless", "unless": "and"}
            found.append(self._instead(index, words[self._at(index)]))
        return found

    def _same_level(self, index, step, ends):
        """The last token in that direction before one of `ends`, a comma, or the end of the brackets."""
        far = ("(", "[", "{") if step > 0 else (")", "]", "}")
        stops = {*ends, ",", "", *({")", "]", "}"} if step > 0 else {"(", "[", "{"})}
        while self._at(index + step) not in stops:
            index += step
            if self._at(index) in far:
                index = self.partner[index]
        return index


def duration_texts(text):
    """Twice and half of it, in its own unit where that can be."""
    parts = re.findall(r"(\d+)(ms|[smhdwy])", text)
    if len(parts) == 1:
        number, unit = int(parts[0][0]), parts[0][1]
        if number % 2 == 0:
            return [f"{number * 2}{unit}", f"{number // 2}{unit}"]
    seconds = sum(int(number) * SECONDS[unit] for number, unit in parts)
    twice = f"{int(parts[0][0]) * 2}{parts[0][1]}" if len(parts) == 1 else f"{seconds * 2}s"
    return [twice, f"{seconds // 2}s"]
