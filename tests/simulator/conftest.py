# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests of this folder."""
import pytest

from simulator.server import Simulator


@pytest.fixture
def shop():
    """Twenty orders that stand still."""
    with Simulator(rate=0, seed=3) as simulator:
        simulator.change({"paused": True})
        simulator.shop.seed(20)
        yield simulator


@pytest.fixture
def bazaar():
    """Vendors that stand still, behind a Metabase."""
    with Simulator(rate=0, seed=3, metabase=True) as simulator:
        simulator.change({"paused": True})
        yield simulator
