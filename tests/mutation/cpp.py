# SPDX-License-Identifier: Apache-2.0
"""The mutants of a C++ file, and the file with all of them inside.

Compiling takes long and running does not. So all mutants of a file are compiled at once, each behind a switch that the
environment sets (`O2O_MUTANT=17`):

    if (rows < limit)      becomes      if ((o2o_mutation::Is(17) ? (rows <= limit) : (rows < limit)))

There is no C++ parser here: clang-format's layout and the precedence of the operators say where an operand begins and
ends. What a mutant's type does not allow, the compiler refuses; such a mutant is left out (see CppUnit)."""

from .tokens import CPP, Mutant, number_texts, pairs_of, tokens_of

SWAPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
           "+": "-", "-": "+", "*": "/", "/": "*", "+=": "-=", "-=": "+="}
# How tightly they bind; the comparison <=> is not used.
BINDING = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 6, "-": 6, "*": 7, "/": 7}
# Where an operand ends at the latest.
LIMITS = {",", ";", "?", ":", "(", "[", "{", ")", "]", "}", "=", "+=", "-=", "return", "case", "else", "<<"}
KEYWORDS = {"return", "if", "else", "for", "while", "switch", "case", "break", "continue", "using", "namespace",
            "struct", "class", "const", "constexpr", "static", "auto", "public", "private", "default", "template"}

SWITCH = """#include <cstdlib>
namespace o2o_mutation {
inline bool Is(int mutant) {
  static const char* const chosen = std::getenv("O2O_MUTANT");
  static const int number = chosen ? std::atoi(chosen) : 0;
  return mutant == number;
}
}  // namespace o2o_mutation
"""


