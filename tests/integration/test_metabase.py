# SPDX-License-Identifier: Apache-2.0
"""Questions of a Metabase as their users meet them: by the default configuration, by YAML of their own, by `probe`."""
import json
import re
import subprocess
import time

import pytest

from harness.exporter import program
from harness.metabase_stand import COLUMNS, ROWS, MetabaseStand, failures, memory, question, rejected, shown
from harness.processes import clean_environment
from harness.stand import events
from harness.web import request

GOOD = {(code, name, product): left for code, name, product, left in ROWS}
CARD = 9401
QUICK = {"VENDOR_STATUS_JOB_INTERVAL": "61s", "VENDOR_PRODUCT_STATUS_JOB_INTERVAL": "62s", "DISCOUNT_STOCK_JOB_INTERVAL": "63s"}


# The default configuration

def vendors_of(samples):
    """What the three questions publish, as the shop's own account says it."""
    vendors = {}
    for labels, value in samples.series("vendor_online"):
        vendors[labels["vendor_code"]] = {"name": labels["vendor_name"], "status": "online" if value else "offline",
                                          "products": {}, "discount_stock": {}}
    for labels, value in samples.series("vendor_products"):
        vendors[labels["vendor_code"]]["products"][labels["state"]] = value
    for labels, value in samples.series("vendor_discount_stock"):
        vendors[labels["vendor_code"]]["discount_stock"][labels["product"]] = value
    return vendors


@pytest.mark.parametrize("version", ["v0.48", "v0.50", "v0.53", "v0.62"])
def test_default_configuration_publishes_the_vendors(scratch, version):
    with MetabaseStand(scratch, None, version, env=QUICK) as stand:
        stand.simulator.control(vendor_offline=["V002", "V004"], stock_out="V003")
        stand.start()
        samples = stand.samples()
        truth = stand.simulator.truth_vendors()["vendors"]
        assert vendors_of(samples) == truth and truth["V002"]["status"] == "offline"
        assert events(stand.log, "source off: its enabled_if is empty", source="orders"), "nobody says that orders are off"
        assert {labels["source"] for labels, _ in samples.series("o2o_source_up")} == \
            {"vendor-status", "vendor-product-status", "discount-stock"}
        assert samples.value("o2o_source_interval_seconds", source="vendor-status") == 61
        assert stand.stats()["logins"]["attempts"] == 1
        home = request(stand.exporter.url + "/")[2].decode()
        assert re.search(r"<td>orders</td><td class=wait>off", home) and "vendor-status" in home


def test_pages_show_the_last_rows_with_their_age(scratch):
    with MetabaseStand(scratch, None, env=QUICK) as stand:
        stand.start()
        truth = stand.simulator.truth_vendors()["vendors"]
        for path, rows in (("/api/vendor-status", len(truth)),
                           ("/api/vendor-product-status", sum(len(vendor["products"]) for vendor in truth.values())),
                           ("/api/discount-stock", sum(len(vendor["discount_stock"]) for vendor in truth.values()))):
            status, page = stand.page(path)
            assert status == 200 and page["total"] == len(page["rows"]) == rows and page["complete"] and 0 <= page["age_seconds"] < 60, path
            assert {row["Vendor Code"] for row in page["rows"]} == set(truth)
        assert stand.page("/api/vendor-codes") == (200, {"total": len(truth), "complete": True, "vendor_codes": sorted(truth)})
        home = request(stand.exporter.url + "/")[2].decode()
        assert set(re.findall(r"href='/api/([^']*)'", home)) == {"vendor-status", "vendor-product-status", "discount-stock"}
        assert request(stand.exporter.url + "/api/orders")[0] == 404
        status, page = stand.page("/api/no-such-source")
        assert status == 404 and "/api/v1/sources" in page["error"]
        first = stand.page("/api/vendor-status")[1]
        time.sleep(0.2)
        second = stand.page("/api/vendor-status")[1]
        assert second["taken_at"] == first["taken_at"] and second["age_seconds"] > first["age_seconds"] + 0.1


