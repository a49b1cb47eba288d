# SPDX-License-Identifier: Apache-2.0
"""Every fault of every version of Metabase, each at a question of its own, all at once: counted under one reason of the closed
set, told in one line, the last good rows kept, over at the first good answer, and nothing else disturbed."""
import os
import time
from pathlib import Path

import pytest

from harness.metabase_stand import ROWS, MetabaseStand, failures, memory, question, rejected, shown
from harness.processes import wait_until
from harness.web import request
from simulator.metabase_faults import FAULTS
from simulator.metabase_profiles import VERSIONS

GOOD = {(code, name, product): left for code, name, product, left in ROWS}
FIRST_CARD = 9200

# What each is to be counted as, where the poll fails. v0.62 aborts the connection where others append the error.
FAILING = {
    "html_200": "not_json", "index_html": "not_json", "html_502": "http_status", "html_504": "http_status",
    "redirect_https": "redirect", "redirect_sso": "redirect", "ip_forbidden": "forbidden", "initializing": "initializing",
    "not_found": "not_found", "forbidden": "forbidden", "archived_404": "archived", "mfa_setup": "mfa_required",
    "error_500": "http_status", "hidden_500": "http_status",
    "failed": "query_failed", "failed_typed": "query_failed", "failed_huge": "query_failed",
    "failed_escaped": "query_failed", "failed_timeout": "timeout", "failed_permission": "forbidden",
    "failed_parameter": "query_failed", "failed_pool": "query_failed",
    "missing_column": "bad_shape", "bad_json": "bad_json", "trailing_text": "bad_json", "wrong_top": "bad_shape",
    "scalar_top": "bad_shape",
    "slow_first_byte": "timeout", "drip": "timeout", "row_drip": "timeout", "silent": "timeout", "hang_up": "cut",
    "empty": "cut", "cut": "cut", "cut_between_rows": "cut", "cut_terminated": "bad_json", "abort": "cut",
    "failed_midway": "query_failed", "error_appended": "query_failed",
    "error_as_a_row": "query_failed", "error_as_the_first_row": "query_failed", "error_behind_the_end": "query_failed",
    "truncated_gzip": "cut",
    "wrong_gzip_trailer": "cut", "cross_talk": "bad_shape",
}
# Bad rows in a good answer: why they are rejected; none of them gives a series, but of the last one.
REJECTED = {
    "null_values": "no_value", "blank_for_null": "no_value", "nan_values": "no_value", "bare_nan": "no_value",
    "not_numbers": "bad_value", "overflow": "bad_value", "nested": "bad_value", "duplicate_titles": "bad_value",
    "long_text": "bad_label", "deep_nesting": "too_deep", "duplicate_rows": "duplicate", "nulls_everywhere": "no_value",
}
# Good answers all the same, with what is published.
CHANGED = {
    "big_integers": dict.fromkeys(GOOD, float(9007199254740993)), "big_integer_texts": dict.fromkeys(GOOD, float(9007199254740993)),
    "exponents": dict.fromkeys(GOOD, 125), "renamed_column": GOOD, "extra_column": GOOD, "reordered": GOOD, "no_rows": {},
    "formatted": {key: left * 1234 for key, left in GOOD.items()}, "leading_blanks": GOOD, "bom": GOOD, "duplicate_keys": GOOD,
    "steal_bytes": GOOD,
    "invalid_utf8": {(code, "Caf\ufffd \ufffd\ufffd \ufffd\ufffd", product): left for (code, _, product), left in GOOD.items()},
    "lone_surrogate": {(code, "Half \ufffd Emoji", product): left for (code, _, product), left in GOOD.items()},
    "nul_text": {(code, "Zero \ufffd here", product): left for (code, _, product), left in GOOD.items()},
}
# All that can befall a question: what is the OMS's or the database's alone has no series here.
METABASE_REASONS = {"connect", "timeout", "tls", "cut", "redirect", "unauthorized", "http_status", "not_json", "bad_json", "bad_shape",
                    "too_large", "config", "query_failed", "forbidden", "not_found", "archived", "initializing", "login_throttled",
                    "mfa_required", "truncated", "internal"}
OF_SESSIONS = {"unauthenticated", "revoke_sessions", "revoke_after"}  # in test_metabase_logins.py
HANGING = {"slow_first_byte", "drip", "row_drip", "silent"}
SECONDS = {"drip": 0.5, "row_drip": 1.0, "slow_first_byte": 60, "empty": 0.1}


def test_every_fault_is_looked_at():
    assert {*FAILING, *REJECTED, *CHANGED, *OF_SESSIONS, "none"} == set(FAULTS)


