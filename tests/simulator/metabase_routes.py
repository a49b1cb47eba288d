# SPDX-License-Identifier: Apache-2.0
"""Metabase's API as its clients see it."""
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from . import metabase_logins as logins
from .answer import Answer, whole_number
from .metabase_answers import (INITIALIZING, NOT_FOUND, PROXY_ANSWERS, Failure, index_page, invalid_answer, json_reply,
                               text_answer, trace_answer)
from .metabase_cards import VENDOR_TAG, Card
from .metabase_profiles import Profile
from .metabase_queries import Query, fail, serve_query
from .metabase_wire import Connection, Request
from .metabase_writing import columns_view

if TYPE_CHECKING:
    from .metabase import Metabase

# Real ones: a client that is not logged in gets 401 first, whatever lies behind them.
_GUARDED = re.compile(r"/api/(action|activity|alert|api-key|bookmark|card|collection|dashboard|database|dataset|field|"
                      r"metric|model-index|permissions|persist|pulse|revision|search|segment|setting|table|task|"
                      r"timeline|user)(/|$)")
_CARD = re.compile(r"/api/card/([^/]+)")
_CARD_QUERY = re.compile(r"/api/card/([^/]+)/query")
_CARD_EXPORT = re.compile(r"/api/card/([^/]+)/query/(json|csv|xlsx|api)")
_DATASET_EXPORT = re.compile(r"/api/dataset/(json|csv)")
_MOST_ROWS = 1 << 40

_NO_ENDPOINT = text_answer(404, "API endpoint does not exist.")
_UNAUTHENTICATED = text_answer(401, "Unauthenticated")
_MALFORMED = text_answer(400, "Malformed JSON in request body.")
_HEALTHS = {
    "ok": (200, {"status": "ok"}), "initializing": (503, {"status": "initializing", "progress": 0.3}),
    "no_app_db": (503, {"status": "Unable to get app-db connection"}),
    "app_db_error": (503, {"status": "Error getting app-db connection"}),
}


def serve(metabase: "Metabase", connection: Connection, request: Request) -> None:
    metabase.statistics.count_request()
    answer = _answer(metabase, connection, request)
    if answer is not None:  # else it has been sent
        metabase.statistics.count_answer(answer.status)
        connection.answer(answer)


def _answer(metabase: "Metabase", connection: Connection, request: Request) -> Answer | None:
    settings, path = metabase.settings(), request.path
    if path.startswith("/auth/sso"):
        metabase.statistics.count_followed_redirect()
        return PROXY_ANSWERS["html_200"]()
    if settings.proxy != "none":
        return PROXY_ANSWERS[settings.proxy]()
    probe = _probe(metabase, request)
    if probe is not None:
        return probe
    if not path.startswith("/api/"):
        return index_page()
    if metabase.initializing():
        return text_answer(503, INITIALIZING)
    try:
        request.json()
    except ValueError:
        return _MALFORMED
    open_route = _OPEN_ROUTES.get((request.method, path))
    if open_route is not None:
        return open_route(metabase, request)
    if not _GUARDED.match(path):
        return _NO_ENDPOINT
    user = logins.user_of(metabase, request)
    if user is None:
        return _UNAUTHENTICATED
    return _guarded(metabase, connection, request, user)


def _guarded(metabase: "Metabase", connection: Connection, request: Request, user: str) -> Answer | None:
    if request.method == "GET" and request.path == "/api/user/current":
        return json_reply({"id": 1, "email": user, "first_name": "Demo", "last_name": "User",
                           "common_name": "Demo User", "is_superuser": False, "is_active": True, "group_ids": [1]})
    card = _CARD.fullmatch(request.path)
    if request.method == "GET" and card:
        return _with_card(metabase, card[1], lambda found: _show_card(metabase, found))
    if request.method != "POST":
        return _NO_ENDPOINT
    query, export = _CARD_QUERY.fullmatch(request.path), _CARD_EXPORT.fullmatch(request.path)
    if query or export:
        form = "query" if query else export[2]
        if form not in ("query", "json", "csv"):
            return trace_answer(f"{form} is not something this one does")
        return _with_card(metabase, (query or export)[1],
                          lambda found: _query_card(metabase, connection, request, found, form))
    if request.path == "/api/dataset":
        return _query_dataset(metabase, connection, request, request.json(), "query")
    export = _DATASET_EXPORT.fullmatch(request.path)
    if export:
        return _query_dataset(metabase, connection, request, _dataset_of_export(metabase.profile(), request), export[1])
    return _NO_ENDPOINT


# Without a session.

def _probe(metabase: "Metabase", request: Request) -> Answer | None:
    if request.method != "GET":
        return None
    if request.path == "/livez" and metabase.profile().probes:
        return json_reply({"status": "ok"})
    if request.path == "/api/health" or (request.path == "/readyz" and metabase.profile().probes):
        status, body = _HEALTHS["initializing" if metabase.initializing() else metabase.settings().health]
        return json_reply(body, status)
    return None


_OPEN_ROUTES: dict[tuple[str, str], Callable[["Metabase", Request], Answer]] = {
    ("GET", "/api/session/properties"): logins.properties,
    ("POST", "/api/session"): logins.log_in,
    ("DELETE", "/api/session"): logins.log_out,
}


