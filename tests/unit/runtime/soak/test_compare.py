"""A run against the last good one: what is worse, what is noise, and what cannot be compared."""

import json

import pytest

from runtime.soak.compare import Good, compare, keep

UNITS = {"rss_mb": "MB", "lag_us": "us", "events_per_s": "1/s"}
UP = frozenset({"events_per_s"})


def good(**metrics):
    return Good("run-1", "svc", {"scenario": "soak"}, "2026-01-02T03:04:05.000Z", 60.0, metrics)


def compared(file, before, now):
    keep(before, file)
    return compare(now, file, UNITS, more_is_better=UP)


@pytest.mark.parametrize(
    ("metric", "before", "now", "worse"),
    [
        ("rss_mb", 50, 100, True),
        ("rss_mb", 50, 60, False),
        ("rss_mb", 2, 4, False),  # twice as much, and still nothing
        ("rss_mb", 100, 50, False),
        ("lag_us", 10_000, 40_000, True),
        ("lag_us", 100, 900, False),
        ("events_per_s", 500, 200, True),
        ("events_per_s", 200, 500, False),
    ],
)
def test_worse_is_clearly_more_or_for_a_rate_clearly_less(tmp_path, metric, before, now, worse):
    found = compared(tmp_path / "last_good.json", good(**{metric: before}), good(**{metric: now}))
    assert [row.metric for row in found.worse] == ([metric] if worse else [])
    assert (found.rows[0].before, found.rows[0].now) == (before, now)


def test_the_first_run_has_nothing_to_compare_with(tmp_path):
    assert "there is no good run yet" in compare(good(), tmp_path / "none.json", UNITS, more_is_better=UP).problem


def test_other_options_or_a_broken_file_are_told_and_not_compared(tmp_path):
    file = tmp_path / "last_good.json"
    keep(good(rss_mb=1), file)
    calm = Good("run-2", "svc", {"scenario": "calm"}, "", 60.0, {"rss_mb": 9})
    assert "scenario=soak" in compare(calm, file, UNITS, more_is_better=UP).problem
    file.write_text("{")
    assert "cannot be read" in compare(good(), file, UNITS, more_is_better=UP).problem


def test_what_is_kept_is_plain_json_for_the_owner_only(tmp_path):
    file = tmp_path / "last_good.json"
    keep(good(rss_mb=50.5), file)
    assert json.loads(file.read_text())["metrics"] == {"rss_mb": 50.5}
    assert file.stat().st_mode & 0o777 == 0o600
