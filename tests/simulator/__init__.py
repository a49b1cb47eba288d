# SPDX-License-Identifier: Apache-2.0
"""A living shop behind the OMS API, with an exact account of the truth, controls and a notification sink.

On the command line: `python3 -m simulator --help`. In a test:

    from simulator.server import Simulator
    with Simulator(rate=600, speed=60) as simulator:
        requests go to simulator.url

Folder, from the bottom up: clock, basket (what is bought), timeline (rows by time), account (the truth),
answer, settings, shop (orders and their lives), poison (bad rows), vendors (their lives),
faults, oms, sink, control, server.

Metabase in front of the vendors, on a port of its own (`--metabase-port`, `Simulator(metabase=True).metabase_url`):
metabase_wire (HTTP by hand), _profiles (versions), _cards (questions), _writing, _answers, _rows and _sending (the
faults by what they change), _faults (all of them by name), _settings, _sessions, _statistics, _queries, _logins,
_routes, metabase (connections and threads), metabase_control.
"""
