#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: scripts/wording.py FILE...
Finds wordings that translation has brought into our texts, and prints each as file:line with what to write instead. Looks at
everything in a file: comments, messages, and names (`test_x_is_no_y` and `XIsNoY` are read as words)."""

import re
import sys
from pathlib import Path

# Pattern of whole words -> what to write instead. A space also stands for a line break, inside a comment too. Add only
# what is nearly always wrong; the rare case in which it is right goes to ALLOWED.
HABITS = {
    r"(?<!there )(is|are|was|were) no(?= )(?! (longer|more|less|better|worse|other|such|\d))": "is not a ..., does not ..., without ...",
    r"due is|is due an?": "expected",
    r"stands? (there|twice|here|written)": "appears, is listed, is",
    r"stands(?! (for|in for|out|by|up|still|alone))": "is, appears, is listed",
    r"(can|may|must|could|should|that|which|they|what|where) stand(?! (for|in for|out|by|up|still|alone))": "be, appear, be listed",
    r"stood(?! (for|in for|out|by|up|still))": "was, appeared",
    r"tells?(?! (apart|(\S+ ){1,4}apart|the (team|vendor|commerce|owner)))": "reports, prints, shows, says",
    r"(goes|go|went) on": "continues, keeps running",
    r"all is well": "everything works, without a fault",
    r"who(so)?ever": "anyone who, any client that, the caller",
    r"whom": "who ... to, which ... of",
    r"in the place of": "instead of",
    r"(to|can|could|must) be had": "available, can be read",
    r"what is the matter": "what is wrong",
}

# (end of the path, words of the line) -> why they are right there.
ALLOWED = {}


def as_words(text):
    """The text with as many lines, in which names are words and a sentence runs over the lines of a comment."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)
    text = re.sub(r"[ \t]*\n[ \t]*(?:#|//|--|\*|>)*[ \t]*", "\n", text)
    return re.sub(r"[ \t]+", " ", text)


PATTERNS = [(re.compile(rf"\b(?:{habit})(?!\w)".replace(" ", r"\s"), re.IGNORECASE), instead) for habit, instead in HABITS.items()]


def findings(path, text):
    """(line, the words found, what to write instead), in the order of lines."""
    words, lines, found = as_words(text), text.split("\n"), []
    for pattern, instead in PATTERNS:
        for match in pattern.finditer(words):
            line = words.count("\n", 0, match.start()) + 1
            if not any(str(path).endswith(end) and part in lines[line - 1] for end, part in ALLOWED):
                found.append((line, " ".join(match.group().split()), instead))
    return sorted(found)


def main(names):
    count = 0
    for name in names:
        for line, words, instead in findings(name, Path(name).read_text(encoding="utf-8")):
            count += 1
            print(f"{name.removeprefix('./')}:{line}: \"{words}\", write: {instead}")
    if count:
        print(f"{count} found. Where one is right, add it to ALLOWED in scripts/wording.py, with the reason.")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
