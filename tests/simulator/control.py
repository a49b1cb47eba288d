# SPDX-License-Identifier: Apache-2.0
"""The controls and the account of the truth. Never touched by the faults they cause."""
from typing import TYPE_CHECKING

from . import metabase_control, settings
from .answer import Answer, Refused, json_answer
from .poison import add_poison, reason_of

if TYPE_CHECKING:
    from .server import Handler, Simulator

# The OMS behaves again. The shop's own troubles (paused, stuck, fail_all, orders_stopped) stay.
_NO_FAULTS = {"fault": "none", "fault_count": 0, "fault_minutes": 0, "latency_seconds": 0, "limit_cap": 0, "clock_skew_seconds": 0}


def show(simulator: "Simulator", _exchange: "Handler") -> Answer:
    return json_answer(_view(simulator))


def change(simulator: "Simulator", exchange: "Handler") -> Answer:
    """Settings of the shop, `metabase` with those of Metabase, and what is to happen to vendors. All of it or
    nothing."""
    body = exchange.json()
    if not isinstance(body, dict):
        raise Refused(400, "the body must be a JSON object of settings")
    of_metabase = body.pop("metabase", None)
    actions = {name: body.pop(name) for name in metabase_control.VENDOR_ACTIONS if name in body}
    metabase = None if of_metabase is None else metabase_control.running(simulator)
    with simulator.lock:
        plan = metabase_control.planned_actions(simulator.vendors, actions)
        if metabase is not None:
            metabase.check(of_metabase)
        simulator.change(body)
        if metabase is not None:
            metabase.change(of_metabase)
        for action in plan:
            action()
    return json_answer(_view(simulator))


def reset_faults(simulator: "Simulator", _exchange: "Handler") -> Answer:
    simulator.change(_NO_FAULTS)
    if simulator.metabase is not None:
        simulator.metabase.reset_faults()
    return json_answer(_view(simulator))


def poison(simulator: "Simulator", exchange: "Handler") -> Answer:
    body = _strict(exchange.json(), {"kind", "count"})
    if not isinstance(body.get("kind"), str):
        raise Refused(400, "kind: must be a text")
    return _poison(simulator, body["kind"], body.get("count", 1))


def thousand_same_time(simulator: "Simulator", exchange: "Handler") -> Answer:
    body = _strict(exchange.json(), {"count"})
    return _poison(simulator, "thousand_same_time", body.get("count", 1000))


def truth(simulator: "Simulator", _exchange: "Handler") -> Answer:
    with simulator.lock:
        account = simulator.shop.truth()
    return json_answer(account)


def truth_orders(simulator: "Simulator", _exchange: "Handler") -> Answer:
    with simulator.lock:
        orders = simulator.shop.truth_orders()
    return json_answer(orders)


def stats(simulator: "Simulator", _exchange: "Handler") -> Answer:
    return json_answer({**simulator.statistics.view(),
                        **({"metabase": metabase_control.stats(simulator.metabase)} if simulator.metabase else {})})


def _view(simulator: "Simulator") -> dict:
    return {**settings.view(simulator.settings()),
            **({"metabase": metabase_control.view(simulator.metabase)} if simulator.metabase else {})}


def _poison(simulator: "Simulator", kind: str, count: object) -> Answer:
    if not isinstance(count, int) or isinstance(count, bool):
        raise Refused(400, "count: must be a whole number")
    with simulator.lock:
        add_poison(simulator.shop, kind, count)
    return json_answer({"kind": kind, "count": count, "rejected_as": reason_of(kind)})


def _strict(body: object, known: set[str]) -> dict:
    if not isinstance(body, dict):
        raise Refused(400, "the body must be a JSON object")
    unknown = sorted(set(body) - known)
    if unknown:
        raise Refused(400, f"unknown key {unknown[0]!r}; there are {', '.join(sorted(known))}")
    return body
