# SPDX-License-Identifier: Apache-2.0
"""One login for all sources, renewed when it has ended, and never so many attempts that Metabase locks people out."""
import json
import time

import pytest

from harness.metabase_stand import ROWS, MetabaseStand, failures, question, shown
from harness.web import request

GOOD = {(code, name, product): left for code, name, product, left in ROWS}
CARDS = (9301, 9302, 9303)
NAMES = ("first", "second", "third")


def sources(**options):
    return [question(name, number, interval="500ms", timeout="450ms", **options) for name, number in zip(NAMES, CARDS)]


def stand_of(scratch, version="v0.53", **options):
    return MetabaseStand(scratch, sources(**options), version, CARDS)


def polls(stand):
    samples = stand.samples()
    return min(samples.value("o2o_source_polls_total", source=name) or 0 for name in NAMES)


def up(stand):
    samples = stand.samples()
    return all(samples.value("o2o_source_up", source=name) == 1 for name in NAMES)


def no_secret_shown(stand):
    password = stand.simulator.metabase_env["METABASE_PASSWORD"]
    texts = [stand.log.log()] + [request(stand.exporter.url + page)[2].decode()
                                 for page in ("/", "/metrics", "/api/v1/sources", "/ready")]
    assert not any(password in text or "challenge-token" in text for text in texts)


def test_one_login_for_all_that_lasts(scratch):
    with stand_of(scratch) as stand:
        stand.start()
        stand.until(lambda: polls(stand) >= 6, "six polls of each")
        stats = stand.stats()
        assert stats["logins"] == {"attempts": 1, "ok": 1, "failed": 0, "throttled": 0, "mfa": 0}
        assert stats["mails_about_new_devices"] == 1 and stats["unauthenticated"] == 0
        assert request(f"{stand.exporter.url}/-/reload", "POST")[0] == 200
        before = polls(stand)
        stand.until(lambda: polls(stand) >= before + 3 and up(stand), "polls after the reload")
        assert stand.stats()["logins"]["attempts"] == 1, "a reload logged in anew"
        no_secret_shown(stand)


def test_ended_session_is_renewed_at_once_and_unnoticed(scratch):
    with stand_of(scratch) as stand:
        stand.start()
        stand.until(lambda: up(stand), "all were up")
        for times in (2, 3):
            stand.revoke_sessions()
            stand.until(lambda times=times: stand.stats()["logins"]["ok"] == times, "the session was renewed")
            before = polls(stand)
            stand.until(lambda before=before: polls(stand) >= before + 3, "more polls")
        stats = stand.stats()
        assert stats["logins"]["attempts"] == 3 and stats["mails_about_new_devices"] == 1, "the device was not recognised"
        # Another source may ask with the old session while one renews it.
        assert stats["unauthenticated"] <= 2 * len(NAMES)
        samples = stand.samples()
        assert [failures(samples, name) for name in NAMES] == [{}, {}, {}]
        assert stand.failing("first") == []


def test_session_revoked_between_two_questions(scratch):
    with stand_of(scratch) as stand:
        stand.start()
        stand.until(lambda: up(stand), "all were up")
        stand.card(CARDS[0], fault="revoke_after", fault_count=1)
        stand.until(lambda: stand.stats()["logins"]["ok"] == 2, "the session was renewed")
        before = polls(stand)
        stand.until(lambda: polls(stand) >= before + 2, "more polls")
        assert [failures(stand.samples(), name) for name in NAMES] == [{}, {}, {}]


def test_question_that_never_takes_the_session_harms_no_other(scratch):
    with stand_of(scratch) as stand:
        stand.start()
        stand.until(lambda: up(stand), "all were up")
        stand.card(CARDS[0], fault="unauthenticated")
        stand.until(lambda: failures(stand.samples(), "first").get("unauthorized", 0) >= 3, "refused three times", 60)
        samples = stand.samples()
        assert set(failures(samples, "first")) == {"unauthorized"} and shown(samples, "first") == GOOD
        assert failures(samples, "second") == failures(samples, "third") == {}
        stats = stand.stats()
        asked = samples.value("o2o_source_polls_total", source="first")
        assert stats["logins"]["attempts"] <= 1 + asked and stats["mails_about_new_devices"] == 1
        assert len(stand.failing("first")) == 1
        stand.simulator.reset_faults()
        stand.until(lambda: up(stand), "all were up again", 60)


