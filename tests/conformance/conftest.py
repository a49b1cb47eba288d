# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests of this folder."""

import time

import pytest

from harness.postgres import Postgres
from harness.scratch import Scratch
from harness.scripted_server import Answer, ScriptedServer

from . import tools
from .shop_page import page


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


@pytest.fixture(name="target", scope="module")
def exporter_page():
    started = time.monotonic()
    headers = {"Content-Type": "text/plain; version=0.0.4"}
    with ScriptedServer(lambda _: Answer(page(time.monotonic() - started).encode(), headers=headers)) as server:
        yield f"127.0.0.1:{server.port}"
