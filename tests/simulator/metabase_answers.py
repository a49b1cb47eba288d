# SPDX-License-Identifier: Apache-2.0
"""Whole answers: Metabase's own, and those sent instead of a query's result."""
from dataclasses import dataclass
from functools import partial
from typing import Callable

from .answer import Answer
from .metabase_writing import json_text

HUGE_STACKTRACE_BYTES = 1_200_000
TICKET = "do-not-log-this"  # in the addresses of redirects

_LOGIN_PAGE = (b"<!doctype html><html><head><title>Sign in</title></head>"
               b"<body><form action=\"/auth/sso\"><h1>Please sign in</h1></form></body></html>\n")
_INDEX_PAGE = (b"<!DOCTYPE html>\n<html lang=\"en\" translate=\"no\"><head><meta charset=\"utf-8\"/>"
               b"<title>Metabase</title></head><body><div id=\"root\"></div></body></html>\n")
_GATEWAY_PAGE = ("<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n</body>\r\n"
                 "</html>\r\n")

INITIALIZING = "Metabase is still initializing. Please sit tight..."


def json_reply(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status, json_text(value), headers=headers)


def text_answer(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), "text/plain")


def html_answer(status: int, page: bytes) -> Answer:
    return Answer(status, page, "text/html;charset=utf-8")


def index_page() -> Answer:
    return html_answer(200, _INDEX_PAGE)


def _gateway(status: int, phrase: str) -> Answer:
    title = f"{status} {phrase}"
    return html_answer(status, (_GATEWAY_PAGE % (title, title)).encode())


def trace_answer(cause: str) -> Answer:
    return json_reply({"via": [{"type": "java.lang.Exception", "message": cause, "at": ["metabase.api$run", "f", 1]}],
                       "trace": [["metabase.api$run", "invoke", "api.clj", 10]], "cause": cause, "message": cause}, 500)


def invalid_answer(names: list[str], error: str, specific: str) -> Answer:
    return json_reply({"errors": {name: error for name in names},
                       "specific-errors": {name: [f"{specific}, received: nil"] for name in names}}, 400)


NOT_FOUND = text_answer(404, "Not found.")

# What may be in front of Metabase and answers instead of it.
PROXY_ANSWERS: dict[str, Callable[[], Answer]] = {
    "html_200": lambda: html_answer(200, _LOGIN_PAGE),
    "index_html": index_page,
    "html_502": partial(_gateway, 502, "Bad Gateway"),
    "html_504": partial(_gateway, 504, "Gateway Time-out"),
    "redirect_https": lambda: Answer(302, headers=(("Location", f"https://127.0.0.1/?ticket={TICKET}"),)),
    "redirect_sso": lambda: Answer(302, headers=(("Location", f"/auth/sso?ticket={TICKET}"),)),
    "ip_forbidden": lambda: text_answer(403, "Forbidden"),
}

# Instead of running the query, and at once.
ANSWERS: dict[str, Callable[[], Answer]] = {
    **PROXY_ANSWERS,
    "unauthenticated": lambda: text_answer(401, "Unauthenticated"),
    "initializing": lambda: text_answer(503, INITIALIZING),
    "not_found": lambda: text_answer(404, "Not found."),
    "forbidden": lambda: text_answer(403, "You don't have permissions to do that."),
    "archived_404": lambda: json_reply({"message": "The object has been archived.", "error_code": "archived"}, 404),
    "mfa_setup": lambda: json_reply({"mfa-setup-required": True, "message": "Set up multi-factor authentication"}, 403),
    "error_500": lambda: trace_answer("Connection to the application database failed"),
    "hidden_500": lambda: json_reply({"message": "Something went wrong"}, 500),
}


@dataclass(frozen=True)
class Failure:
    """A failed query: the members of its object, and the status that it has where statuses are honest."""
    error: str = 'ERROR: relation "foo" does not exist\n  Position: 15'
    error_type: str | None = None
    honest_status: int = 500
    huge: bool = False
    escaped: bool = False  # the other form, of an exception that nothing caught


FAILURES: dict[str, Failure] = {
    "failed": Failure(),
    "failed_typed": Failure(error_type="invalid-query", honest_status=400),
    "failed_huge": Failure(huge=True),
    "failed_escaped": Failure(escaped=True),
    "failed_timeout": Failure("Timed out after 20.0 mins.", "timed-out"),
    "failed_permission": Failure("You do not have permissions to run this query.", "missing-required-permissions", 400),
    "failed_parameter": Failure("You'll need to pick a value for 'Env' before this query can run.",
                                "missing-required-parameter", 400),
    "failed_pool": Failure("An attempt by a client to checkout a Connection has timed out."),
}