@pytest.mark.parametrize("login, reason, advice", [
    ("wrong_password", "unauthorized", "check `username` and `password` of the source"),
    ("disabled", "unauthorized", "account of the source's `username` is disabled"),
    ("passwords_disabled", "unauthorized", "`api_key` instead"),
    ("mfa_required", "mfa_required", "`api_key` instead"),
    ("invalid", "unauthorized", "check `username`"),
    ("app_db_down", "http_status", "answered the login with 500"),
])
def test_refused_login_is_not_repeated_at_every_poll(scratch, login, reason, advice):
    with stand_of(scratch) as stand:
        stand.metabase(login=login)
        stand.start()
        stand.until(lambda: polls(stand) >= 3, "three polls of each")
        assert stand.stats()["logins"]["attempts"] == 1
        samples = stand.samples()
        for name in NAMES:
            assert set(failures(samples, name)) == {reason} and len(stand.failing(name)) == 1
            assert advice in stand.failing(name)[0]["error"]
        assert all(card["requests"] == 0 for card in stand.stats()["cards"].values())
        no_secret_shown(stand)


def test_locked_out_by_others_keeps_away(scratch):
    with stand_of(scratch) as stand:
        wrong = {"username": stand.simulator.metabase_env["METABASE_USERNAME"], "password": "wrong"}
        for _ in range(10):
            status, _, _ = request(f"{stand.simulator.metabase_url}/api/session", "POST", str(wrong).replace("'", '"').encode(),
                                   {"Content-Type": "application/json"})
            assert status == 401
        stand.start()
        stand.until(lambda: polls(stand) >= 3, "three polls of each")
        assert stand.stats()["logins"]["throttled"] == 1
        assert {reason for name in NAMES for reason in failures(stand.samples(), name)} == {"login_throttled"}
        assert "waits 1h5m" in stand.failing("first")[0]["error"]


def test_answers_that_metabase_does_not_count_are_asked_again(scratch):
    with stand_of(scratch) as stand:
        stand.metabase(proxy="redirect_sso")
        stand.start()
        stand.until(lambda: polls(stand) >= 2, "two polls of each")
        stand.metabase(proxy="none")
        stand.until(lambda: up(stand), "all were up")
        assert stand.stats()["logins"]["attempts"] == 1


@pytest.mark.parametrize("fault, reason, attempts", [
    ({"proxy": "html_502"}, "http_status", 1), ({"proxy": "html_504"}, "http_status", 1), ({"accept": "close"}, "cut", 2),
    ({"accept": "silence"}, "timeout", 2)])
def test_login_that_may_have_been_counted_is_not_soon_repeated(scratch, fault, reason, attempts):
    """One that nobody answered has one more try, for all sources together."""
    with stand_of(scratch) as stand:
        stand.metabase(**fault)
        stand.start()
        stand.until(lambda: polls(stand) >= 4, "four polls of each")
        assert stand.stats()["connections"] == attempts
        samples = stand.samples()
        assert {kind for name in NAMES for kind in failures(samples, name)} - {"timeout"} == {reason} - {"timeout"}
        errors = [source["last_error"] for source in stand.page("/api/v1/sources")[1]["sources"]]
        assert all("the next attempt waits" in error for error in errors), errors


def test_one_cut_login_costs_no_more_than_a_poll(scratch):
    with stand_of(scratch) as stand:
        stand.metabase(accept="close")
        stand.start()
        stand.until(lambda: any("cut" in failures(stand.samples(), name) for name in NAMES), "a login was cut")
        stand.metabase(accept="normal")
        stand.until(lambda: up(stand), "all are up without waiting for two minutes")


def test_login_page_is_asked_by_one_source_for_all(scratch):
    with stand_of(scratch) as stand:
        stand.metabase(proxy="html_200")
        stand.start()
        stand.until(lambda: polls(stand) >= 4, "four polls of each")
        assert stand.stats()["connections"] <= max(stand.samples().value("o2o_source_polls_total", source=name) for name in NAMES)
        reasons = [set(failures(stand.samples(), name)) for name in NAMES]
        assert {"not_json"} in reasons and all(found and found <= {"not_json", "timeout"} for found in reasons)
        stand.metabase(proxy="none")
        stand.until(lambda: up(stand), "all were up")


def wrong(passwords):
    """A source for each password, all of them of one user."""
    return [question(f"s{place}", CARDS[0] + place, interval="500ms", timeout="450ms",
                     metabase={"username": "${METABASE_USERNAME}", "password": password})
            for place, password in enumerate(passwords)]


