# SPDX-License-Identifier: Apache-2.0
"""The simulator as a program: runs until SIGTERM or SIGINT."""
import argparse
import os
import signal
import sys
from threading import Event

from . import metabase
from .answer import Refused
from .clock import TIME_FORMATS
from .metabase_profiles import VERSIONS
from .server import Simulator


def main() -> int:
    flags = _parse_flags()
    asked_to_stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    try:
        simulator = Simulator(flags.port, host=flags.listen_host, rate=flags.rate, failure_ratio=flags.failure_ratio,
                              seed=flags.seed, speed=flags.speed, api_key=flags.api_key, time_format=flags.time_format,
                              metabase=_metabase_of(flags))
    except (OSError, OverflowError) as error:
        print(f"simulator: cannot listen on {flags.listen_host}:{flags.port}: {error}", file=sys.stderr)
        return 1
    except (Refused, metabase.CannotListen) as refusal:
        print(f"simulator: {refusal}", file=sys.stderr)
        return 1
    with simulator:
        print(f"simulator listening on {simulator.url}", flush=True)
        if simulator.metabase is not None:
            print(f"simulated metabase listening on {simulator.metabase_url}", flush=True)
        asked_to_stop.wait()
    return 0


def _parse_flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description="A living shop behind the OMS API.")
    parser.add_argument("--listen-host", default="127.0.0.1", metavar="ADDRESS",
                        help="0.0.0.0: for other machines, and containers, too (127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one and prints it")
    parser.add_argument("--rate", type=float, default=120, help="new orders per minute (120)")
    parser.add_argument("--failure-ratio", type=float, default=0.03, help="share of orders that fail, 0 to 1 (0.03)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same orders (1)")
    parser.add_argument("--speed", type=_positive, default=1, help="how much faster orders live; at 1 it takes minutes")
    parser.add_argument("--api-key", default=os.environ.get("OMS_API_KEY") or "demo-key",
                        help="what x-api-key must be (OMS_API_KEY in the environment, else demo-key)")
    parser.add_argument("--time-format", choices=TIME_FORMATS, default="z", help="how updated_at is written (z)")
    parser.add_argument("--metabase-port", type=int, help="also simulate a Metabase in front of the shop's vendors, on "
                        "this port; 0 takes a free one and prints it; left out: none")
    parser.add_argument("--metabase-version", choices=VERSIONS, default="v0.53", help="which one it is (v0.53)")
    parser.add_argument("--metabase-username", default=os.environ.get("METABASE_USERNAME") or metabase.USER,
                        help=f"who may log in (METABASE_USERNAME in the environment, else {metabase.USER})")
    parser.add_argument("--metabase-password", default=os.environ.get("METABASE_PASSWORD") or metabase.PASSWORD,
                        help=f"with what (METABASE_PASSWORD in the environment, else {metabase.PASSWORD})")
    parser.add_argument("--metabase-api-key", default=os.environ.get("METABASE_API_KEY") or metabase.API_KEY,
                        help=f"what x-api-key may be instead (METABASE_API_KEY in the environment, else "
                             f"{metabase.API_KEY})")
    return parser.parse_args()


def _metabase_of(flags: argparse.Namespace) -> bool | dict:
    if flags.metabase_port is None:
        return False
    return {"port": flags.metabase_port, "version": flags.metabase_version, "user": flags.metabase_username,
            "password": flags.metabase_password, "api_key": flags.metabase_api_key}


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError("must be greater than 0 and less than a million")
    return number


if __name__ == "__main__":
    sys.exit(main())
