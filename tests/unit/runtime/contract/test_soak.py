"""The soak section of service.yaml: what is right is read, what is wrong told with its place; the schema agrees."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from runtime.contract.reader import load_contract
from runtime.soak.plan import DEFAULT_THRESHOLDS, OUTSIDE_UNITS, Kind
from service_contract.yaml_lines import YamlFaults

ROOT = Path(__file__).parents[4]
SCHEMA = json.loads((ROOT / "docs/reference/schemas/service.schema.json").read_text(encoding="utf-8"))
ZOO = (ROOT / "tests/zoo/service.yaml").read_text(encoding="utf-8")
SECTION = """
metrics: {events_total: count, lag_us: us}
soak:
  options: {scenario: calm}
  duration_s: 20
  sample_s: 0.25
  events: events_total
  thresholds:
    - {metric: rss_mb, slope_at_most: 60, least_growth: 2}
    - {metric: rss_mb, growth_at_most: 50}
    - {metric: lag_us, at_most: 1000, for_s: 3}
    - {metric: events_per_s, at_least: 1}
"""

FAULTS = [
    ("scenario: calm", "scenario: storm", "no such choice"),
    ("scenario: calm", "weather: calm", "no such option"),
    ("duration_s: 20", "duration_s: 0", "must be a number of seconds greater than 0"),
    ("events: events_total", "events: events", "no such metric"),
    ("metric: lag_us", "metric: lag", "no such metric"),
    ("growth_at_most: 50", "growth_at_mots: 50", "did you mean growth_at_most?"),
    ("growth_at_most: 50", "growth_at_most: -1", "must be a number of at least 0"),
    ("growth_at_most: 50", "growth_at_most: lots", "must be a number of at least 0"),
    ("growth_at_most: 50", "growth_at_most: 50, at_most: 60", "needs exactly one of"),
    ("{metric: rss_mb, growth_at_most: 50}", "{metric: rss_mb}", "needs exactly one of"),
    ("growth_at_most: 50", "growth_at_most: 50, for_s: 3", "goes with at_most and at_least only"),
    ("at_most: 1000, for_s: 3", "at_most: 1000, least_growth: 3", "goes with slope_at_most only"),
    ("growth_at_most: 50", "slope_at_most: 50", "this limit is set twice"),
    ("  sample_s: 0.25", "  sample: 0.25", "did you mean sample_s?"),
]
# What a schema of one place cannot know: names that are declared elsewhere in the file, and equal entries.
BEYOND_THE_SCHEMA = {"no such choice", "no such option", "no such metric", "this limit is set twice"}


def valid(text):
    return not list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text)))


def contract(tmp_path, text):
    file = tmp_path / "service.yaml"
    file.write_text(text, encoding="utf-8")
    return load_contract(file)


def test_a_section_is_read_as_it_stands(tmp_path):
    plan = contract(tmp_path, ZOO + SECTION).soak
    assert valid(ZOO + SECTION)
    assert (plan.options, plan.duration_s, plan.sample_s, plan.events) == (
        {"scenario": "calm"}, 20, 0.25, "events_total",
    )  # fmt: skip
    assert [(each.name, each.limit) for each in plan.thresholds] == [
        ("rss_mb slope_at_most", 60), ("rss_mb growth_at_most", 50), ("lag_us at_most", 1000),
        ("events_per_s at_least", 1),
    ]  # fmt: skip
    assert (plan.thresholds[0].least_growth, plan.thresholds[2].for_s) == (2, 3)


def test_a_file_without_the_section_is_judged_by_what_can_be_seen_of_any_service(tmp_path):
    plan = contract(tmp_path, ZOO).soak
    assert plan.thresholds == DEFAULT_THRESHOLDS
    assert {each.metric for each in plan.thresholds} <= set(OUTSIDE_UNITS)
    bound = next(each for each in plan.thresholds if each.kind is Kind.GROWTH)
    assert (bound.metric, bound.limit) == ("rss_mb", 50)


@pytest.mark.parametrize(("good", "bad", "message"), FAULTS)
def test_a_fault_is_told_with_its_place_and_refused_by_the_schema_too(tmp_path, good, bad, message):
    text = ZOO + SECTION
    assert good in text
    broken = text.replace(good, bad, 1)
    with pytest.raises(YamlFaults) as caught:
        contract(tmp_path, broken)
    told = "\n".join(fault.explain() for fault in caught.value.faults)
    assert message in told
    assert all(fault.place is not None for fault in caught.value.faults)
    assert message in BEYOND_THE_SCHEMA or not valid(broken)


def test_the_shipped_plan_limits_everything_that_the_service_says_about_time_and_queues():
    plan = load_contract(ROOT / "config/service.yaml").soak
    limited = {each.metric for each in plan.thresholds}
    assert {
        "rss_mb",
        "uss_mb",
        "fds",
        "threads",
        "tasks",
        "queue_depth",
        "loop_lag_us_max",
        "heartbeat_gap_s",
    } <= limited
    for name in ("decision", "confirmation"):
        assert {f"{name}_latency_us_p50", f"{name}_latency_us_p99"} <= limited
    assert plan.options == {"scenario": "soak"}
    assert any(each.kind is Kind.GROWTH and each.limit == 50 for each in plan.thresholds)
