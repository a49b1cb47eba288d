# SPDX-License-Identifier: Apache-2.0
"""Source text as tokens with their places; comments and white space are left out."""

import re
from dataclasses import dataclass

CLOSING = {"(": ")", "[": "]", "{": "}"}
OPENING = {close: open_ for open_, close in CLOSING.items()}

CPP = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*\#[^\n]*)
      | (?P<string>R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])+')
      | (?P<number>\d(?:'?[\w.])*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign><=>|->|::|\+\+|--|&&|\|\||[<>=!+\-*/|&]=|<<|\.\.\.|[^\s\w])""",
    re.X | re.M | re.S)

SQL = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<string>[eE]?'(?:''|[^'])*'|"[^"]*")
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign>\$\$|:=|::|<=|>=|<>|<@|\|\||[^\s\w])""",
    re.X | re.M | re.S)

PROMQL = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)
      | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<duration>(?:\d+(?:ms|[smhdwy]))+(?!\w))
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_][\w:]*)
      | (?P<sign>=~|!~|[=!<>]=|[^\s\w])""",
    re.X | re.M | re.S)


@dataclass(frozen=True)
class Token:
    kind: str  # string, duration, number, word, sign
    text: str
    start: int
    end: int


def tokens_of(text, grammar):
    found = []
    place = 0
    while place < len(text):
        match = grammar.match(text, place)
        if not match:
            raise ValueError(f"no token begins at {text[place:place + 20]!r}")
        if match.lastgroup != "skip":
            found.append(Token(match.lastgroup, match.group(), place, match.end()))
        place = match.end()
    return found


def pairs_of(tokens):
    """For each bracket its partner, both ways, by index."""
    partner = {}
    open_ones = []
    for index, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        if token.text in CLOSING:
            open_ones.append(index)
        elif token.text in OPENING:
            start = open_ones.pop()
            partner[start], partner[index] = index, start
    return partner


def number_texts(text):
    """A whole number one higher and one lower, spelled like it; none for other numbers."""
    match = re.fullmatch(r"(\d[\d']*)([A-Za-z]*)", text)
    if not match or text.startswith("0x"):
        return []
    value = int(match.group(1).replace("'", ""))
    return [f"{value + step}{match.group(2)}" for step in (1, -1) if value + step >= 0]


@dataclass(frozen=True)
class Mutant:
    """The source with `text` instead of `start` to `end`."""
    start: int
    end: int
    text: str
    # What the place is: an expression; a condition (converted to bool); a statement.
    kind: str = "expression"


def line_of(text, place):
    """The number of the line and the line."""
    begin = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    return text.count("\n", 0, place) + 1, text[begin:len(text) if end < 0 else end].strip()


def change_of(text, mutant):
    """What the mutant changes, on one line of bearable length."""
    before, after = shortened(text[mutant.start:mutant.end]), shortened(mutant.text)
    return f"{before} -> {after or '(removed)'}"


def shortened(text, most=90):
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most // 2] + " ... " + line[-most // 2:]
