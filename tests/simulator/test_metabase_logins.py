# SPDX-License-Identifier: Apache-2.0
"""Who may ask: sessions, keys, cookies and the throttle."""
import re

import pytest

from simulator.asking import ask
from simulator.clock import SECOND, system_clock
from simulator.metabase import API_KEY, PASSWORD, USER
from simulator.metabase_asking import (AS_JSON, card, connect, export, log_in, metabase, request, send, session_of,
                                       stats)
from simulator.metabase_cards import VENDOR_STATUS
from simulator.server import Simulator

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
WRONG = {"errors": {"password": "did not match stored password"}}


def current(simulator: Simulator, **headers: str):
    return request(simulator, "GET", "/api/user/current", headers=headers)


def test_a_login_gives_a_session_and_three_cookies(bazaar):
    reply = log_in(bazaar)
    assert reply.status == 200 and re.fullmatch(b'{"id":"%s"}' % UUID.encode(), reply.body)
    assert [cookie.partition("=")[0] for cookie in reply.headers.get_all("set-cookie")] == [
        "metabase.SESSION", "metabase.TIMEOUT", "metabase.DEVICE"]
    who = current(bazaar, **{"X-Metabase-Session": reply.json()["id"]})
    assert (who.status, who.json()["email"]) == (200, USER)


def test_wrong_credentials(bazaar):
    for reply in (log_in(bazaar, "wrong"), log_in(bazaar, user="nobody@example.com")):
        assert (reply.status, reply.json()) == (401, WRONG)
    assert stats(bazaar)["logins"] == {"attempts": 2, "ok": 0, "failed": 2, "throttled": 0, "mfa": 0}


@pytest.mark.parametrize("body, headers, status", [
    ('{"username":"demo@example.com"}', AS_JSON, 400), ('{"username":"demo@example.com","password":""}', AS_JSON, 400),
    ('{"username":"demo@example.com","password":"demo-password"}', {}, 400), ("[]", AS_JSON, 400)])
def test_missing_fields(bazaar, body, headers, status):
    reply = request(bazaar, "POST", "/api/session", body, headers)
    assert reply.status == status
    assert reply.json()["errors"]["password"] == "value must be a non-blank string."
    assert set(reply.json()) == {"errors", "specific-errors"}


def test_malformed_json_is_told_in_text(bazaar):
    reply = request(bazaar, "POST", "/api/session", "{oops", AS_JSON)
    assert (reply.status, reply.headers["content-type"]) == (400, "text/plain")
    assert reply.body == b"Malformed JSON in request body."


@pytest.mark.parametrize("headers", [{}, {"X-Metabase-Session": "no-such-session"}, {"X-API-KEY": "mb_wrong"},
                                     {"X-Metabase-Session": ""}, {"X-API-KEY": ""}])
def test_without_a_session_everything_real_is_401(bazaar, headers):
    for method, path in (("GET", "/api/user/current"), ("GET", "/api/card/7163"), ("POST", "/api/card/7163/query/json"),
                         ("POST", "/api/dataset"), ("GET", "/api/database"), ("GET", "/api/card/7163/query/json")):
        reply = request(bazaar, method, path, headers=headers)
        assert (reply.status, reply.headers["content-type"], reply.body) == (401, "text/plain", b"Unauthenticated")
    assert stats(bazaar)["unauthenticated"] == 6


def test_api_keys_came_with_49(bazaar):
    assert len(API_KEY) == 47
    for version, status in (("v0.48", 401), ("v0.49.0", 200), ("v0.62", 200)):
        metabase(bazaar, version=version)
        assert current(bazaar, **{"x-api-key": API_KEY}).status == status
    assert current(bazaar, **{"x-api-key": API_KEY}).json()["email"].endswith("@api-key.invalid")
    assert stats(bazaar)["logins"]["attempts"] == 0 and stats(bazaar)["api_key_requests"] == 3


def test_a_stale_cookie_goes_before_a_fresh_header(bazaar):
    session = session_of(bazaar)
    stale = session | {"Cookie": "a=b; metabase.SESSION=00000000-0000-4000-8000-000000000000"}
    assert current(bazaar, **stale).status == 401
    assert current(bazaar, **stale, **{"X-API-KEY": API_KEY}).status == 200
    assert current(bazaar, Cookie=f"metabase.SESSION={session['X-Metabase-Session']}").status == 200


def test_a_device_cookie_saves_the_mail(bazaar):
    cookie = next(c for c in log_in(bazaar).headers.get_all("set-cookie") if c.startswith("metabase.DEVICE="))
    log_in(bazaar, Cookie=cookie.partition(";")[0])
    assert stats(bazaar)["mails_about_new_devices"] == 1
    log_in(bazaar)
    assert stats(bazaar)["mails_about_new_devices"] == 2


def test_log_out(bazaar):
    session = session_of(bazaar)
    assert request(bazaar, "DELETE", "/api/session", headers=session).status == 204
    again = request(bazaar, "DELETE", "/api/session", headers=session)
    assert (again.status, again.body) == (404, b"Not found.")
    assert current(bazaar, **session).status == 401


def test_a_session_lives_two_weeks(bazaar):
    session = session_of(bazaar)
    metabase(bazaar, clock_ahead_seconds=14 * 86_400 - 60)
    assert current(bazaar, **session).status == 200  # and is not prolonged by that
    metabase(bazaar, clock_ahead_seconds=14 * 86_400 + 60)
    assert current(bazaar, **session).status == 401


def test_sessions_can_be_revoked(bazaar):
    session = session_of(bazaar)
    assert ask(bazaar, "POST", "/control/metabase/revoke_sessions").data == b'{"revoked": 1}'
    assert current(bazaar, **session).status == 401


