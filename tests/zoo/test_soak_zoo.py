"""Services that wear well and badly, each soaked by the real pack for seconds: exit code, cause, and what it names."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from tests.zoo.keeper import SOAK_PLAN

SCHEMA = Path(__file__).parents[2] / "docs/reference/schemas/soak.schema.json"


def named(text):
    """Under one name in all of its runs, so that one can be compared with another."""
    return re.sub("(?m)^name: .*", "name: s0", text)


def soak(keeper, vice="", *flags, plan=SOAK_PLAN):
    seen = keeper.run("endures", *filter(None, [vice]), flags=flags, edit=lambda text: named(text) + plan, what="soak")
    jsonschema.validate(seen.report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert seen.report["exit_code"] == seen.code
    assert f"Exit Code: {seen.code}" in seen.stderr
    return seen


def limit(seen, name):
    return next(each for each in seen.report["thresholds"] if each["name"] == name)


def test_a_service_that_wears_well_passes_with_data_for_every_threshold(keeper):
    seen = soak(keeper)
    assert (seen.code, seen.report["verdict"], seen.report["diagnosis"]) == (0, "PASS", []), seen.stderr
    assert all(each["samples"] > 5 for each in seen.report["thresholds"])
    assert {each["word"] for each in seen.report["thresholds"]} == {"ok"}
    assert seen.report["events_processed"] > 100
    assert seen.report["duration_seconds"] == pytest.approx(2, abs=0.2)
    for line in (
        "Soak Test Results (2s):", "Start Memory: ", "End Memory: ", "Peak Memory: ", "Memory Growth: ",
        "Events Processed: ", "Events/Second: ", "✅ Memory stable: ", "✅ Performance consistent",
        "✅ No resource exhaustion detected", "Exit Code: 0",
    ):  # fmt: skip
        assert line in seen.stderr


def test_a_leak_is_told_with_its_growth_an_hour_and_the_interval(keeper):
    seen = soak(keeper, "leak")
    finding = seen.report["diagnosis"][0]
    assert re.search(r"rss_mb grows: \+[\d,.]+ MB/h \(95 % CI \+[\d,.]+ to \+[\d,.]+\)", finding["what"])
    trend = limit(seen, "rss_mb slope_at_most")["trend"]
    # 200 kB twenty times a second are 14,400 MB/h; a busy machine leaks a little slower
    assert 3_000 < trend["low_per_h"] < trend["slope_per_h"] < trend["high_per_h"] < 20_000
    assert "⚠️ Potential memory leak: " in seen.stderr
    assert any("--tracemalloc" in line for line in finding["next"])


def test_with_tracemalloc_the_line_that_leaks_is_named(keeper):
    seen = soak(keeper, "leak", "--tracemalloc")
    assert seen.code == 1
    first = seen.report["allocations"][0]
    path, _, number = first["where"].rpartition(":")
    line = Path(path).read_text(encoding="utf-8").splitlines()[int(number) - 1]
    assert "the line that leaks" in line
    assert first["where"] in seen.report["diagnosis"][0]["what"]


def test_no_event_at_all_is_no_data_and_never_a_pass(keeper):
    seen = soak(keeper, "idle")
    assert (seen.code, seen.report["verdict"]) == (2, "UNKNOWN")
    assert seen.report["events_processed"] == 0
    assert "SOAK-004" in seen.causes
    for name in ("events_per_s at_least", "latency_us_p99 at_most"):
        assert (limit(seen, name)["word"], limit(seen, name)["samples"]) == ("NO DATA", 0)
    assert "NO DATA" in seen.stderr


def test_a_service_that_never_gets_ready_is_a_stall_with_the_cause_of_smoke(keeper):
    seen = keeper.run("stalls", 3, flags=("--timeout", "1"), edit=lambda text: text + SOAK_PLAN, what="soak")
    assert (seen.code, seen.causes) == (2, ["VENUE-003"])
    assert seen.report["boot_s"] is None


def test_a_service_without_a_soak_section_is_judged_from_outside(keeper):
    seen = soak(keeper, "", "--duration", "5s", plan="")
    assert seen.code == 0, seen.stderr
    assert {each["metric"] for each in seen.report["thresholds"]} == {"rss_mb", "fds", "threads"}


def test_a_good_run_is_what_the_next_one_is_compared_with(keeper):
    first = soak(keeper, "", "--compare")
    assert "there is no good run yet" in first.report["comparison"]["problem"]
    assert soak(keeper, "leak").code == 1
    again = soak(keeper, "", "--compare")
    assert again.report["comparison"]["against"] == first.report["run"]
    compared = {row["metric"] for row in again.report["comparison"]["metrics"]}
    assert {"rss_mb", "latency_us_p99", "events_per_s"} <= compared
