# SPDX-License-Identifier: Apache-2.0
"""Logging in and out, and who it is that asks."""
from typing import TYPE_CHECKING

from .answer import Answer
from .metabase_answers import NOT_FOUND, invalid_answer, json_reply, text_answer, trace_answer
from .metabase_sessions import Login
from .metabase_wire import Request

if TYPE_CHECKING:
    from .metabase import Metabase


def properties(metabase: "Metabase", _request: Request) -> Answer:
    return json_reply({"version": {"tag": metabase.profile().tag, "date": "2026-01-01", "hash": "0000000"},
                       "has-user-setup": True, "setup-token": None, "site-locale": "en"})


def log_in(metabase: "Metabase", request: Request) -> Answer:
    body = request.json()
    fields = body if isinstance(body, dict) else {}
    missing = [name for name in ("username", "password")
               if not isinstance(fields.get(name), str) or not fields[name].strip()]
    metabase.sessions.count_attempt()
    mode = metabase.take_login()
    if missing or mode == "invalid":
        return invalid_answer(missing or ["username"], "value must be a non-blank string.", "should be a string")
    if mode == "app_db_down":
        return trace_answer("Connection to the application database failed")
    if mode == "passwords_disabled":
        return text_answer(401, "Password login is disabled for this instance.")
    refusal = {"wrong_password": "failed", "disabled": "disabled"}.get(mode)
    login = metabase.sessions.log_in(fields["username"], fields["password"], request.address,
                                     request.cookies.get("metabase.DEVICE"), refuse=refusal,
                                     second_factor=mode == "mfa_required")
    if login.result == "mfa":
        return json_reply({"mfa_required": True, "methods": ["totp"], "challenge_token": "challenge-token"})
    return _login_answer(login, extra_cookies=mode == "extra_cookies")


def _login_answer(login: Login, extra_cookies: bool) -> Answer:
    if login.result == "ok":
        # A stale session in the cookie goes before a fresh one in the header, for clients that keep cookies.
        cookie = "00000000-0000-4000-8000-000000000000" if extra_cookies else login.session
        cookies = [f"metabase.SESSION={cookie};HttpOnly;SameSite=Lax;Path=/",
                   "metabase.TIMEOUT=alive;SameSite=Lax;Path=/",
                   f"metabase.DEVICE={login.device};HttpOnly;SameSite=Lax;Path=/;Max-Age=631138519"]
        if extra_cookies:
            cookies += ["balancer=node-2;Path=/", "sso_state=do-not-send-this-back;Path=/"]
        return json_reply({"id": login.session}, headers=tuple(("Set-Cookie", text) for text in cookies))
    if login.result == "disabled":
        errors = {"_error": "Your account is disabled."}
    elif login.result == "failed":
        errors = {"password": "did not match stored password"}
    elif login.wait_seconds is None:
        errors = {"username": "Too many attempts! Please try again later."}
    else:
        errors = {"username": f"Too many attempts! You must wait {login.wait_seconds} seconds before trying again."}
    return json_reply({"errors": errors}, 401)


def log_out(metabase: "Metabase", request: Request) -> Answer:
    ended = metabase.sessions.log_out(_session_of(request))
    return Answer(204) if ended else NOT_FOUND


def _session_of(request: Request) -> str | None:
    """A cookie goes before the header, however stale it is."""
    return request.cookies.get("metabase.SESSION") or request.headers.get("x-metabase-session")


def user_of(metabase: "Metabase", request: Request) -> str | None:
    user = metabase.sessions.user_of(_session_of(request))
    if user is None and metabase.profile().api_keys and metabase.sessions.is_api_key(request.headers.get("x-api-key")):
        metabase.statistics.count_api_key()
        return "api-key-user-7@api-key.invalid"
    return user
