# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests of this folder."""

import pytest

from harness.postgres import Postgres
from harness.scratch import Scratch

from . import tools


@pytest.fixture(name="tool", scope="session")
def finder():
    """tool(name): its program. A test whose program cannot be there is skipped and says what is missing, which fails in CI."""
    def find(name):
        try:
            return tools.find(name)
        except tools.Missing as missing:
            pytest.skip(str(missing))

    return find


@pytest.fixture(name="scratch", scope="module")
def scratch_folder():
    with Scratch() as scratch:
        yield scratch


@pytest.fixture(name="postgres", scope="module")
def private_cluster():
    with Postgres() as cluster:
        yield cluster
