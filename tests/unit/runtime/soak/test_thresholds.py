"""Each threshold against recordings made by hand: what passes, what fails, and what proves nothing."""

import pytest

from runtime.soak.plan import Kind, Threshold, warm_up_s
from runtime.soak.recording import Recording
from runtime.soak.thresholds import claim, judge, number, signed
from runtime.verdict import Verdict

LIMIT = 100.0


def recording(value_at, *, asked_s=40.0, every_s=0.5, from_s=0.0, to_s=None, metric="m"):
    made = Recording(asked_s, warm_up_s(asked_s), now_s=asked_s)
    t = from_s
    while t <= (asked_s if to_s is None else to_s):
        made.add(metric, t, value_at(t))
        t += every_s
    return made


def word(threshold, made):
    judged = judge(threshold, made, "ms")
    assert (judged.verdict is Verdict.PASS) == (judged.word == "ok")
    assert (judged.verdict is Verdict.FAIL) == (judged.word == "FAIL")
    return judged.word


AT_MOST = Threshold("m", Kind.AT_MOST, LIMIT)
FOR_3_S = Threshold("m", Kind.AT_MOST, LIMIT, for_s=3)
AT_LEAST = Threshold("m", Kind.AT_LEAST, LIMIT, for_s=2)
SLOPE = Threshold("m", Kind.SLOPE, 60.0, least_growth=0.1)


@pytest.mark.parametrize(("duration_s", "warm_s"), [(2, 0.5), (30, 7.5), (60, 15), (3600, 15)])
def test_warm_up_is_a_quarter_and_at_most_fifteen_seconds(duration_s, warm_s):
    assert warm_up_s(duration_s) == warm_s


def test_at_the_limit_is_allowed_and_one_sample_above_is_not():
    assert word(AT_MOST, recording(lambda _: LIMIT)) == "ok"
    assert word(AT_MOST, recording(lambda t: LIMIT + 1 if t == 20 else 0)) == "FAIL"


def test_what_happens_in_warm_up_is_not_judged_but_by_the_outer_bound():
    made = recording(lambda t: 500.0 if t < 10 else 1.0)
    assert word(AT_MOST, made) == "ok"
    grew_early = recording(lambda t: 0.0 if t < 5 else 60.0)
    assert word(SLOPE, grew_early) == "ok"
    assert word(Threshold("m", Kind.GROWTH, 50.0), grew_early) == "FAIL"


def test_an_excess_counts_from_the_seconds_that_it_must_last():
    def over(seconds):
        return recording(lambda t: LIMIT * 2 if 15 <= t < 15 + seconds else 0.0)

    assert word(FOR_3_S, over(2.5)) == "ok"
    assert word(FOR_3_S, over(3.0)) == "FAIL"
    twice = recording(lambda t: LIMIT * 2 if 15 <= t < 17 or 20 <= t < 22 else 0.0)
    assert word(FOR_3_S, twice) == "ok", "two short excesses are not one long one"


def test_an_excess_that_goes_on_to_the_end_counts_to_the_end():
    judged = judge(FOR_3_S, recording(lambda t: LIMIT * 2 if t >= 37 else 0.0), "ms")
    assert (judged.word, judged.lasted_s) == ("FAIL", 3.0)


def test_at_least_is_the_same_upside_down():
    assert word(AT_LEAST, recording(lambda _: LIMIT)) == "ok"
    assert word(AT_LEAST, recording(lambda t: 0.0 if 20 <= t < 23 else LIMIT)) == "FAIL"
    assert judge(AT_LEAST, recording(lambda t: 0.0 if t == 20 else 200.0), "ms").observed == 0


@pytest.mark.parametrize("threshold", [AT_MOST, AT_LEAST, SLOPE, Threshold("m", Kind.GROWTH, 50.0)])
def test_no_sample_after_warm_up_is_no_data_for_every_kind(threshold):
    empty = Recording(40, 10, now_s=40)
    early = recording(lambda _: 1.0, to_s=9)
    assert word(threshold, empty) == word(threshold, early) == "NO DATA"
    assert judge(threshold, empty, "ms").samples == 0


@pytest.mark.parametrize("threshold", [FOR_3_S, SLOPE, Threshold("m", Kind.GROWTH, 50.0)])
def test_samples_that_stop_or_begin_too_late_are_no_pass(threshold):
    assert word(threshold, recording(lambda _: 1.0, to_s=25)) == "NO DATA"
    assert word(threshold, recording(lambda _: 1.0, from_s=25)) == "NO DATA"


def test_a_hole_does_not_excuse_an_excess():
    assert word(AT_MOST, recording(lambda _: LIMIT * 2, to_s=25)) == "FAIL"


def test_a_slope_is_judged_by_its_whole_interval():
    def growing(per_h, noise):
        return recording(lambda t: 50 + per_h / 3600 * t + (noise if int(t * 2) % 2 else -noise))

    assert word(SLOPE, growing(30, 0.001)) == "ok"
    assert word(SLOPE, growing(90, 0.001)) == "FAIL"
    assert word(SLOPE, growing(62, 0.1)) == "UNSURE"


def test_growth_below_what_the_run_can_tell_is_none_however_steep_an_hour_of_it_would_be():
    made = recording(lambda t: 50 + 100 / 3600 * t)
    assert word(Threshold("m", Kind.SLOPE, 60.0), made) == "FAIL"
    judged = judge(Threshold("m", Kind.SLOPE, 60.0, least_growth=2.0), made, "MB")
    assert judged.word == "ok"
    assert "below what a run of this length can tell" in judged.detail


def test_what_an_idle_service_says_of_itself_is_no_data_and_what_is_seen_of_it_is():
    """The few decisions of a boot must not stand for a latency under load, be they quick or slow."""
    for value in (0.0, LIMIT * 2):
        made = recording(lambda _, value=value: value)
        made.idle = True
        assert word(AT_MOST, made) == "NO DATA"
    seen = recording(lambda _: LIMIT * 2, metric="rss_mb")
    seen.idle = True
    assert word(Threshold("rss_mb", Kind.AT_MOST, LIMIT), seen) == "FAIL"


def test_too_few_samples_for_a_slope_are_no_data():
    assert word(SLOPE, recording(lambda _: 1.0, every_s=7)) == "NO DATA"


def test_a_value_that_is_no_number_is_no_data():
    assert word(AT_MOST, recording(lambda _: float("nan"))) == "NO DATA"


def test_a_claim_says_limit_unit_and_how_long():
    assert claim(FOR_3_S, "us") == "≤ 100 us (for 3 s)"
    assert claim(AT_LEAST, "1/s") == "≥ 100 1/s (for 2 s)"
    assert claim(SLOPE, "MB") == "slope ≤ 60 MB/h"
    assert claim(Threshold("fds", Kind.GROWTH, 3), "count") == "growth ≤ 3"


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (-61234, "-61,234")]
)
def test_numbers_are_told_with_three_digits_or_so(value, text):
    assert number(value) == text
    assert signed(abs(value)).startswith("+")
