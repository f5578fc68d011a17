"""Rule 012: which stop and which target a position must have, and that the stop only ever moves in its favour."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.account import ES_CONTRACT, MORNING_NS, SECOND_NS, Account

from risk_manager.domain.events import MarketTrade, PositionReport, Quote
from risk_manager.rules.trade_management import Breakeven, Params, Trailing

TICK_MILS = 12_500
EVERYTHING = Params(
    stop_loss_ticks=20,
    take_profit_ticks=40,
    breakeven=Breakeven(trigger_ticks=10, offset_ticks=1),
    trailing=Trailing(activation_ticks=20, distance_ticks=8),
)


def account(params: Params = EVERYTHING) -> Account:
    return Account(trade_management=params)


def holding(it: Account, net: int, *entries: int, second: int = 0):
    """So many contracts, bought or sold at these ticks."""
    sign = 1 if net > 0 else -1
    cost_mils = sign * sum(entries) * TICK_MILS
    return it.take(PositionReport(MORNING_NS + second * SECOND_NS, ES_CONTRACT, "ES", net, cost_mils))


def price(it: Account, ticks: int):
    return it.take(MarketTrade(MORNING_NS, ES_CONTRACT, ticks, 1))


def wanted(it: Account) -> tuple[int | None, int | None] | None:
    row = it.state.protections.get(ES_CONTRACT)
    return None if row is None else (row.stop_ticks, row.target_ticks)


@pytest.mark.parametrize(("net", "prices"), [(1, (980, 1040)), (-1, (1020, 960))])
def test_a_new_position_has_its_stop_and_target_at_their_distance(net, prices):
    it = account()
    holding(it, net, 1000)
    assert wanted(it) == prices


@pytest.mark.parametrize(
    ("net", "prices"),
    [
        # 1000 and 1001 average at 1000.5: up to 1001 for a long position, down to 1000 for a short one.
        (2, (981, 1041)),
        (-2, (1020, 960)),
    ],
)
def test_an_average_between_two_ticks_gives_a_nearer_stop_and_a_farther_target(net, prices):
    it = account()
    holding(it, net, 1000, 1001)
    assert wanted(it) == prices


@pytest.mark.parametrize("net", [1, -1])
def test_the_stop_is_moved_to_the_entry_and_beyond_it_by_the_offset(net):
    it = account()
    holding(it, net, 1000)
    price(it, 1000 + net * 9)
    assert wanted(it)[0] == 1000 - net * 20
    price(it, 1000 + net * 10)
    assert wanted(it)[0] == 1000 + net
    price(it, 1000 + net * 2)
    assert wanted(it)[0] == 1000 + net, "it does not come back"


@pytest.mark.parametrize("net", [1, -1])
def test_the_stop_follows_the_best_price_and_never_retreats(net):
    it = account()
    holding(it, net, 1000)
    stops = []
    for best in (19, 20, 25, 21, 26, 3):
        price(it, 1000 + net * best)
        stops.append(net * (wanted(it)[0] - 1000))
    assert stops == [1, 12, 17, 17, 18, 18]


def test_the_stop_stays_a_tick_behind_the_target_where_the_price_went_through_it():
    """A target that fills in parts stays in the book; a stop beyond it would fill together with what is left of it."""
    it = account()
    holding(it, 1, 1000)
    price(it, 1060)
    assert wanted(it) == (1039, 1040)


def test_quotes_move_it_as_trades_do():
    it = account()
    holding(it, 1, 1000)
    it.take(Quote(MORNING_NS, ES_CONTRACT, 1019, 1021, None))  # the middle is 1020
    assert wanted(it)[0] == 1012


def test_a_price_that_moves_nothing_leaves_nothing_to_journal():
    it = account()
    holding(it, 1, 1000)
    assert not price(it, 1005).is_durable
    price(it, 1030)
    assert not price(it, 1029).is_durable


def test_adding_at_a_worse_price_does_not_move_the_stop_away_and_moves_the_target_with_the_entry():
    it = account()
    holding(it, 1, 1000)
    holding(it, 2, 1000, 990, second=1)  # entry 995
    assert wanted(it) == (980, 1035)


def test_adding_at_a_better_price_moves_the_stop_up():
    it = account()
    holding(it, 1, 1000)
    holding(it, 2, 1000, 1010, second=1)  # entry 1005
    assert wanted(it) == (985, 1045)


def test_a_position_that_was_turned_round_starts_anew():
    it = account()
    holding(it, 1, 1000)
    price(it, 1030)
    holding(it, -1, 1030, second=1)
    assert wanted(it) == (1050, 990)


def test_a_position_that_was_closed_and_opened_again_starts_anew():
    it = account()
    holding(it, 1, 1000)
    price(it, 1030)
    holding(it, 0, second=1)
    assert wanted(it) is None
    holding(it, 1, 1000, second=2)
    assert wanted(it) == (980, 1040)


def test_an_old_price_does_not_move_the_stop_of_a_new_position():
    """The market stood at 1100 when it was last heard; the position is opened at 1000 after a gap."""
    it = account()
    price(it, 1100)
    holding(it, 1, 1000)
    assert wanted(it) == (980, 1040)


@pytest.mark.parametrize(
    ("params", "prices"),
    [
        (Params(stop_loss_ticks=5), (995, None)),
        (Params(take_profit_ticks=5), (None, 1005)),
        (Params(trailing=Trailing(activation_ticks=30, distance_ticks=5)), (1025, None)),
        (Params(breakeven=Breakeven(trigger_ticks=30)), (1000, None)),
    ],
)
def test_each_part_is_optional(params, prices):
    it = account(params)
    holding(it, 1, 1000)
    price(it, 1030)
    assert wanted(it) == prices


def test_a_position_whose_economics_are_unknown_has_no_answer():
    it = account()
    it.take(PositionReport(MORNING_NS, "CON.F.US.XYZ.Z25", "XYZ", 1, None))
    assert "unknown:trade_management" in it.state.lockouts


def test_parameters_that_do_nothing_or_contradict_are_refused():
    with pytest.raises(ValueError, match="nothing would be done"):
        Params()
    with pytest.raises(ValueError, match="at the market"):
        Breakeven(trigger_ticks=4, offset_ticks=4)


lots = st.lists(st.integers(1_000, 30_000), min_size=1, max_size=9)


@given(lots, st.sampled_from([1, -1]), st.integers(1, 200), st.integers(1, 200))
def test_the_stop_never_risks_more_and_the_target_never_pays_less_than_asked(entries, side, stop, target):
    """Against the exact average, in fractions."""
    it = account(Params(stop_loss_ticks=stop, take_profit_ticks=target))
    holding(it, side * len(entries), *entries)
    average = Fraction(sum(entries), len(entries))
    stop_ticks, target_ticks = wanted(it)
    assert stop - 1 < side * (average - stop_ticks) <= stop
    assert target <= side * (target_ticks - average) < target + 1


@given(st.integers(1_000, 30_000), st.sampled_from([1, -1]), st.lists(st.integers(-60, 60), max_size=40))
def test_for_every_path_of_prices_the_stop_moves_only_in_favour_and_stays_behind_the_best(entry, side, path):
    it = account()
    holding(it, side, entry)
    best, before = 0, side * wanted(it)[0]
    for step in path:
        price(it, entry + side * step)
        best = max(best, step)
        now = side * wanted(it)[0]
        assert now >= before
        asked = min(39, max([-20] + [1] * (best >= 10) + [best - 8] * (best >= 20)))
        assert now - side * entry == asked
        before = now
