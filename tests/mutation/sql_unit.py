# SPDX-License-Identifier: Apache-2.0
"""One script of exporter/sql: the store's tests run with each of its mutants, all against one PostgreSQL."""

import shutil
import subprocess
from pathlib import Path

import psycopg2
from harness.postgres import Postgres

from . import sql
from .build import BuildFailed, compile_command, link_with_first
from .trial import Trial, passing_seconds, run_tests

FROM_FILES = Path(__file__).with_name("migrations_from_files.cc")


class SqlUnit:
    def __init__(self, root, path, program, tests):
        self.root, self.path, self.program, self.tests = root, path, program, tests
        self.build = root / "build"
        self.folder = self.build / "mutation" / "sql"
        self.binary = self.build / "mutation" / "store_with_sql_from_files"
        self.text = path.read_text()
        self.server = None

    def trials(self):
        name = str(self.path.relative_to(self.root))
        return [Trial.of(name, self.text, mutant) for mutant in sql.SqlFile(self.text).mutants()]

    def prepare(self, _trials):
        self.folder.mkdir(parents=True, exist_ok=True)
        for script in self.path.parent.glob("[0-9]*.sql"):
            shutil.copy(script, self.folder)
        source = self.folder.with_name(FROM_FILES.name)
        shutil.copy(FROM_FILES, source)
        command = compile_command(self.build, self.root / "exporter/src/store/migrations.cc", source)
        result = subprocess.run(command, cwd=self.build, capture_output=True, text=True)
        if result.returncode != 0:
            raise BuildFailed(result.stderr[:3000])
        link_with_first(self.build, self.program, self.binary, source.with_suffix(".o"))
        # As the tests' own server is set, see postgres_server.cc.
        self.server = Postgres({"deadlock_timeout": "100ms", "autovacuum": "off"}).start()
        access = Path(self.server.data, "pg_hba.conf")
        access.write_text("local all all trust\n" + access.read_text())
        self.server.query("SELECT pg_reload_conf()")
        self.deadline = 30 + 5 * passing_seconds(self._command(), **self._environment())

    def run(self, trial):
        mutant = trial.mutant
        script = self.folder / self.path.name
        script.write_text(self.text[:mutant.start] + mutant.text + self.text[mutant.end:])
        if self._is_accepted():
            trial.ending = run_tests(self._command(), self.deadline, **self._environment())
        else:
            trial.ending = "does not compile"

    def close(self):
        if self.server:
            self.server.remove()

    def _command(self):
        return [self.binary, f"--gtest_filter={self.tests}", "--gtest_fail_fast", "--gtest_brief=1"]

    def _environment(self):
        return {"O2O_MUTANT_SQL": str(self.folder),
                "O2O_POSTGRES": f"host={self.server.socket_folder} port={self.server.port}"}

    def _is_accepted(self):
        """Whether PostgreSQL takes the scripts."""
        connection = self.server.connect()
        connection.autocommit = False
        try:
            with connection.cursor() as cursor:
                cursor.execute("CREATE SCHEMA o2o; SET LOCAL search_path = o2o")
                for script in sorted(self.folder.glob("*.sql")):
                    cursor.execute(script.read_text())
            return True
        except psycopg2.Error:
            return False
        finally:
            connection.rollback()
            connection.close()
