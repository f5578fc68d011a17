"""What counts as the same decision of two services, and what as a difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.shadow.matching import Matching, Who
from service_contract.decided import SCHEMA, Decided, Unreadable, read_line

S = 1_000_000_000
LIVE, CANDIDATE = Who.LIVE, Who.CANDIDATE
SETTLE_S = 5


def line(t_s, key="close position:ES for loss", phase="point", **more):
    t_ns = round(t_s * S)
    return Decided(
        schema=SCHEMA, seq=1, wall_ns=t_ns, mono_ns=t_ns, t_ns=t_ns, event="MarketTrade ES", key=key, phase=phase,
        rule=key.rpartition(" ")[2], words=f"{key}: -900 <= limit -900", **more,
    )  # fmt: skip


def wanted(t_s, key="close position:ES for loss", *, until_s=None, again=False, number="1"):
    """An order that is wanted, and what ends it where something does."""
    target = key.split(" ")[1]
    begin = line(t_s, key, "begin", target=target, id=number, again=again)
    return [begin] if until_s is None else [begin, line(until_s, key, "end", target=target, id=number)]


@pytest.fixture
def matching():
    return Matching(SETTLE_S * S)


def feed(matching, live=(), candidate=()):
    for who, lines in ((LIVE, live), (CANDIDATE, candidate)):
        for each in lines:
            matching.take(who, each)


def judged(matching, at_s=1000):
    return [(each.who, each.line.key) for each in matching.judge(at_s * S)]


def test_the_same_within_the_time_to_settle_is_no_difference(matching):
    feed(matching, [line(10), *wanted(20, until_s=21)], [line(12), *wanted(17, until_s=30)])
    assert judged(matching) == []
    assert (matching.compared, matching.pending()) == (4, 0)


@pytest.mark.parametrize("who", [LIVE, CANDIDATE])
def test_what_one_side_alone_decided_is_a_difference_of_that_side_told_once(matching, who):
    matching.take(who, line(10))
    assert judged(matching) == [(who, "close position:ES for loss")]
    assert judged(matching) == []


def test_nothing_is_judged_before_the_other_side_had_its_time(matching):
    feed(matching, [line(10)])
    assert judged(matching, 14) == []
    assert matching.pending() == 1
    assert matching.pending_before(10 * S) == 0
    assert matching.pending_before(11 * S) == 1
    assert judged(matching, 15) == [(LIVE, "close position:ES for loss")]


def test_the_same_much_later_is_a_difference_of_both(matching):
    feed(matching, [line(10)], [line(20)])
    assert judged(matching) == [(LIVE, "close position:ES for loss"), (CANDIDATE, "close position:ES for loss")]


def test_an_order_still_wanted_covers_what_the_other_side_wants_in_the_meantime(matching):
    """A candidate waits until the account looks so; the live one asks for it, again and again where it must."""
    feed(matching, [*wanted(10, until_s=11), *wanted(40, until_s=41, number="2")], wanted(10, until_s=60))
    assert judged(matching) == []


def test_a_want_that_ended_long_ago_covers_nothing(matching):
    feed(matching, [*wanted(10, until_s=11), *wanted(40, until_s=41, number="2")], wanted(10, until_s=12))
    assert judged(matching) == [(LIVE, "close position:ES for loss")]


def test_repeated_intents_of_a_dry_run_are_no_differences(matching):
    repeats = [each for n in range(5) for each in wanted(70 + 60 * n, until_s=130 + 60 * n, again=True, number=str(n))]
    feed(matching, wanted(10, until_s=11), [*wanted(10, until_s=70, number="x"), *repeats])
    assert judged(matching) == []


def test_a_repeat_is_what_the_other_side_is_compared_with_too(matching):
    feed(matching, wanted(200, until_s=201), wanted(198, until_s=258, again=True))
    assert judged(matching) == []


def test_where_one_side_was_busy_with_the_target_already_the_other_ones_order_is_no_second_difference(matching):
    feed(
        matching,
        wanted(40, "close position:ES for loss", until_s=41),
        wanted(10, "reduce position:ES for size", until_s=41.1),
    )
    assert judged(matching) == [(CANDIDATE, "reduce position:ES for size")]


def test_something_else_for_the_same_target_at_the_same_moment_is_a_difference_and_is_shown(matching):
    feed(matching, wanted(10, "close position:ES for size"), wanted(10.1, "reduce position:ES for size"))
    first, second = matching.judge(1000 * S)
    assert (first.who, first.line.key) == (LIVE, "close position:ES for size")
    assert first.instead is not None
    assert first.instead.key == "reduce position:ES for size"
    assert "candidate wanted reduce position:ES" in str(first)
    assert "limit -900" in str(second)


def test_what_was_decided_while_the_other_side_was_not_there_is_not_compared(matching):
    matching.blind(CANDIDATE, 100 * S)
    feed(matching, [line(97), line(110), line(131)])
    matching.sees(CANDIDATE, 120 * S)
    assert judged(matching) == [(LIVE, "close position:ES for loss")]
    assert (matching.compared, matching.not_compared) == (1, 2)


def test_a_side_that_sees_for_the_first_time_was_not_blind_before(matching):
    matching.sees(CANDIDATE, 10 * S)
    feed(matching, [line(11)])
    assert judged(matching) == [(LIVE, "close position:ES for loss")]


def test_a_side_that_began_anew_wants_nothing_of_before_any_more(matching):
    feed(matching, candidate=wanted(10))
    feed(matching, live=wanted(10, until_s=11))
    matching.lost(CANDIDATE, 20 * S)
    feed(matching, live=wanted(100, until_s=101, number="2"))
    assert judged(matching) == [(LIVE, "close position:ES for loss")]


def test_what_is_judged_and_over_is_forgotten(matching):
    for second in range(0, 100_000, 50):
        feed(matching, [line(second)], [line(second + 1)])
        assert judged(matching, second + 10) == []
    assert sum(len(side.wants) for side in matching._sides.values()) < 10


DECISIONS = st.lists(st.tuples(st.integers(0, 2000), st.sampled_from("abc")), max_size=40)


@given(DECISIONS, st.lists(st.integers(0, 40), min_size=40, max_size=40))
def test_two_equal_services_never_differ_however_they_lag_within_the_time_to_settle(decisions, lags):
    matching = Matching(SETTLE_S * S)
    lines = sorted(decisions)
    feed(matching, [line(t, key) for t, key in lines])
    late = sorted((t + lag / 10, key) for (t, key), lag in zip(lines, lags, strict=False))
    feed(matching, candidate=[line(t, key) for t, key in late])
    assert judged(matching, 3000) == []


@given(DECISIONS, st.integers(0, 2000))
def test_a_decision_that_only_one_side_makes_is_always_found(decisions, t_s):
    matching = Matching(SETTLE_S * S)
    both = [line(t, key) for t, key in sorted(decisions)]
    feed(matching, both, sorted([*both, line(t_s, "only here")], key=lambda each: each.mono_ns))
    assert judged(matching, 3000) == [(CANDIDATE, "only here")]


def test_a_line_that_is_no_decision_is_refused_with_its_reason():
    with pytest.raises(Unreadable, match="not a line"):
        read_line(b'{"schema": "service.decided/2"}')
    with pytest.raises(Unreadable):
        read_line(b"\xff")
