#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: scripts/wording.py FILE...
Finds wordings that came into our texts by translation, and prints each as file:line, with what to write instead. Looks at
everything in a file: comments, messages, docs, and names (`test_x_is_no_y` and `XIsNoY` are read as words)."""

import re
import sys
from pathlib import Path

# Pattern, what to write instead. A space stands for any white space, a line break inside a comment included. Take in only
# what is nearly always wrong; what is right once goes to ALLOWED.
HABITS = [
    (r"(?<!there )(?:is|are|was|were) no (?!longer|more|less|better|worse|other|such|\d)", "is not a ..., does not ..., without ..."),
    (r"(?:due is|is due an?)\b", "expected"),
    (r"stands? (?:there|twice|here|written|alone)", "appears, is listed, is"),
    (r"stands (?!for|in for|out|by|up|alone)", "is, appears, is listed"),
    (r"(?:can|may|must|could|should|have to|that|which|they|what|where) stand (?!for|in for|out|by|up)", "be, appear, be listed"),
    (r"stood (?!for|in for|out|by|up)", "was, appeared"),
    (r"tells?(?! apart|(?: \S+){1,4} apart|(?: \w+){1,6} (?:to|about)\b| the (?:team|vendor|commerce|owner))", "reports, prints, shows, says"),
    (r"(?:goes|go|went) on", "continues, keeps running"),
    (r"all is well", "everything works, without a fault"),
    (r"who(?:so)?ever", "anyone who, any client that, the caller"),
    (r"whom", "who ... to, which ... of"),
    (r"in the place of", "instead of"),
    (r"(?:to|can|could|must) be had", "available, can be read"),
    (r"what is the matter", "what is wrong"),
]

# (end of the path, the line's words) -> why they are right there.
ALLOWED = {
}


def as_words(text):
    """The text with its line count, in which names are words and a comment that is broken over two lines reads on."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)
    return re.sub(r"\n[ \t]*(?:#|//|--|\*|>)*[ \t]*", "\n", text)


def compiled():
    # `\s` for each space of a pattern; whole words.
    return [(re.compile(r"\b" + pattern.replace(" ", r"\s+").replace(r"there\s+)", r"there\s)") + (r"\b" if pattern[-1].isalpha() else ""), re.I), instead)
            for pattern, instead in HABITS]


def findings(path, text):
    """(line, the words found, what to write instead) in the order of lines."""
    found = []
    lines = text.splitlines()
    for pattern, instead in compiled():
        words = as_words(text)
        for match in pattern.finditer(words):
            number = words.count("\n", 0, match.start()) + 1
            if not any(str(path).endswith(end) and part in lines[number - 1] for end, part in ALLOWED):
                found.append((number, " ".join(match.group().split()), instead))
    return sorted(found)


def main(names):
    count = 0
    for name in names:
        for line, words, instead in findings(name, Path(name).read_text(encoding="utf-8")):
            count += 1
            print(f"{name.removeprefix('./')}:{line}: \"{words}\": write {instead}")
    if count:
        print(f"{count} wordings; one that is right where it is belongs into ALLOWED in scripts/wording.py, with the reason")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