def test_rows_outlive_a_reload_as_their_series_do(scratch):
    with MetabaseStand(scratch, [question("kept", CARD)], cards=[CARD]) as stand:
        stand.start()
        before = stand.page("/api/kept")[1]
        stand.card(CARD, fault="html_502")
        assert request(f"{stand.exporter.url}/-/reload", "POST")[0] == 200
        assert shown(stand.samples(), "kept") == GOOD
        status, page = stand.page("/api/kept")
        assert status == 200 and page["rows"] == before["rows"] and page["taken_at"] == before["taken_at"]


def test_page_before_the_first_good_poll_says_so(scratch):
    with MetabaseStand(scratch, [question("late", CARD)], cards=[CARD]) as stand:
        stand.card(CARD, fault="html_502")
        stand.start()
        status, page = stand.page("/api/late")
        assert status == 503 and page["error"] == "no good poll yet"


def test_reload_brings_a_source_with_its_page(scratch):
    with MetabaseStand(scratch, [question("first", CARD)], cards=[CARD, CARD + 1]) as stand:
        stand.start()
        assert stand.page("/api/second")[0] == 404
        with open(stand.exporter.config, "w", encoding="utf-8") as file:
            json.dump({"sources": [question("second", CARD + 1)]}, file)
        assert request(f"{stand.exporter.url}/-/reload", "POST")[0] == 200
        stand.until(lambda: shown(stand.samples(), "second") == GOOD, "the new source was polled")
        assert stand.page("/api/second")[1]["total"] == 3 and stand.page("/api/first")[0] == 404
        assert shown(stand.samples(), "first") == {} and stand.stats()["logins"]["attempts"] == 1


# Sources of one's own

def test_many_metrics_of_one_question(scratch):
    source = question("vendors", CARD)
    source["metrics"] += [
        {"name": "stock_rows", "help": "Rows.", "aggregate": "count"},
        {"name": "stock_least", "help": "Least.", "aggregate": "min", "value": "stock_left"},
        {"name": "stock_of_boxes", "help": "Of boxes.", "value": "Stock Left", "where": {"Product": ["Box", "Bag"]},
         "labels": {"vendor": "VENDOR CODE"}}]
    with MetabaseStand(scratch, [source], cards=[CARD]) as stand:
        stand.start()
        samples = stand.samples()
        assert shown(samples, "vendors") == GOOD
        assert samples.value("stock_rows") == 3 and samples.value("stock_least") == 0
        assert dict((labels["vendor"], value) for labels, value in samples.series("stock_of_boxes")) == {"V1": 5, "V2": 0}
        assert stand.stats()["cards"][str(CARD)]["requests"] == 1


def test_parameters_reach_the_question(scratch):
    parameters = [{"type": "category", "target": ["variable", ["template-tag", "vendor"]], "value": "V2"}]
    source = question("one", CARD)
    source["metabase"]["parameters"] = parameters
    for version in ("v0.50", "v0.53"):
        with MetabaseStand(scratch, [source], version, cards=[CARD]) as stand:
            stand.start()
            assert list(shown(stand.samples(), "one")) == [("V2", "Bánh \"Mì\"", "Bag")]


def test_unknown_parameter_says_what_to_do(scratch):
    source = question("one", CARD)
    source["metabase"]["parameters"] = [{"type": "category", "target": ["variable", ["template-tag", "env"]], "value": "x"}]
    with MetabaseStand(scratch, [source], cards=[CARD]) as stand:
        stand.start()
        assert failures(stand.samples(), "one") == {"query_failed": 1}
        assert "check `parameters`" in stand.failing("one")[0]["error"]


