# SPDX-License-Identifier: Apache-2.0
"""airflow/dags as far as they can be read without Airflow: each runs a job that batch/ has, each job has a DAG, and nothing is asked for while they are loaded.
`make conformance` runs them."""

import ast
import re

import pytest

from bundle.shipped import ROOT, load

DAGS = ROOT / "airflow" / "dags"
BATCH = ROOT / "batch"
SHARED = "o2o_batch_job"
FILES = sorted(path for path in DAGS.glob("*.py") if path.stem != SHARED)
REQUIREMENTS = (ROOT / "airflow" / "requirements.txt").read_text()
# What may be called while a file is loaded: what describes a DAG.
DESCRIBES = {"DAG", "Param", "BatchJob", "Asset", "every", "reconcile", "timedelta", "datetime"}
PAGE = (ROOT / "docs" / "airflow.md").read_text()

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def tree(path):
    return ast.parse(path.read_text(), str(path), feature_version=(3, 11))


def at_import(path):
    """The calls that are made when the file is loaded: those outside of functions, but for reconcile()'s, which is called there."""
    def walk(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.Lambda)) and getattr(child, "name", "") != "reconcile":
                continue
            if isinstance(child, ast.Call):
                yield child
            yield from walk(child)

    return list(walk(tree(path)))


def jobs():
    """Job -> the first word of its command, or None for one in SQL; of all BatchJob(...)."""
    found = {}
    for path in FILES:
        text = path.read_text()
        for call in (call for call in at_import(path) if getattr(call.func, "id", "") == "BatchJob"):
            words = {word.arg: word.value for word in call.keywords}
            command = ast.literal_eval(words["command"])[0] if "command" in words else None
            names = [words["job"].value] if isinstance(words["job"], ast.Constant) else re.findall(r'= reconcile\("(\w+)"', text)
            found |= {name: command for name in names}
    return found


def test_every_job_of_batch_has_its_dag():
    in_sql = {path.stem for path in BATCH.glob("*.sql")}
    assert {name for name, command in jobs().items() if command is None} == in_sql
    commands = {path.name for path in BATCH.iterdir() if not path.suffix} - {"run", "restore", "s3_put"}
    assert {command.removeprefix("{{ batch() }}/") for command in jobs().values() if command} == commands | {"o2o-exporter"}


def test_the_same_jobs_are_described_for_cron():
    page = (ROOT / "docs" / "batch.md").read_text()
    cron = page[page.index("\n## cron"):page.index("\n## systemd")]
    for name in jobs().keys() - {"reconcile_nightly"}:
        assert re.search(rf"^\| `{name}` \| `batch/run {name}\b", page, re.M), name
        assert len(re.findall(rf"^    [*0-9/]+ \S+ .*/opt/o2o/batch/run {name}\b", cron, re.M)) == 1, name


def test_every_setting_is_one_of_the_job():
    for path in FILES:
        for call in at_import(path):
            for word in call.keywords:
                if getattr(call.func, "id", "") == "BatchJob" and word.arg == "settings":
                    names = {re.search(r"(\w+)=", element.value).group(1) for element in word.value.elts}
                    job = next(other.value.value for other in call.keywords if other.arg == "job")
                    known = set(re.findall(r"o2o\.(\w+)", "".join(line for line in (BATCH / f"{job}.sql").read_text().splitlines() if line.startswith("--"))))
                    assert names and names <= known, path.name


@pytest.mark.parametrize("path", [*FILES, DAGS / f"{SHARED}.py"], ids=lambda path: path.stem)
def test_nothing_is_asked_for_while_it_is_loaded(path):
    assert {getattr(call.func, "id", getattr(call.func, "attr", "")) for call in at_import(path)} <= DESCRIBES
    imported = {alias.name for node in tree(path).body if isinstance(node, ast.Import) for alias in node.names}
    modules = {node.module.split(".")[0] for node in tree(path).body if isinstance(node, ast.ImportFrom)}
    assert imported <= {"math", "os", "signal", "subprocess", "time"} and modules <= {"airflow", "datetime", "urllib", SHARED}


@each_file
def test_a_dag_says_what_it_is_for_and_keeps_to_what_all_keep_to(path):
    calls = [call for call in at_import(path) if getattr(call.func, "id", "") == "DAG"]
    assert calls and ast.get_docstring(tree(path))
    for call in calls:
        words = {word.arg: ast.unparse(word.value) for word in call.keywords}
        assert words["doc_md"] == "__doc__" and words[None] == "COMMON" and "dagrun_timeout" in words
        assert words["schedule"].startswith("every(") or words["schedule"] == "[BACKUPS]"


def test_no_file_holds_a_secret():
    for path in (ROOT / "airflow").rglob("*"):
        if path.suffix == ".py":
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    assert not re.search(r"://[^/\s{]+:[^@\s{]+@", node.value), node.value
                if isinstance(node, ast.keyword) and node.arg in ("password", "api_key", "token"):
                    raise AssertionError(f"{path.name}: {node.arg}")


def test_the_shared_file_is_not_a_dag():
    ignored = [line for line in (DAGS / ".airflowignore").read_text().splitlines() if not line.startswith("#")]
    assert ignored == [f"{SHARED}.py"]


def test_the_page_names_every_dag_connection_and_variable():
    shared = (DAGS / f"{SHARED}.py").read_text()
    for name in [f"o2o_{job}" for job in jobs()]:
        assert f"| `{name}` |" in PAGE, name
    asked = set(re.findall(r'get_connection\("(\w+)"\)', shared)) | {name for path in FILES for name in re.findall(r'role="(\w+)"', path.read_text())}
    assert asked == {"o2o_database", "o2o_writer", "o2o_restore", "o2o_oms", "o2o_s3"} == set(re.findall(r"^\| `(o2o_\w+)` \| (?:Postgres|HTTP) \|", PAGE, re.M))
    for name in re.findall(r'environ\.get\("(O2O_\w+)", "([^"]+)"\)', shared):
        assert f"| `{name[0]}` | `{name[1]}` |" in PAGE


def test_every_job_that_is_not_daily_has_its_own_limit():
    """Of how late it may be: the general one is for daily jobs."""
    groups = load(ROOT / "rules" / "o2o-limits.yml")["groups"]
    limits = {rule["labels"]["batch_job"]: rule["expr"] for group in groups for rule in group["rules"]
              if rule["record"] == "o2o:limit:batch_job_hours" and "labels" in rule}
    assert limits.keys() == {"reconcile", "aggregate", "data_checks"} < jobs().keys()
    assert all(1 <= hours < 26 for hours in limits.values())


def test_everything_is_pinned_by_its_hash():
    pinned = re.findall(r"^([a-z0-9][\w.\[\]-]*)==(\S+)", REQUIREMENTS, re.M)
    assert len(pinned) > 100
    for block in re.split(r"\n(?=[a-z0-9])", REQUIREMENTS.split("\n", 2)[2]):
        assert "--hash=sha256:" in block, block
    wanted = dict(re.findall(r"^([a-z0-9-]+)==([\d.]+)", (ROOT / "airflow" / "requirements.in").read_text(), re.M))
    assert wanted.items() <= {name: version for name, version in pinned}.items()
    assert {"apache-airflow", "apache-airflow-providers-fab"} == wanted.keys()
    command = re.search(r"^#   (uv pip compile .*)$", (ROOT / "airflow" / "requirements.in").read_text(), re.M).group(1)
    assert f"#    {command}\n" in REQUIREMENTS
