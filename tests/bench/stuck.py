# SPDX-License-Identifier: Apache-2.0
"""Scrapes while many clients are stuck: those that ask and never read, those that never ask, and those that do either by
the spoonful. A few of them, and more than the exporter has threads."""

import fcntl
import os
import socket
import struct
import termios
import threading
import time
from contextlib import ExitStack, contextmanager
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

FEW = 64
MANY = 200
# Less than the exporter's patience with such clients while it has threads left.
WATCH_SECONDS = 3
# Between two of them, or --web.max-requests would send most of them home.
ASK_SECONDS = 0.002
SPOON_SECONDS = 0.5
SPOON_BYTES = 1024


def connect(stack, port):
    client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    return client


def never_send(stack, port, count):
    for _ in range(count):
        connect(stack, port)


def never_read(stack, port, count):
    """Returns the clients, as soon as a few have something to read. Each asks as soon as it is connected: a crowd that
    waits is hung up on."""
    clients = []
    for _ in range(count):
        clients.append(connect(stack, port))
        clients[-1].sendall(request_text("/metrics", False))
        time.sleep(ASK_SECONDS)
    deadline = time.monotonic() + WATCH_SECONDS
    while sum(map(bool, map(_waiting_bytes, clients))) < FEW:
        if time.monotonic() > deadline:
            raise WrongResult(f"not even {FEW} clients that never read were given something to read")
        time.sleep(0.01)
    return clients


def read_by_the_spoonful(stack, port, count):
    clients = never_read(stack, port, count)
    stack.enter_context(_again_and_again(clients, lambda client: client.recv(SPOON_BYTES, socket.MSG_DONTWAIT)))


def send_by_the_spoonful(stack, port, count):
    clients = []
    for _ in range(count):
        clients.append(connect(stack, port))
        clients[-1].sendall(request_text("/metrics", False)[:-2] + b"X: ")
    stack.enter_context(_again_and_again(clients, lambda client: client.send(b"x", socket.MSG_DONTWAIT)))


@contextmanager
def _again_and_again(clients, spoon):
    """A client that was disconnected does not come back."""
    ended = threading.Event()

    def run():
        while not ended.wait(SPOON_SECONDS):
            for client in clients:
                try:
                    spoon(client)
                except OSError:
                    pass

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


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


WORKS = (("never read", never_read, FEW), ("never send", never_send, FEW), ("never read", never_read, MANY),
         ("never send", never_send, MANY), ("send a byte now and then", send_by_the_spoonful, MANY),
         ("read 2 kB/s", read_by_the_spoonful, MANY))


def measure(options):
    """Yields measurements."""
    with Scratch("o2o-bench-") as scratch, published(scratch, rows(max(options.series))) as exporter:
        for number in range(1, options.rounds + 1):
            took = scrape_for(exporter.port, WATCH_SECONDS)
            usual = median(took)
            yield measurement("nobody is stuck", number, took, usual)
            for work, come, count in WORKS:
                with ExitStack() as stack:
                    come(stack, exporter.port, count)
                    took = scrape_for(exporter.port, WATCH_SECONDS)
                yield measurement(f"{count} {work}", number, took, usual)


def title(options):
    """One line about what is measured."""
    return (f"gzip scrapes of {max(options.series):,} series beside {FEW} to {MANY} stuck clients, for {WATCH_SECONDS} s, "
            f"{options.rounds} rounds; load {os.getloadavg()[0]:.1f} at the start")