@pytest.mark.parametrize("version", VERSIONS)
def test_all_faults_at_once(scratch, version):
    # cross_talk last: what comes after it is the first question, which has other columns.
    faults = [fault for fault in FAULTS if fault not in OF_SESSIONS | {"none", "cross_talk"}] + ["cross_talk"]
    numbers = {source_name(fault): FIRST_CARD + place for place, fault in enumerate(faults)}
    numbers = {"good": FIRST_CARD - 1, **numbers}
    sources = [source_of(name, number) for name, number in numbers.items()]
    sources.append(source_of("good-too", numbers["good"]))
    numbers["good-too"] = numbers["good"]
    with MetabaseStand(scratch, sources, version, dict.fromkeys(numbers.values())) as stand:
        stand.metabase(query_seconds=0.01)
        stand.start()
        all_up(stand, numbers)
        stand.metabase(query_seconds=0)
        samples = stand.samples()
        for name in numbers:
            assert shown(samples, name) == GOOD, name
        started = time.monotonic()
        for fault in faults:
            stand.card(numbers[source_name(fault)], fault=fault, fault_seconds=SECONDS.get(fault, 0))
        polls = {name: samples.value("o2o_source_polls_total", source=name) for name in numbers}
        samples = stand.until(lambda: each_failed_or_polled_twice(stand, polls), "every fault was met")
        print(f"{version}: {len(faults)} faults met within {time.monotonic() - started:.1f} s")
        check_failing(stand, samples, version)
        check_others(samples)
        for name in ("good", "good-too"):
            assert shown(samples, name) == GOOD and failures(samples, name) == {}
        check_scrape(stand)
        stand.simulator.reset_faults()
        all_up(stand, numbers)
        samples = stand.until(lambda: all_good(stand, numbers), "all rows were back")
        check_told_once(stand, samples, version)
        check_manners(stand)


def source_of(name, number):
    """Those that hang have a short time: two queries run at once, and the others wait for their turn."""
    hangs = name.replace("-", "_") in HANGING
    return question(name, number, interval="6s" if hangs else "4s", timeout="1500ms" if hangs else "3900ms")


def source_name(fault):
    return fault.replace("_", "-")


def reason_of(fault, version):
    return "cut" if fault == "failed_midway" and version == "v0.62" else FAILING[fault]


def all_up(stand, names):
    stand.until(lambda: {labels["source"]: up for labels, up in stand.samples().series("o2o_source_up")} ==
                dict.fromkeys(names, 1), "all sources were up", 60)


def all_good(stand, names):
    samples = stand.samples()
    return samples if all(shown(samples, name) == GOOD for name in names) else None


def each_failed_or_polled_twice(stand, before):
    """The samples then. The first of two polls may have begun before the fault."""
    samples = stand.samples()
    met = all(failures(samples, source_name(fault)) for fault in FAILING) and all(
        samples.value("o2o_source_polls_total", source=source_name(fault)) >= before[source_name(fault)] + 2
        for fault in (*REJECTED, *CHANGED))
    return samples if met else None


def check_failing(stand, samples, version):
    for fault in FAILING:
        name = source_name(fault)
        assert set(failures(samples, name)) == {reason_of(fault, version)}, (fault, stand.failing(name))
        assert samples.value("o2o_source_up", source=name) == 0, fault
        assert shown(samples, name) == GOOD, f"{fault}: the last good rows are gone"
    assert {labels["reason"] for labels, _ in samples.series("o2o_source_failures_total")} == METABASE_REASONS


def check_others(samples):
    for fault, reason in REJECTED.items():
        name = source_name(fault)
        assert failures(samples, name) == {} and samples.value("o2o_source_up", source=name) == 1, fault
        assert set(rejected(samples, name)) == {reason}, fault
        if fault != "nulls_everywhere":
            assert shown(samples, name) == {}, fault
    for fault, expected in CHANGED.items():
        name = source_name(fault)
        assert failures(samples, name) == {} and rejected(samples, name) == {}, fault
        assert shown(samples, name) == expected, fault


def check_scrape(stand):
    started = time.monotonic()
    status, _, _ = request(stand.exporter.url + "/metrics", headers={"Accept-Encoding": "gzip"})
    print(f"a scrape meanwhile took {(time.monotonic() - started) * 1000:.0f} ms")
    assert status == 200
    for page in ("/", "/api/v1/sources"):
        status, _, body = request(stand.exporter.url + page)
        assert status == 200 and b"secret_sql" not in body and b"do-not-log-this" not in body


