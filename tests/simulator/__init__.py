# SPDX-License-Identifier: Apache-2.0
"""A living shop behind the OMS API, with an exact account of the truth, controls and a notification sink.

On the command line: `python3 -m simulator --help`. In a test:

    from simulator.server import Simulator
    with Simulator(rate=600, speed=60) as simulator:
        requests go to simulator.url

Folder, from the bottom up: clock, basket (what is bought), timeline (rows by time), account (the truth),
answer, settings, shop (orders and their lives), poison (bad rows), faults, oms, control, sink, server.
"""