# Questions.

def _with_card(metabase: "Metabase", number: str, use: Callable[[Card], Answer | None]) -> Answer | None:
    parsed = whole_number(number, 1)
    if parsed is None:
        return invalid_answer(["id"], "value must be an integer greater than zero.", "should be a positive int")
    card = metabase.cards.get(parsed)
    return NOT_FOUND if card is None else use(card)


def _show_card(metabase: "Metabase", card: Card) -> Answer:
    tag = {"id": "1", "name": VENDOR_TAG, "display-name": "Vendor", "type": "text"}
    return json_reply({
        "id": card.number, "name": card.name, "archived": metabase.card_settings(card.number).archived,
        "display": "table", "type": "question", "collection_id": None, "database_id": 1, "query_type": "native",
        "dataset_query": {"database": 1, "type": "native", "native": {"query": "SELECT 1 AS secret_sql",
                                                                      "template-tags": {VENDOR_TAG: tag}}},
        "result_metadata": columns_view(card.columns), "visualization_settings": {},
        "parameters": [{"id": "1", "type": "category", "slug": VENDOR_TAG, "name": "Vendor",
                        "target": ["variable", ["template-tag", VENDOR_TAG]]}]})


def _query_card(metabase: "Metabase", connection: Connection, request: Request, card: Card, form: str) -> Answer | None:
    profile = metabase.profile()
    metabase.statistics.note_body(card.number, request.body)
    options = _options(profile, request, form)
    try:
        parameters = _listed(options.get("parameters"))
        vendor = _vendor_of(card, parameters)
    except ValueError as error:
        return invalid_answer(["parameters"], "nullable sequence of parameter maps", str(error))
    except KeyError as error:
        return _unknown_tag(card, error.args[0])
    serve_query(metabase, connection, Query(card, form, _formatted(profile, options, form), vendor,
                                            gzip=request.wants_gzip()))
    return None


def _options(profile: Profile, request: Request, form: str) -> dict:
    body = request.json()
    as_json = body if isinstance(body, dict) else {}
    if form == "query":
        return as_json
    return {**(as_json if profile.export_takes_json else request.query), **request.form()}


def _listed(value: object) -> list:
    """As JSON text in a form or query string."""
    parsed = json.loads(value) if isinstance(value, str) and value else value
    if not isinstance(parsed or [], list):
        raise ValueError("should be a sequence")
    return parsed or []


def _vendor_of(card: Card, parameters: list) -> str | None:
    vendor = None
    for parameter in parameters:
        target = parameter.get("target") if isinstance(parameter, dict) else None
        if not (isinstance(target, list) and len(target) == 2 and isinstance(target[1], list) and len(target[1]) == 2):
            raise ValueError("should have a target of a variable and its template-tag")
        if target[1][1] != VENDOR_TAG:
            raise KeyError(target[1][1])
        value = parameter.get("value")
        vendor = value[0] if isinstance(value, list) and value else value
    return vendor


def _formatted(profile: Profile, options: dict, form: str) -> bool:
    if form == "query" or profile.format_rows == "unknown":
        return False
    asked = str(options.get("format_rows", "")).lower()
    return profile.format_rows == "always" or (asked != "false" if profile.format_rows == "on" else asked == "true")


def _unknown_tag(card: Card, name: object) -> Answer:
    message = (f"Invalid parameter: Card {card.number:,} does not have a template tag named \"{name}\"."
               f" Allowed parameters are: \"{VENDOR_TAG}\"")
    return json_reply({"message": message, "invalid-parameter": {"name": name}, "allowed-parameters": [VENDOR_TAG],
                        "type": "invalid-parameter", "via": [], "trace": []}, 500)


# Queries that are not questions.

def _dataset_of_export(profile: Profile, request: Request) -> object:
    text = request.form().get("query")
    try:
        if text is not None:
            return json.loads(text)
    except ValueError:
        return None
    body = request.json() if profile.export_takes_json else None
    return body.get("query") if isinstance(body, dict) else None


def _query_dataset(metabase: "Metabase", connection: Connection, request: Request, asked: object,
                   form: str) -> Answer | None:
    if not isinstance(asked, dict) or "database" not in asked:
        return invalid_answer(["database"], "value must be an integer.", "missing required key")
    inner = asked.get("query") if isinstance(asked.get("query"), dict) else {}
    source = re.fullmatch(r"card__(\d+)", str(inner.get("source-table")))
    card = metabase.cards.get(int(source[1][:18])) if source else None
    constraints = asked.get("constraints") if isinstance(asked.get("constraints"), dict) else {}
    query = Query(card or Card(0, "Query result", lambda: None, ()), form, gzip=request.wants_gzip(),
                  limit=_most(inner.get("limit")), most=_most(constraints.get("max-results-bare-rows")))
    if form != "query":
        page = inner.get("page") if isinstance(inner.get("page"), dict) else {}
        query = replace(query, limit=query.limit or _most(page.get("items")),
                        formatted=_formatted(metabase.profile(), _options(metabase.profile(), request, form), form))
    if card is None:
        fail(metabase, connection, query, Failure(error_type="invalid-query", honest_status=400))
    else:
        serve_query(metabase, connection, query)
    return None


def _most(number: object) -> int | None:
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 < number < _MOST_ROWS else None