def check_told_once(stand, samples, version):
    for fault in FAILING:
        name = source_name(fault)
        told = stand.failing(name)
        assert [line["reason"] for line in told] == [reason_of(fault, version)], fault
        assert len(told[0]["error"]) < 500 and len(stand.recovered(name)) == 1, fault
        assert set(failures(samples, name)) == {reason_of(fault, version)}, fault
    for fault in (*REJECTED, *CHANGED, "good", "good_too"):
        assert stand.failing(source_name(fault)) == [], fault
    log = stand.log.log()
    assert "secret_sql" not in log and "do-not-log-this" not in log and "RestFn" not in log


def stats_between_requests(stand):
    """Where no connection is just on its way to be a request."""
    return wait_until(lambda: (stats := stand.stats())["connections"] == stats["requests"] and stats, 10,
                      "there was one request for each connection")


def check_manners(stand):
    # No connection but for the login, the queries, the version and the questions whether they are archived.
    stats = stats_between_requests(stand)
    assert stats["logins"]["attempts"] == 1 and stats["redirects_followed"] == 0
    assert stats["most_at_once"] == 2, "with so many sources there are two at once, and never more"
    for number, card in stats["cards"].items():
        assert card["reused_connection"] == 0 and card["most_at_once"] <= 1 and card["half_closed"] == 0, number
    slow = FIRST_CARD + [fault for fault in FAULTS if fault not in OF_SESSIONS | {"none", "cross_talk"}].index("slow_first_byte")
    wait_until(lambda: stand.stats()["cards"][str(slow)]["cancelled"], 20, "Metabase noticed that nobody waits any longer")


# What befalls Metabase as a whole

WHOLE = {
    "connect": {"accept": "refuse"}, "cut": {"accept": "close"}, "timeout": {"accept": "silence"},
    "http_status": {"proxy": "html_502"}, "not_json": {"proxy": "html_200"}, "redirect": {"proxy": "redirect_sso"},
    "forbidden": {"proxy": "ip_forbidden"}, "initializing": {"initializing_seconds": 600},
}


def test_metabase_out_of_reach(scratch):
    names = ("first", "second", "third")
    sources = [question(name, FIRST_CARD + place, interval="500ms", timeout="450ms") for place, name in enumerate(names)]
    with MetabaseStand(scratch, sources, cards=range(FIRST_CARD, FIRST_CARD + 3)) as stand:
        stand.start()
        for reason, fault in WHOLE.items():
            all_up(stand, names)
            before = {name: failures(stand.samples(), name) for name in names}
            stand.metabase(**fault)
            stand.until(lambda: all(failures(stand.samples(), name) != before[name] for name in names), f"{reason} was met")
            samples = stand.samples()
            assert all(shown(samples, name) == GOOD for name in names), reason
            stand.simulator.reset_faults()
        all_up(stand, names)
        for name in names:
            reasons = [line["reason"] for line in stand.failing(name)]
            # A connection that was open when nobody listened any longer is cut.
            assert [reason for place, reason in enumerate(reasons) if (place, reason) != (0, "cut")][-len(WHOLE):] == list(WHOLE)
            assert set(failures(stand.samples(), name)) == set(WHOLE)
            assert len(stand.recovered(name)) == len(WHOLE)
        stats = stand.stats()
        assert stats["logins"]["attempts"] == 1 and stats["redirects_followed"] == 0


def test_unready_at_the_start_is_waited_for(scratch):
    with MetabaseStand(scratch, [question("late", FIRST_CARD, interval="500ms", timeout="450ms")], cards=[FIRST_CARD]) as stand:
        stand.metabase(initializing_seconds=600)
        stand.start()
        stand.until(lambda: failures(stand.samples(), "late").get("initializing", 0) >= 2, "it was seen starting")
        assert set(failures(stand.samples(), "late")) == {"initializing"}
        stand.metabase(initializing_seconds=0)
        all_up(stand, ["late"])
        assert shown(stand.samples(), "late") == GOOD and stand.stats()["logins"]["ok"] == 1
        assert len(stand.failing("late")) == 1