def test_many_passwords_of_one_user_are_not_all_tried(scratch):
    passwords = [f"wrong-{place}" for place in range(8)]
    with MetabaseStand(scratch, wrong(passwords), cards=range(CARDS[0], CARDS[0] + 8)) as stand:
        stand.start()
        stand.until(lambda: min(stand.samples().value("o2o_source_polls_total", source=f"s{place}") or 0
                                for place in range(8)) >= 3, "three polls of each")
        logins = stand.stats()["logins"]
        assert 1 <= logins["attempts"] <= 5 and logins["throttled"] == 0
        assert {reason for place in range(8) for reason in failures(stand.samples(), f"s{place}")} == \
            {"unauthorized", "login_throttled"}


def test_reloads_with_wrong_passwords_leave_room_for_the_right_one(scratch):
    with MetabaseStand(scratch, wrong(["wrong"]), cards=[CARDS[0]]) as stand:
        def reload(password):
            before = stand.samples().value("o2o_source_polls_total", source="s0")
            with open(stand.exporter.config, "w", encoding="utf-8") as file:
                json.dump({"sources": wrong([password])}, file)
            assert request(f"{stand.exporter.url}/-/reload", "POST")[0] == 200
            stand.until(lambda: stand.samples().value("o2o_source_polls_total", source="s0") > before, "a poll")

        stand.start()
        for number in range(3):
            reload(f"wrong-{number}")
        assert stand.stats()["logins"]["failed"] == 4
        reload("${METABASE_PASSWORD}")
        stand.until(lambda: stand.samples().value("o2o_source_up", source="s0") == 1, "the right one was tried")
        for number in range(6):
            reload(f"wrong-again-{number}")
        logins = stand.stats()["logins"]
        assert logins["failed"] == 5 and logins["throttled"] == 0


def test_no_cookie_but_the_device_is_sent_back(scratch):
    with stand_of(scratch) as stand:
        stand.metabase(login="extra_cookies")
        stand.start()
        stand.until(lambda: up(stand), "all were up, though the session in the cookie is stale")
        stand.revoke_sessions()
        stand.until(lambda: stand.stats()["logins"]["ok"] == 2, "the session was renewed")
        before = polls(stand)
        stand.until(lambda: polls(stand) >= before + 2 and up(stand), "more polls")
        assert stand.stats()["mails_about_new_devices"] == 1


@pytest.mark.parametrize("version", ["v0.49.0", "v0.62"])
def test_api_key_never_logs_in(scratch, version):
    key = "mb_" + "a2V5LWZvci10ZXN0cy1vbmx5LW5vdC1hLXJlYWwtb25lIT0="
    keyed = {"metabase": {"api_key": "${METABASE_API_KEY}"}}
    with MetabaseStand(scratch, sources(**keyed), version, CARDS, {"METABASE_API_KEY": key},
                       simulator_flags=["--metabase-api-key", key]) as stand:
        stand.start()
        stand.until(lambda: up(stand), "all were up")
        stand.revoke_sessions()
        before = polls(stand)
        stand.until(lambda: polls(stand) >= before + 2 and up(stand), "more polls")
        stats = stand.stats()
        assert stats["logins"]["attempts"] == 0 and stats["api_key_requests"] >= 6 and stats["unauthenticated"] == 0
        assert key not in stand.log.log()


def test_unknown_api_key_says_so(scratch):
    keyed = {"metabase": {"api_key": "mb_unknown"}}
    with stand_of(scratch, **keyed) as stand:
        stand.start()
        stand.until(lambda: polls(stand) >= 2, "two polls of each")
        assert set(failures(stand.samples(), "first")) == {"unauthorized"}
        assert "check `api_key`" in stand.failing("first")[0]["error"]
        assert stand.stats()["logins"]["attempts"] == 0 and "mb_unknown" not in stand.log.log()


def test_short_sessions_are_renewed_for_as_long_as_that_helps(scratch):
    with stand_of(scratch) as stand:
        stand.metabase(session_seconds=1.5)
        stand.start()
        end = time.monotonic() + 8
        while time.monotonic() < end:
            assert all(shown(stand.samples(), name) in (GOOD, {}) for name in NAMES)
            time.sleep(0.2)
        samples = stand.samples()
        assert [failures(samples, name) for name in NAMES] == [{}, {}, {}]
        assert 4 <= stand.stats()["logins"]["ok"] <= 10