def test_texts_of_v0_49_0_are_read_and_noted(scratch):
    with MetabaseStand(scratch, [question("texts", CARD)], "v0.49.0", cards=[CARD]) as stand:
        stand.card(CARD, columns=COLUMNS, data=[["V1", "Phở", "Box", 1234567], ["V2", "Bánh \"Mì\"", "Bag", -5]])
        stand.start()
        assert shown(stand.samples(), "texts") == {("V1", "Phở", "Box"): 1234567, ("V2", "Bánh \"Mì\"", "Bag"): -5}
        noted = events(stand.log, "note on the source's rows", source="texts")
        assert len(noted) == 1 and "came as text" in noted[0]["note"], stand.log.log()


def test_archived_question_is_said_to_be_one(scratch):
    with MetabaseStand(scratch, [question("old", CARD)], cards=[CARD]) as stand:
        stand.card(CARD, archived=True)
        stand.start()
        stand.until(lambda: failures(stand.samples(), "old").get("archived", 0) >= 2, "it was counted")
        samples = stand.samples()
        assert shown(samples, "old") == GOOD and samples.value("o2o_source_up", source="old") == 1
        assert len(events(stand.log, "source is up with problems", source="old", reason="archived")) == 1
        stand.card(CARD, archived=False)
        before = stand.samples().value("o2o_source_polls_total", source="old")
        stand.until(lambda: stand.samples().value("o2o_source_polls_total", source="old") >= before + 2, "it was polled again")
        counted = failures(stand.samples(), "old")["archived"]
        before = stand.samples().value("o2o_source_polls_total", source="old")
        stand.until(lambda: stand.samples().value("o2o_source_polls_total", source="old") >= before + 2, "and again")
        assert failures(stand.samples(), "old") == {"archived": counted}, "it is still taken for archived"


def test_version_is_told_once(scratch):
    names = [f"q{place}" for place in range(3)]
    sources = [question(name, CARD + place, interval="500ms", timeout="450ms") for place, name in enumerate(names)]
    with MetabaseStand(scratch, sources, "v0.53", cards=range(CARD, CARD + 3)) as stand:
        stand.start()
        stand.until(lambda: all(stand.samples().value("o2o_source_polls_total", source=name) >= 4 for name in names), "four polls")
        told = events(stand.log, "Metabase version")
        assert [(line["url"], line["version"][:5]) for line in told] == [(stand.simulator.metabase_url, "v0.53")]
        asked = sum(card["requests"] for card in stand.stats()["cards"].values())
        # Besides the queries: a login, the version, of each question whether it is archived. (A query may have begun since.)
        assert stand.stats()["requests"] - asked <= 1 + 1 + len(names) + 2


def test_many_sources_ask_two_questions_at_once_and_none_twice(scratch):
    sources = [question(f"q{place}", CARD + place % 9, interval="4s", timeout="3900ms") for place in range(12)]
    with MetabaseStand(scratch, sources, cards=range(CARD, CARD + 9)) as stand:
        stand.metabase(query_seconds=0.2)
        stand.start()
        names = [f"q{place}" for place in range(12)]
        stand.until(lambda: all(stand.samples().value("o2o_source_polls_total", source=name) >= 3 for name in names), "three polls")
        stats, samples = stand.stats(), stand.samples()
        assert stats["most_at_once"] == 2
        assert {card["most_at_once"] for number, card in stats["cards"].items() if CARD <= int(number) < CARD + 9} == {1}
        for name in names:
            assert failures(samples, name) == {} and shown(samples, name) == GOOD


