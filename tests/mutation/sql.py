# SPDX-License-Identifier: Apache-2.0
"""The mutants of a script of exporter/sql."""

import re

from .tokens import SQL, Mutant, number_texts, pairs_of, tokens_of

SWAPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<>", "<>": "=", "+": "-", "-": "+",
           "and": "OR", "or": "AND", "greatest": "least", "least": "greatest", "min": "max", "max": "min",
           "true": "false", "false": "true"}
# What the nearest of these to the left says of a `=`: after SET it gives a value.
CLAUSES = {"where", "on", "when", "if", "elsif", "and", "or", "not", "select", "having", "then", "else", "return",
           "set", "by", "from", "end"}
ENDS_WHERE = {"group", "order", "limit", "union", "returning", "for", "having", "window", "loop", "then"}
STATEMENTS = {"perform", "insert", "update", "delete", "select", "with", "return", "execute"}


class SqlFile:
    def __init__(self, text):
        self.text = text
        self.tokens = tokens_of(text, SQL)
        self.partner = pairs_of(self.tokens)
        self.bodies = self._bodies()

    def mutants(self):
        found = []
        for index, token in enumerate(self.tokens):
            language = self.bodies.get(index)
            if not language:
                continue
            word = token.text.lower()
            if token.kind == "number":
                found += [Mutant(token.start, token.end, text) for text in number_texts(token.text)]
            elif token.kind == "string" and self._word(index - 1) == "interval":
                found += self._interval(token)
            elif word == "where":
                found.append(self._without_where(index))
            elif word == "coalesce":
                found.append(self._first_argument(index))
            elif word == "is":
                found += self._comparison_with_null(index)
            elif word == "exists":
                found.append(self._negated_exists(index))
            elif word in ("if", "elsif", "when"):
                found += self._condition(index)
            elif word in SWAPPED and token.kind != "string" and self._is_operator(index):
                found.append(Mutant(token.start, token.end, SWAPPED[word]))
            if language == "plpgsql" and self._begins_statement(index):
                found += self._statement(index)
        return sorted(set(found), key=lambda mutant: (mutant.start, -mutant.end, mutant.text))

    def _word(self, index):
        return self.tokens[index].text.lower() if 0 <= index < len(self.tokens) else ""

    def _bodies(self):
        """The tokens that a function or a view is made of, and its language."""
        bodies = {}
        language, inside = "sql", False
        for index, token in enumerate(self.tokens):
            word = token.text.lower()
            if token.text == "$$":
                inside = not inside
            elif word == "language":
                language = self._word(index + 1)
            elif inside:
                bodies[index] = language
            elif word == "do":
                break  # what comes at the end of a script is run once, and is not part of counting
        return bodies

    def _is_operator(self, index):
        word = self._word(index)
        if word in ("greatest", "least", "min", "max"):
            return self._word(index + 1) == "("
        if word in ("true", "false"):
            return True
        if word == "=":
            return self._nearest_clause(index) != "set"
        if word == "and":
            return not self._belongs_to_between(index)
        if word in ("+", "-"):  # not a sign
            return self._word(index - 1) not in ("(", ",", "=", "<", ">")
        return word not in ("<", ">") or not self.text[self.tokens[index].end:].startswith(("@", ">"))

    def _nearest_clause(self, index):
        while index > 0:
            index -= 1
            word = self._word(index)
            if word in (")", "]"):
                index = self.partner[index]
            elif word in ("(", "[", ";", "$$"):
                return ""
            elif word in CLAUSES:
                return word
        return ""

    def _belongs_to_between(self, index):
        return any(self._word(place) == "between" for place in range(max(0, index - 6), index))

    def _interval(self, token):
        match = re.match(r"'(\d+)( .*')$", token.text)
        if not match:
            return []
        return [Mutant(token.start, token.end, f"'{number}{match.group(2)}") for number in number_texts(match.group(1))]

    def _clause_end(self, index, words):
        """The index of the first token at this depth that ends the clause."""
        while index < len(self.tokens):
            word = self._word(index)
            if word in (")", "]", ";", "$$") or word in words:
                return index
            if word == "on" and self._word(index + 1) == "conflict":
                return index
            index = self.partner[index] + 1 if word in ("(", "[") else index + 1
        return index

    def _without_where(self, index):
        end = self._clause_end(index + 1, ENDS_WHERE)
        return Mutant(self.tokens[index].start, self.tokens[end - 1].end, "WHERE true")

    def _first_argument(self, index):
        opening = index + 1
        end = self._clause_end(opening + 1, {","})
        value = self.text[self.tokens[opening].end:self.tokens[end - 1].end]
        return Mutant(self.tokens[index].start, self.tokens[self.partner[opening]].end, f"({value})")

    def _comparison_with_null(self, index):
        words = [self._word(index + ahead) for ahead in range(1, 5)]
        start = self.tokens[index].start
        if words[:2] == ["distinct", "from"]:
            return [Mutant(start, self.tokens[index + 2].end, "<>"),
                    Mutant(start, self.tokens[index + 2].end, "IS NOT DISTINCT FROM")]
        if words[:3] == ["not", "distinct", "from"]:
            return [Mutant(start, self.tokens[index + 3].end, "="),
                    Mutant(start, self.tokens[index + 3].end, "IS DISTINCT FROM")]
        if words[0] == "null":
            return [Mutant(start, self.tokens[index + 1].end, "IS NOT NULL")]
        if words[:2] == ["not", "null"]:
            return [Mutant(start, self.tokens[index + 2].end, "IS NULL")]
        return []

    def _negated_exists(self, index):
        token = self.tokens[index]
        if self._word(index - 1) == "not":
            return Mutant(self.tokens[index - 1].start, token.end, token.text)
        return Mutant(token.start, token.end, f"NOT {token.text}")

    def _condition(self, index):
        end = self._clause_end(index + 1, {"then"})
        if self._word(end) != "then" or self._word(index - 1) == "end":
            return []
        if self._word(index) == "when" and self._word(index - 1) == "exception":
            return []
        first, last = self.tokens[index + 1], self.tokens[end - 1]
        condition = self.text[first.start:last.end]
        if self._word(index) == "when" and last is first and first.kind == "string":  # CASE word WHEN 'value'
            return []
        return [Mutant(first.start, last.end, f"NOT coalesce({condition}, false)")]

    def _begins_statement(self, index):
        return self._word(index - 1) in (";", "begin", "then", "else", "loop")

    def _statement(self, index):
        word = self._word(index)
        assigns = self.tokens[index].kind == "word" and self._word(index + 1) == ":="
        if word not in STATEMENTS and not assigns:
            return []
        if self._word(index - 1) in ("then", "else") and self._inside_case(index):
            return []
        end = self._clause_end(index, set())
        if self._word(end) != ";":
            return []
        return [Mutant(self.tokens[index].start, self.tokens[end].end, "NULL;")]

    def _inside_case(self, index):
        """THEN and ELSE of an expression: no `;` before its END."""
        while self._word(index) not in (";", "end", "when", "else", "$$"):
            index = self.partner[index] + 1 if self._word(index) in ("(", "[") else index + 1
            if self._word(index) in (")", "]"):
                return True
        return self._word(index) != ";"
