# SPDX-License-Identifier: Apache-2.0
"""The controls of Metabase and of the vendors behind it. Never touched by the faults they cause."""
from typing import TYPE_CHECKING

from . import settings
from .answer import Answer, Refused, json_answer, whole_number
from .metabase import Metabase
from .metabase_cards import Column
from .vendors import Vendors

if TYPE_CHECKING:
    from .server import Handler, Simulator

_MOST_ROWS = 100_000_000
_CARD_PATH = "/control/metabase/card/"


def view(metabase: Metabase) -> dict:
    return settings.view(metabase.settings())


def stats(metabase: Metabase) -> dict:
    return {**metabase.statistics.view(metabase.cards.numbers()), **metabase.sessions.view()}


def running(simulator: "Simulator") -> Metabase:
    if simulator.metabase is None:
        raise Refused(400, "metabase: is not running; start the simulator with --metabase-port")
    return simulator.metabase


def show_card(simulator: "Simulator", exchange: "Handler") -> Answer:
    return json_answer(settings.view(running(simulator).card_settings(_number(exchange.path))))


def change_card(simulator: "Simulator", exchange: "Handler") -> Answer:
    """Settings of one question; `rows` makes it, or one that was not there, a question of so many rows, `columns` and
    `data` one that finds exactly these."""
    metabase, number, body = running(simulator), _number(exchange.path), exchange.json()
    if not isinstance(body, dict):
        raise Refused(400, "the body must be a JSON object of settings")
    found = {name: body.pop(name) for name in ("rows", "columns", "data") if name in body}
    settings.merged(metabase.card_settings(number), body)  # all or nothing
    if "rows" in found:
        _define_big(metabase, number, found)
    elif found:
        _define(metabase, number, found)
    return json_answer(settings.view(metabase.change_card(number, body)))


def restore_cards(simulator: "Simulator", _exchange: "Handler") -> Answer:
    """Only the questions that were there at the start, and they find what they did then."""
    metabase = running(simulator)
    metabase.cards.restore()
    return json_answer(metabase.cards.numbers())


def revoke_sessions(simulator: "Simulator", _exchange: "Handler") -> Answer:
    return json_answer({"revoked": running(simulator).sessions.revoke()})


def forget_failures(simulator: "Simulator", _exchange: "Handler") -> Answer:
    """What a restart of Metabase does to its throttle."""
    running(simulator).sessions.forget_failures()
    return json_answer({})


def truth_vendors(simulator: "Simulator", _exchange: "Handler") -> Answer:
    with simulator.lock:
        truth = simulator.vendors.truth()
    return json_answer(truth)


# What can be done to vendors, each with one code or a list of them.
VENDOR_ACTIONS = {"vendor_offline": Vendors.force_offline, "vendor_online": Vendors.force_online,
                  "stock_out": Vendors.force_stock_out, "refill": Vendors.force_refill}


def planned_actions(vendors: Vendors, asked: dict) -> list:
    """What is asked for, to be called; refused as a whole if a vendor is not there."""
    plan = []
    for name, codes in asked.items():
        for code in codes if isinstance(codes, list) else [codes]:
            vendor = vendors.named(code)
            plan.append(lambda action=VENDOR_ACTIONS[name], vendor=vendor: action(vendors, vendor))
    return plan


def _number(path: str) -> int:
    number = whole_number(path.removeprefix(_CARD_PATH), 1)
    if number is None:
        raise Refused(404, f"{_CARD_PATH} is to be followed by the number of a question")
    return number


def _define_big(metabase: Metabase, number: int, found: dict) -> None:
    rows = found["rows"]
    if len(found) > 1:
        raise Refused(400, "rows: cannot be together with columns and data")
    if not isinstance(rows, int) or isinstance(rows, bool) or not 0 <= rows <= _MOST_ROWS:
        raise Refused(400, f"rows: must be a whole number from 0 to {_MOST_ROWS}")
    metabase.cards.define_big(number, rows)


def _define(metabase: Metabase, number: int, found: dict) -> None:
    columns, data = found.get("columns"), found.get("data")
    if not isinstance(columns, list) or not columns or not all(isinstance(title, str) for title in columns):
        raise Refused(400, "columns: must be a list of titles")
    if not isinstance(data, list) or not all(isinstance(row, list) and len(row) == len(columns) for row in data):
        raise Refused(400, "data: must be a list of rows, each a list of as many values as there are columns")
    metabase.cards.define(number, tuple(Column(title, "any") for title in columns), [tuple(row) for row in data])
