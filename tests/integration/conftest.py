# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests of this folder."""
import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.postgres import Postgres
from harness.scratch import Scratch
from harness.stand import Stand


@pytest.fixture(autouse=True)
def no_sanitizer_report():
    """Of the program that scripts/sanitize.sh built: what it reports fails the test in which it was written."""
    yield
    folder = os.environ.get("O2O_SANITIZER_REPORTS")
    reports = sorted(Path(folder).glob("report.*")) if folder else []
    texts = [report.read_text(errors="replace") for report in reports]
    for report in reports:
        report.rename(report.with_name("told-" + report.name))
    assert not texts, "\n".join(texts)


@pytest.fixture(name="scratch")
def scratch_folder():
    with Scratch() as scratch:
        yield scratch


@pytest.fixture(name="postgres", scope="session")
def private_cluster():
    with Postgres() as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def cluster_that_works(request):
    """A test that failed while the server was away does not take the next ones along."""
    yield
    if "postgres" in request.fixturenames:
        postgres = request.getfixturevalue("postgres")
        if not postgres.child:
            postgres.start()
        if postgres.query("SHOW default_transaction_read_only") != [("off",)]:
            postgres.set_read_only(False)


@pytest.fixture(name="stand")
def stand_maker(scratch, postgres):
    """Makes a Stand, with its options; stops it in the end."""
    with ExitStack() as stack:
        def make(**options):
            return stack.enter_context(Stand(scratch, postgres, **options))

        yield make
