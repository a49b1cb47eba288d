# SPDX-License-Identifier: Apache-2.0
import pytest
from mutation import sql
from mutation.tokens import change_of


def changes(body, language="sql"):
    text = f"CREATE FUNCTION f() RETURNS int LANGUAGE {language} AS $$\n{body}\n$$;\n"
    return {change_of(text, mutant) for mutant in sql.SqlFile(text).mutants()}


@pytest.mark.parametrize(("query", "change"), [
    ("SELECT a <= b", "<= -> <"),
    ("SELECT a + b", "+ -> -"),
    ("SELECT FROM t WHERE a = b", "= -> <>"),
    ("SELECT FROM t WHERE a OR b", "OR -> AND"),
    ("SELECT coalesce((SELECT a, b), 0)", "coalesce((SELECT a, b), 0) -> ((SELECT a, b))"),
    ("SELECT greatest(a, 0)", "greatest -> least"),
    ("SELECT max(a)", "max -> min"),
    ("SELECT FROM t WHERE a ORDER BY b", "WHERE a -> WHERE true"),
    ("SELECT (SELECT FROM t WHERE a) FROM u", "WHERE a -> WHERE true"),
    ("INSERT INTO t SELECT a WHERE b ON CONFLICT DO NOTHING", "WHERE b -> WHERE true"),
    ("SELECT count(*) FILTER (WHERE a)", "WHERE a -> WHERE true"),
    ("SELECT a IS DISTINCT FROM b", "IS DISTINCT FROM -> <>"),
    ("SELECT a IS NOT DISTINCT FROM b", "IS NOT DISTINCT FROM -> ="),
    ("SELECT a IS NULL", "IS NULL -> IS NOT NULL"),
    ("SELECT FROM t WHERE NOT EXISTS (SELECT)", "NOT EXISTS -> EXISTS"),
    ("SELECT FROM t WHERE EXISTS (SELECT)", "EXISTS -> NOT EXISTS"),
    ("SELECT CASE WHEN a > b THEN c END", "a > b -> NOT coalesce(a > b, false)"),
    ("SELECT interval '1 minute'", "'1 minute' -> '2 minute'"),
    ("SELECT true", "true -> false"),
    ("UPDATE t SET a = (b = c)", "= -> <>"),
])
def test_a_change_is_made(query, change):
    assert change in changes(query)


@pytest.mark.parametrize("query", [
    "SELECT 'a = b AND 1'",
    "SELECT a -- = 1",
    "SELECT /* a < 1 */ a",
    "UPDATE t SET a = b, c = d",
    "INSERT INTO t VALUES (a) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
    "SELECT a FROM t ORDER BY b",
])
def test_nothing_else_is_changed(query):
    assert changes(query) == set()


def test_statements_of_procedures_are_removed():
    body = "BEGIN\n  IF a THEN\n    PERFORM g(a);\n  END IF;\n  x := CASE WHEN b THEN c ELSE d END;\n  RETURN x;\nEND"
    found = changes(body, "plpgsql")
    assert {"PERFORM g(a); -> NULL;", "x := CASE WHEN b THEN c ELSE d END; -> NULL;", "RETURN x; -> NULL;",
            "a -> NOT coalesce(a, false)"} <= found
    assert len([change for change in found if change.endswith("-> NULL;")]) == 3


def test_only_what_functions_and_views_are_made_of_is_changed():
    assert sql.SqlFile("GRANT SELECT ON t TO u;\nINSERT INTO t (a) VALUES (1);\n").mutants() == []


def test_sets_of_configuration_in_a_function_s_head_stay():
    text = "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET jit = off AS $$ SELECT 'x' $$;\n"
    assert sql.SqlFile(text).mutants() == []
