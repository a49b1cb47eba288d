# SPDX-License-Identifier: Apache-2.0
"""Scrapes while many clients are stuck: those that ask and never read, and those that never ask."""

import fcntl
import os
import socket
import struct
import termios
import time
from contextlib import ExitStack
from statistics import median

from bench.http_get import get, request_text
from bench.limits import Limit
from bench.measure import WrongResult
from bench.report import Measurement
from bench.series import published, rows
from harness.scratch import Scratch

SUBJECT = "stuck"
OURS = "o2o-exporter"
TARGETS = ()
LIMITS = (Limit(OURS, "delay s", 1.0),)

CLIENTS = 64
# Less than the exporter's patience with such clients.
WATCH_SECONDS = 3


def connect(stack, port):
    client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    return client


def never_send(stack, port):
    for _ in range(CLIENTS):
        connect(stack, port)


def never_read(stack, port):
    clients = [connect(stack, port) for _ in range(CLIENTS)]
    for client in clients:
        client.sendall(request_text("/metrics", False))
    deadline = time.monotonic() + WATCH_SECONDS
    while not all(map(_waiting_bytes, clients)):
        if time.monotonic() > deadline:
            raise WrongResult("not all clients that never read were given something to read")
        time.sleep(0.01)


def _waiting_bytes(client):
    return struct.unpack("i", fcntl.ioctl(client, termios.FIONREAD, b"\0" * 4))[0]


def scrape_for(port, seconds):
    """How long each gzip scrape took."""
    deadline = time.monotonic() + seconds
    took = []
    while time.monotonic() < deadline:
        took.append(get(port, gzip=True).seconds)
    return took


def measurement(work, number, took, usual):
    return Measurement(SUBJECT, work, OURS, number, 1 / median(took), "scrapes/s", {
        "median ms": median(took) * 1e3, "longest ms": max(took) * 1e3, "delay s": max(took) - usual,
        "scrapes": len(took)})


def measure(options):
    """Yields measurements."""
    with Scratch("o2o-bench-") as scratch, published(scratch, rows(max(options.series))) as exporter:
        for number in range(1, options.rounds + 1):
            took = scrape_for(exporter.port, WATCH_SECONDS)
            usual = median(took)
            yield measurement("nobody is stuck", number, took, usual)
            for work, come in ((f"{CLIENTS} never read", never_read), (f"{CLIENTS} never send", never_send)):
                with ExitStack() as stack:
                    come(stack, exporter.port)
                    took = scrape_for(exporter.port, WATCH_SECONDS)
                yield measurement(work, number, took, usual)


def title(options):
    """One line about what is measured."""
    return (f"gzip scrapes of {max(options.series):,} series beside {CLIENTS} stuck clients, for {WATCH_SECONDS} s, "
            f"{options.rounds} rounds; load {os.getloadavg()[0]:.1f} at the start")