def test_rows_go_when_they_are_stale_and_come_back_whole(scratch):
    sources = [question("old", FIRST_CARD, interval="500ms", timeout="450ms", stale_after="2s"),
               question("good", FIRST_CARD + 1, interval="500ms", timeout="450ms", stale_after="2s")]
    with MetabaseStand(scratch, sources, cards=(FIRST_CARD, FIRST_CARD + 1)) as stand:
        stand.start()
        stand.card(FIRST_CARD, fault="html_502")
        stand.until(lambda: not shown(stand.samples(), "old"), "the rows were dropped")
        samples = stand.samples()
        assert samples.value("o2o_source_stale", source="old") == 1 and shown(samples, "good") == GOOD
        assert samples.value("o2o_source_stale", source="good") == 0
        status, page = stand.page("/api/old")
        assert status == 200 and page["age_seconds"] > 2 and page["total"] == 3
        stand.simulator.reset_faults()
        seen = set()

        def back():
            seen.add(len(shown(stand.samples(), "old")))
            return 3 in seen

        stand.until(back, "the rows came back")
        assert seen <= {0, 3}, "a part of the rows was published"


def test_crowd_of_queries_hangs_and_is_given_up(scratch):
    names = [f"q{place}" for place in range(4)]
    sources = [question(name, FIRST_CARD + place, interval="1s", timeout="900ms") for place, name in enumerate(names)]
    with MetabaseStand(scratch, sources, cards=range(FIRST_CARD, FIRST_CARD + 4)) as stand:
        stand.start()
        all_up(stand, names)
        stand.metabase(query_threads=1, query_seconds=30)
        stand.until(lambda: all(failures(stand.samples(), name) for name in names), "all of them were given up")
        assert all(set(failures(stand.samples(), name)) == {"timeout"} for name in names)
        cards = stand.stats()["cards"]
        assert [cards[str(FIRST_CARD + place)]["most_at_once"] for place in range(4)] == [1] * 4
        stand.simulator.reset_faults()
        all_up(stand, names)


# Nothing grows, and nobody else notices

def test_long_trouble_costs_nothing_and_disturbs_nobody(scratch):
    """Hundreds of polls that fail in every cheap way, beside a source that is well and scrapes that continue."""
    faults = [fault for fault in FAILING if fault not in HANGING | {"cross_talk", "silent", "empty"}]
    rounds = len(faults) * 3 // 2
    numbers = {f"bad{place}": FIRST_CARD + place for place in range(6)}
    sources = [question(name, number, interval="150ms", timeout="140ms") for name, number in numbers.items()]
    sources.append(question("good", FIRST_CARD + 10, interval="1s", timeout="950ms"))
    with MetabaseStand(scratch, sources, cards=[*numbers.values(), FIRST_CARD + 10]) as stand:
        stand.start()
        all_up(stand, [*numbers, "good"])
        scrapes, sizes = [], []
        for round_number in range(rounds):
            for place, number in enumerate(numbers.values()):
                stand.card(number, fault=faults[(round_number + place) % len(faults)])
            # Failing polls are spread out: eight intervals at most, and a fifth.
            before = failed_polls(stand.samples(), numbers)
            stand.until(lambda before=before: failed_polls(stand.samples(), numbers) >= before + len(numbers), "all failed again")
            started = time.monotonic()
            assert shown(stand.samples(), "good") == GOOD
            scrapes.append(time.monotonic() - started)
            sizes.append(memory(stand.log.pid, "VmRSS"))
        stats, samples = stats_between_requests(stand), stand.samples()
        polled, failed = (sum(samples.value("o2o_source_polls_total", source=name) for name in numbers), failed_polls(samples, numbers))
        assert failed >= rounds * len(numbers)
        good = samples.value("o2o_source_polls_total", source="good")
        assert failures(samples, "good") == {} and good >= rounds // 2, "the good source stopped"
        third = len(sizes) // 3
        print(f"{polled:.0f} polls, {failed:.0f} failed, {good:.0f} of the good source meanwhile; a scrape {1e3 * max(scrapes):.0f} ms "
              f"at most, {1e3 * sum(scrapes) / len(scrapes):.0f} ms mean; memory {min(sizes[:third]) / 1e6:.1f} MB, "
              f"{max(sizes[third:]) / 1e6:.1f} MB later")
        assert max(sizes[-third:]) <= max(sizes[:third]) + (4 << 20), "memory grows"
        assert stats["logins"]["attempts"] == 1 and stats["sessions"] == 1
        # The login, the version, of each question whether it is archived, and of the archived ones again.
        asked = sum(card["requests"] for card in stats["cards"].values())
        assert stats["requests"] - asked <= 2 + len(sources) and asked <= polled + good
        assert sockets(stand.log.pid) <= 2 * len(sources) + 20


def failed_polls(samples, names):
    return sum(sum(failures(samples, name).values()) for name in names)


def sockets(pid):
    return sum(1 for link in Path(f"/proc/{pid}/fd").iterdir() if is_socket(link))


def is_socket(link):
    try:
        return os.readlink(link).startswith("socket:")
    except FileNotFoundError:  # closed meanwhile
        return False