def test_waiting_for_a_turn_ends_with_the_sources_timeout(scratch):
    sources = [question(name, CARD + place, interval="60s", timeout="50s", stale_after="3m") for place, name in enumerate(["slow", "slower"])]
    sources += [question("late", CARD + 2, interval="500ms", timeout="450ms"), question("same", CARD, interval="500ms", timeout="450ms")]
    with MetabaseStand(scratch, sources, cards=range(CARD, CARD + 3)) as stand:
        stand.metabase(query_seconds=45)
        stand.start(wait=False)

        def errors():
            return {source["source"]: source.get("last_error", "") for source in stand.page("/api/v1/sources")[1]["sources"]}

        stand.until(lambda: all("for its turn" in errors()[name] for name in ("late", "same")), "they waited in vain")
        assert "another source is still asking the same question, running" in errors()["same"]
        assert "2 questions of one Metabase run at once, running" in errors()["late"]
        assert all(set(failures(stand.samples(), name)) == {"timeout"} for name in ("late", "same"))
        stats = stand.stats()
        assert stats["most_at_once"] == 2 and stats["cards"][str(CARD)]["most_at_once"] == 1
        # A stop wakes who waits: the stand asserts that it ends well.


def test_answer_of_a_known_limit_is_probably_cut(scratch):
    with MetabaseStand(scratch, [question("big", CARD)], "v0.48", cards=[CARD]) as stand:
        stand.card(CARD, rows=5000)
        stand.metabase(unaggregated_row_limit=2000)
        stand.start()
        samples = stand.samples()
        assert set(failures(samples, "big")) == {"truncated"} and len(shown(samples, "big")) == 2000
        assert len(events(stand.log, "source is up with problems", source="big", reason="truncated")) == 1


def test_three_million_rows_hit_the_ceiling_in_bounded_memory(scratch):
    sources = [question("big", CARD, interval="100s", timeout="95s", stale_after="400s"), question("good", CARD + 1)]
    sources[0]["ceilings"] = {"max_rows": 100_000}
    with MetabaseStand(scratch, sources, cards=[CARD, CARD + 1]) as stand:
        stand.card(CARD, rows=3_000_000)
        stand.start()
        stand.until(lambda: failures(stand.samples(), "big"), "the ceiling was hit", 100)
        samples = stand.samples()
        assert failures(samples, "big") == {"too_large": 1} and shown(samples, "good") == GOOD
        told = stand.failing("big")[0]["error"]
        assert "100000 rows" in told and "max_rows" in told
        peak = memory(stand.log.pid, "VmHWM")
        print(f"peak memory {peak / 1e6:.0f} MB")
        # The 100,000 series themselves, before they were given up, take about 200 bytes each.
        assert peak < 120e6
        assert stand.until(lambda: stand.stats()["cards"][str(CARD)]["cancelled"], "Metabase was told") == 1


# probe

def probe(stand, source):
    """(exit status, stdout, stderr)."""
    argv = [program(), "probe", source, "--config.file", str(stand.exporter.config)] if stand.exporter.config else \
        [program(), "probe", source]
    ended = subprocess.run(argv, env=clean_environment(**stand.simulator.metabase_env), stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, timeout=30, check=False)
    assert stand.simulator.metabase_env["METABASE_PASSWORD"] not in ended.stdout + ended.stderr
    return ended.returncode, ended.stdout, ended.stderr


def test_probe_prints_what_would_be_published(scratch):
    with MetabaseStand(scratch, None) as stand:
        status, said, wrong = probe(stand, "discount-stock")
        assert (status, wrong) == (0, "")
        for vendor, facts in stand.simulator.truth_vendors()["vendors"].items():
            for product, left in facts["discount_stock"].items():
                assert re.search(rf'vendor_discount_stock{{vendor_code="{vendor}",.*product="{re.escape(product)}"}} {left}\n', said)
        assert "Columns (4): `Vendor Code` `Vendor Name` `Product` `Stock Left`" in said
        assert '{"Vendor Code":"V001"' in said and "Rejected rows: none" in said
        assert re.search(r"Time: before asking \(login\) \d+\.\d{3} s, until the answer began \d+\.\d{3} s", said)
        assert stand.stats()["cards"]["7179"]["requests"] == 1