def test_revoked_by_a_question_or_after_it(bazaar):
    session = session_of(bazaar)
    card(bazaar, VENDOR_STATUS, fault="unauthenticated", fault_count=1)
    assert [export(bazaar, VENDOR_STATUS, session).status for _ in range(2)] == [401, 200]
    card(bazaar, VENDOR_STATUS, fault="revoke_after", fault_count=1)
    assert [export(bazaar, VENDOR_STATUS, session).status for _ in range(2)] == [200, 401]
    session = session_of(bazaar)
    card(bazaar, VENDOR_STATUS, fault="revoke_sessions", fault_count=1)
    assert [export(bazaar, VENDOR_STATUS, session).status for _ in range(2)] == [401, 401]


def test_ten_failures_of_a_user_shut_the_way_also_for_the_right_password(bazaar):
    for _ in range(10):
        assert log_in(bazaar, "wrong").json() == WRONG
    told = [log_in(bazaar).json()["errors"]["username"] for _ in range(3)]
    assert told == [f"Too many attempts! You must wait {wait} seconds before trying again." for wait in (15, 42, 78)]
    assert log_in(bazaar).status == 401
    assert stats(bazaar)["logins"] == {"attempts": 14, "ok": 0, "failed": 10, "throttled": 4, "mfa": 0}
    assert log_in(bazaar, "wrong", "somebody-else@example.com").json() == WRONG


def test_a_client_that_keeps_trying_stays_out_and_one_that_waits_an_hour_does_not(bazaar):
    for _ in range(10):
        log_in(bazaar, "wrong")
    for minutes in range(10, 120, 5):
        metabase(bazaar, clock_ahead_seconds=60 * minutes)
        assert log_in(bazaar).status == 401
    metabase(bazaar, clock_ahead_seconds=60 * (115 + 61))
    assert log_in(bazaar).status == 200


def test_fifty_failures_of_an_address_shut_the_way_for_everybody_there(bazaar):
    for number in range(50):
        assert log_in(bazaar, "wrong", f"user{number}@example.com").json() == WRONG
    assert log_in(bazaar).json() == {"errors": {"username": "Too many attempts! Please try again later."}}
    assert log_in(bazaar, **{"X-Forwarded-For": "192.0.2.7, 10.0.0.1"}).status == 200


def test_attempts_of_a_locked_out_user_count_for_the_address(bazaar):
    for _ in range(50):
        log_in(bazaar, "wrong")
    assert log_in(bazaar, "any", "innocent@example.com").json()["errors"]["username"].endswith("try again later.")


def test_the_throttle_forgets_at_a_restart_and_can_be_off(bazaar):
    for _ in range(10):
        log_in(bazaar, "wrong")
    assert log_in(bazaar).status == 401
    metabase(bazaar, throttle=False)
    assert log_in(bazaar).status == 200
    metabase(bazaar, throttle=True)
    assert log_in(bazaar).status == 401
    ask(bazaar, "POST", "/control/metabase/forget_failures")
    assert log_in(bazaar).status == 200


@pytest.mark.parametrize("mode, status, body", [
    ("wrong_password", 401, b'{"errors":{"password":"did not match stored password"}}'),
    ("disabled", 401, b'{"errors":{"_error":"Your account is disabled."}}'),
    ("passwords_disabled", 401, b"Password login is disabled for this instance."), ("invalid", 400, b"specific-errors"),
    ("mfa_required", 200, b'"mfa_required":true'), ("app_db_down", 500, b'"via"')])
def test_logins_that_fail_in_their_own_ways(bazaar, mode, status, body):
    metabase(bazaar, login=mode, login_count=1)
    reply = log_in(bazaar)
    assert reply.status == status and body in reply.body and b'"id"' not in reply.body
    assert log_in(bazaar).status == 200
    assert (stats(bazaar)["logins"]["attempts"], stats(bazaar)["sessions"]) == (2, 1)


def test_extra_cookies_hide_a_stale_session(bazaar):
    metabase(bazaar, login="extra_cookies")
    reply = log_in(bazaar)
    jar = "; ".join(cookie.partition(";")[0] for cookie in reply.headers.get_all("set-cookie"))
    session = {"X-Metabase-Session": reply.json()["id"]}
    assert current(bazaar, **session).status == 200
    assert current(bazaar, **session, Cookie=jar).status == 401


def test_other_users_and_keys_than_the_usual_ones():
    options = {"user": "a@b.co", "password": "other", "api_key": "mb_other", "version": "v0.59"}
    with Simulator(rate=0, metabase=options) as simulator:
        assert log_in(simulator).status == 401
        assert log_in(simulator, "other", "a@b.co").status == 200
        assert current(simulator, **{"x-api-key": "mb_other"}).status == 200
        assert request(simulator, "GET", "/api/session/properties").json()["version"]["tag"] == "v0.59.4"


def test_a_session_is_for_every_connection_and_a_connection_for_many_requests(bazaar):
    connection = connect(bazaar)
    body = f'{{"username":"{USER}","password":"{PASSWORD}"}}'
    session = {"X-Metabase-Session": send(connection, "POST", "/api/session", body, AS_JSON).json()["id"]}
    for _ in range(3):
        assert send(connection, "GET", "/api/user/current", headers=session).status == 200
    connection.close()
    assert stats(bazaar)["connections"] == 1 and stats(bazaar)["requests"] == 4


def test_the_clock_of_metabase_is_that_of_the_shop():
    moment = [system_clock()]
    with Simulator(rate=0, metabase=True, clock=lambda: moment[0]) as simulator:
        session = session_of(simulator)
        moment[0] += 15 * 86_400 * SECOND
        assert current(simulator, **session).status == 401