class CppFile:
    def __init__(self, text):
        self.text = text
        self.tokens = tokens_of(text, CPP)
        self.partner = pairs_of(self.tokens)
        self.silent = self._log_statements()

    def mutants(self):
        found = []
        for index, token in enumerate(self.tokens):
            if index in self.silent:
                continue
            if token.kind == "number":
                found += [Mutant(token.start, token.end, text) for text in number_texts(token.text)]
            elif token.text in ("true", "false"):
                found.append(Mutant(token.start, token.end, "false" if token.text == "true" else "true"))
            elif token.text in ("min", "max"):
                found += self._bound(index)
            elif token.text in BINDING and self._is_binary(index) and not self._joins_texts(index):
                start, end = self._operands(index)
                text = self.text[start:token.start] + SWAPPED[token.text] + self.text[token.end:end]
                found.append(Mutant(start, end, text))
            elif token.text == "?":
                start, _ = self._operands(index)
                end = self.tokens[index - 1].end
                found.append(Mutant(start, end, f"!({self.text[start:end]})", "condition"))
            elif token.text in ("if", "while"):
                found += self._condition(index)
            if self._begins_statement(index):
                found += self._statement(index)
        return sorted(set(found), key=lambda mutant: (mutant.start, -mutant.end, mutant.text))

    def _text(self, first, last):
        return self.text[self.tokens[first].start:self.tokens[last].end]

    def _words(self, first, last):
        return " ".join(token.text for token in self.tokens[first:last + 1])

    def _at(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def _log_statements(self):
        """Indices of the tokens of log lines: what is logged is nobody's contract."""
        silent = set()
        for index in range(len(self.tokens) - 1):
            if self._at(index) == "log" and self._at(index + 1) == "::":
                silent.update(range(index, self._statement_end(index) + 1))
        return silent

    def _statement_end(self, index):
        while self._at(index) not in (";", ""):
            index = self.partner[index] + 1 if self._at(index) in ("(", "[", "{") else index + 1
        return index

    def _is_binary(self, index):
        """clang-format puts white space around binary operators only."""
        token = self.tokens[index]
        around = self.text[token.start - 1] + self.text[token.end:token.end + 1]
        return around.isspace() and self._at(index - 1) not in LIMITS - {")", "]", "}"}

    def _joins_texts(self, index):
        return self._at(index) == "+" and any(self.tokens[place].kind == "string" for place in (index - 1, index + 1))

    def _operands(self, index):
        """From where to where the operation at `index` reaches in the text."""
        binding = BINDING.get(self._at(index), 0)
        first = index
        while first > 0:
            before = self.tokens[first - 1]
            if before.text in (")", "]", "}"):
                first = self.partner[first - 1]
                continue
            if before.text in LIMITS or (BINDING.get(before.text, 9) < binding and self._is_binary(first - 1)):
                break
            first -= 1
        last = index
        while last + 1 < len(self.tokens):
            after = self.tokens[last + 1]
            if after.text in ("(", "[", "{"):
                last = self.partner[last + 1]
                continue
            if after.text in LIMITS or (BINDING.get(after.text, 9) <= binding and self._is_binary(last + 1)):
                break
            last += 1
        return self.tokens[first].start, self.tokens[last].end

    def _bound(self, index):
        """std::min(...) and std::max(...)."""
        if self._at(index - 1) != "::" or self._at(index - 2) != "std":
            return []
        opening = index + 1
        if self._at(opening) == "<":
            while self._at(opening) != "(":
                opening += 1
        if self._at(opening) != "(":
            return []
        other = "max" if self._at(index) == "min" else "min"
        end = self.tokens[self.partner[opening]].end
        return [Mutant(self.tokens[index - 2].start, end, f"std::{other}" + self.text[self.tokens[index].end:end])]

    def _condition(self, index):
        opening = index + 1
        if self._at(opening) != "(":  # if constexpr
            return []
        first = opening + 1
        last = self.partner[opening] - 1
        for place in range(first, last + 1):
            if self._at(place) == ";":  # if (init; condition)
                first = place + 1
        if any(self._at(place) == "=" for place in range(first, last + 1)):  # it declares something
            return []
        inside = self._text(first, last)
        return [Mutant(self.tokens[first].start, self.tokens[last].end, f"!({inside})", "condition")]

    def _begins_statement(self, index):
        before = self._at(index - 1)
        if before == ")":
            head = self.partner[index - 1] - 1
            return self._at(head) in ("if", "for", "while")
        return before in (";", "{", "}", "else")

    def _statement(self, index):
        if self._at(index) == "return":
            return self._return(index)
        if self._at(index) in ("continue", "break") and self._at(index + 1) == ";":
            return [Mutant(self.tokens[index].start, self.tokens[index + 1].end, "", "statement")]
        place = index
        if self._at(place) in ("++", "--", "*"):
            place += 1
        if self.tokens[place].kind != "word" or self._at(place) in KEYWORDS:
            return []
        # A call or an assignment: words joined by dots and the like, so that declarations (two words) are none.
        called = place != index and self._at(index) != "*"
        place += 1
        while self._at(place) in ("::", ".", "->", "(", "["):
            if self._at(place) in ("(", "["):
                called = called or self._at(place) == "("
                place = self.partner[place] + 1
            else:
                place += 2
        if not (called and self._at(place) == ";") and self._at(place) not in ("=", "+=", "-="):
            return []
        end = self._statement_end(place)
        if ". reserve" in self._words(index, end):  # it only saves time
            return []
        start = self.tokens[index].start
        mutants = [Mutant(start, self.tokens[end].end, "", "statement")]
        if self._at(place) in ("+=", "-="):
            sign = self.tokens[place]
            text = self.text[start:sign.start] + SWAPPED[sign.text] + self.text[sign.end:self.tokens[end].end]
            mutants.append(Mutant(start, self.tokens[end].end, text, "statement"))
        return mutants

    def _return(self, index):
        end = self._statement_end(index)
        mutants = []
        guard = self._at(index - 1) == ")" or self._at(end + 1) != "}"
        if guard or end == index + 1:
            mutants.append(Mutant(self.tokens[index].start, self.tokens[end].end, "", "statement"))
        if end > index + 2 and self._at(index + 1) not in ("{", "Fail", "tl"):  # more than one word, and not an error
            value = self._text(index + 1, end - 1)
            mutants.append(Mutant(self.tokens[index + 1].start, self.tokens[end - 1].end, f"!({value})"))
        return mutants


def with_all_inside(text, numbered):
    """The text with the mutants in it, {number: Mutant}, and {line of it: number of the mutant on it}."""
    lines = {}
    out = []
    line = 1

    def emit(piece, number=None):
        nonlocal line
        for _ in range(piece.count("\n")):
            if number is not None:
                lines[line] = number
            line += 1
        if number is not None:
            lines[line] = number
        out.append(piece)

    def render(start, end, inside):
        place = start
        while inside:
            number, mutant = inside[0]
            within = [entry for entry in inside[1:] if entry[1].start >= mutant.start and entry[1].end <= mutant.end]
            rest = [entry for entry in inside[1:] if entry not in within]
            if mutant.start < place or any(entry[1].start < mutant.end for entry in rest):
                raise ValueError(f"mutants overlap: {mutant}, {rest[:1]}")
            emit(text[place:mutant.start])
            if mutant.kind == "statement":
                head, middle, tail = "{{ if (o2o_mutation::Is({})) {{", "}} else {{", "}} }}"
            elif mutant.kind == "condition":
                head, middle, tail = "(o2o_mutation::Is({}) ? static_cast<bool>(", ") : static_cast<bool>(", "))"
            else:
                head, middle, tail = "(o2o_mutation::Is({}) ? (", ") : (", "))"
            emit("\n")
            emit(head.format(number) + "\n" + mutant.text + "\n" + middle.replace("{{", "{").replace("}}", "}"), number)
            emit("\n")
            render(mutant.start, mutant.end, within)
            emit("\n" + tail.replace("}}", "}"))
            place = mutant.end
            inside = rest
        emit(text[place:end])

    emit(SWITCH)
    order = sorted(numbered.items(), key=lambda entry: (entry[1].start, -entry[1].end))
    render(0, len(text), order)
    # What depends on the switch is not constant.
    return "".join(out).replace("if constexpr", "if_constexpr").replace("constexpr ", "const ").replace(
        "if_constexpr", "if constexpr"), lines