def test_probe_names_the_nearest_column(scratch):
    with MetabaseStand(scratch, [question("stock", CARD, value="Stock Lefd")], cards=[CARD]) as stand:
        status, said, wrong = probe(stand, "stock")
        assert status == 1 and wrong == ("o2o-exporter: stock: bad_shape: column `Stock Lefd` not in the answer, there is "
                                         "`Stock Left`\n")
        assert "`Vendor Code` `Vendor Name` `Product` `Stock Left`" in said and '{"Vendor Code":"V1"' in said
        stand.card(CARD, fault="renamed_column")
        source = probe(stand, "stock")
        assert source[0] == 1 and "there is `stock_left`" in source[2]


def test_probe_notes_a_column_that_is_named_nearly_so(scratch):
    with MetabaseStand(scratch, [question("stock", CARD)], cards=[CARD]) as stand:
        stand.card(CARD, fault="renamed_column")
        status, said, _ = probe(stand, "stock")
        assert status == 0
        assert "Note: column `Vendor Code` not in the answer, there is `vendor_code`, which is taken" in said


def test_probe_shows_rejected_rows_with_their_reasons(scratch):
    with MetabaseStand(scratch, [question("stock", CARD)], cards=[CARD]) as stand:
        stand.card(CARD, columns=COLUMNS, data=[["V1", "A", "Box", "many"], ["V2", "B", "Bag", None], ["V3", "C", "Bowl", 7],
                                                ["V3", "C", "Bowl", 8]])
        status, said, _ = probe(stand, "stock")
        assert status == 0 and "Rejected rows: no_value 1, bad_value 1, duplicate 2" in said
        assert "stock_left: column `Stock Left`: 'many' is not a number\n    {\"Vendor Code\":\"V1\"" in said
        assert "stock_left: rows 3 and 4 have the same labels, so neither is published" in said


@pytest.mark.parametrize("settings, words", [
    ({"login": "wrong_password"}, "check `username` and `password` of the source"), ({"accept": "refuse"}, "connection refused"),
    ({"fault": "failed"}, 'query_failed: Metabase could not run the question, try it there: ERROR: relation "foo" does not exist'),
    ({"fault": "not_found"}, "not_found: Metabase has no such question"), ({"proxy": "html_200"}, "not_json: ")])
def test_probe_says_what_is_wrong(scratch, settings, words):
    with MetabaseStand(scratch, None) as stand:
        stand.metabase(**settings)
        status, _, wrong = probe(stand, "vendor-status")
        assert status == 1 and words in wrong and len(wrong.splitlines()) == 1


def test_probe_warns_of_what_a_poll_would(scratch):
    with MetabaseStand(scratch, [question("stock", CARD)], "v0.48", cards=[CARD]) as stand:
        status, said, _ = probe(stand, "stock")
        assert status == 0 and "Warning" not in said
        stand.card(CARD, rows=5000, archived=True)
        stand.metabase(unaggregated_row_limit=2000)
        status, said, _ = probe(stand, "stock")
        assert status == 0
        assert "Warning: truncated: the answer has exactly 2000 rows, a limit of Metabase" in said
        assert "Warning: archived: the question is archived" in said


def test_probe_of_a_name_that_is_none(scratch):
    with MetabaseStand(scratch, None) as stand:
        status, said, wrong = probe(stand, "vendors")
        assert (status, said) == (1, "") and "there are vendor-status, vendor-product-status, discount-stock" in wrong
        assert stand.stats()["requests"] == 0


def test_rejected_rows_are_counted_and_the_others_published(scratch):
    with MetabaseStand(scratch, [question("stock", CARD)], cards=[CARD]) as stand:
        stand.card(CARD, columns=COLUMNS, data=[*ROWS, ["V4", "D", "Jar", "many"], ["V5", "E", "Jar", None]])
        stand.start()
        samples = stand.samples()
        assert shown(samples, "stock") == GOOD
        assert rejected(samples, "stock") == {"bad_value": 1, "no_value": 1}
        assert json.dumps(stand.page("/api/stock")[1]["rows"][3]["Stock Left"]) == '"many"'
