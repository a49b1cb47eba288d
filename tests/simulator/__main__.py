# SPDX-License-Identifier: Apache-2.0
"""The simulator as a program: runs until SIGTERM or SIGINT."""
import argparse
import os
import signal
import sys
from threading import Event

from .answer import Refused
from .clock import TIME_FORMATS
from .server import Simulator


def main() -> int:
    flags = _parse_flags()
    asked_to_stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    try:
        simulator = Simulator(flags.port, rate=flags.rate, failure_ratio=flags.failure_ratio, seed=flags.seed,
                              speed=flags.speed, api_key=flags.api_key, time_format=flags.time_format)
    except (OSError, OverflowError) as error:
        print(f"simulator: cannot listen on 127.0.0.1:{flags.port}: {error}", file=sys.stderr)
        return 1
    except Refused as refusal:
        print(f"simulator: {refusal}", file=sys.stderr)
        return 1
    with simulator:
        print(f"simulator listening on {simulator.url}", flush=True)
        asked_to_stop.wait()
    return 0


def _parse_flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description="A living shop behind the OMS API, on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one and prints it")
    parser.add_argument("--rate", type=float, default=120, help="new orders per minute (120)")
    parser.add_argument("--failure-ratio", type=float, default=0.03, help="share of orders that fail, 0 to 1 (0.03)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same orders (1)")
    parser.add_argument("--speed", type=_positive, default=1, help="how much faster orders live; at 1 it takes minutes")
    parser.add_argument("--api-key", default=os.environ.get("OMS_API_KEY") or "demo-key",
                        help="what x-api-key must be (OMS_API_KEY in the environment, else demo-key)")
    parser.add_argument("--time-format", choices=TIME_FORMATS, default="z", help="how updated_at is written (z)")
    return parser.parse_args()


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError("must be greater than 0 and less than a million")
    return number


if __name__ == "__main__":
    sys.exit(main())
