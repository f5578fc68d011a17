"""The breaker: opens when enforcement keeps failing or a price leaps, blocks new exposure, and outlives a restart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.breaker import Breaker, watch
from risk_manager.domain.commands import CancelOrder, ClosePosition, ReducePosition
from risk_manager.domain.decide import may_be_skipped, take_mark
from risk_manager.domain.events import (
    IntentProgress,
    MarketTrade,
    OperatorCommand,
    OrderReport,
    PositionReport,
    Quote,
    TradeReport,
)
from risk_manager.domain.state import AccountState, apply_all
from risk_manager.domain.swings import Swings
from risk_manager.rules.daily_realized_loss import Params as Loss
from risk_manager.rules.max_contracts_per_instrument import Params as Most

FAILING = Breaker(failures=3, within_ns=60 * SECOND_NS, lasts_ns=300 * SECOND_NS)
LEAPING = Breaker(volatility_ticks={"ES": 40}, window_ns=10 * SECOND_NS, lasts_ns=300 * SECOND_NS)


def ns(second: int) -> int:
    return MORNING_NS + second * SECOND_NS


def commands(decision) -> list:
    return [intent.command for intent in decision.intents]


def holding(it: Account, net: int, second: int = 0, contract: str = ES_CONTRACT, symbol: str = "ES"):
    return it.take(PositionReport(ns(second), contract, symbol, net, 0))


def failing(seconds, **rules) -> Account:
    """An account whose order to reduce fails at each of these seconds."""
    it = Account(max_contracts_per_instrument=Most(default_limit=2), breaker=FAILING, **rules)
    decision = holding(it, 5)
    for second in seconds:
        if second > 0 and not decision.intents:
            decision = it.at(second)
        it.take(IntentProgress(ns(second), decision.intents[0].client_order_id, "failed"))
        decision = it.at(second + 6)
    return it


def price(it: Account, ticks: int, second: int = 0, contract: str = ES_CONTRACT):
    return it.take(MarketTrade(ns(second), contract, ticks, 1))


def test_it_opens_when_so_many_enforcements_failed_within_the_time():
    it = failing([0, 10])
    assert not it.state.lockouts
    it = failing([0, 10, 20])
    lockout = it.state.lockouts["breaker"]
    assert (lockout.kind, lockout.end, lockout.until_ns) == ("cooldown", "timer", ns(20 + 300))
    assert lockout.arithmetic == "3 failed within 60 s >= failures 3"


def test_failures_that_lie_farther_apart_do_not_open_it():
    assert not failing([0, 30, 60, 90, 120]).state.lockouts


def test_the_same_failure_told_twice_counts_once():
    it = Account(max_contracts_per_instrument=Most(default_limit=2), breaker=FAILING)
    name = holding(it, 5).intents[0].client_order_id
    for _ in range(5):
        it.take(IntentProgress(ns(0), name, "failed"))
    assert not it.state.lockouts


def test_opening_is_told_once_and_a_further_failure_keeps_it_open_longer():
    it = failing([0, 10, 20, 30])
    told = [alert for decision in it.decisions for alert in decision.alerts if alert.id == "BREAKER-001"]
    assert len(told) == 1
    assert it.state.lockouts["breaker"].until_ns == ns(30 + 300)


def test_while_it_is_open_new_exposure_is_closed_or_cancelled_and_what_is_held_is_still_enforced():
    it = failing([0, 10, 20])
    assert any(isinstance(intent.command, ReducePosition) for intent in it.state.intents.values())
    other = holding(it, 1, 30, MNQ_CONTRACT, "MNQ")
    assert commands(other) == [ClosePosition(MNQ_CONTRACT, 1)]
    assert commands(it.take(OrderReport(ns(31), working(4)))) == [CancelOrder(4, ES_CONTRACT)]


def test_it_ends_by_its_timer():
    it = failing([0, 10, 20])
    it.at(319)
    assert "breaker" in it.state.lockouts
    it.at(320)
    assert "breaker" not in it.state.lockouts


def test_an_operator_may_lift_it_and_the_failures_he_knows_of_do_not_open_it_again():
    it = failing([0, 10, 20])
    it.take(OperatorCommand(ns(26), "unfreeze", "breaker", "the venue is back"))
    assert "breaker" not in it.state.lockouts
    name = next(iter(it.state.intents))
    it.take(IntentProgress(ns(27), name, "failed"))
    assert "breaker" not in it.state.lockouts


def test_tripped_killed_and_restarted_it_is_still_open():
    """A restart knows what was journaled: the changes, and nothing else."""
    before = failing([0, 10, 20])
    it = Account(max_contracts_per_instrument=Most(default_limit=2), breaker=FAILING)
    it.state = AccountState()
    for decision in before.decisions:
        apply_all(it.state, decision.changes)
    assert it.state.lockouts["breaker"].until_ns == ns(320)
    assert commands(holding(it, 1, 30, MNQ_CONTRACT, "MNQ")) == [ClosePosition(MNQ_CONTRACT, 1)]


def test_failures_are_counted_across_a_restart():
    before = failing([0, 10])
    it = Account(max_contracts_per_instrument=Most(default_limit=2), breaker=FAILING)
    it.state = AccountState()
    for decision in before.decisions:
        apply_all(it.state, decision.changes)
    it.take(IntentProgress(ns(20), next(iter(it.state.intents)), "failed"))
    assert "breaker" in it.state.lockouts


def test_a_hard_lockout_is_neither_replaced_nor_ended_by_it():
    it = failing([0, 10, 20], daily_realized_loss=Loss(limit_mils=-900_000))
    it.take(TradeReport(ns(30), trade(1, -900_000, t_ns=ns(30))))
    assert set(it.state.lockouts) == {"breaker", "daily_realized_loss"}
    it.take(OperatorCommand(ns(31), "unfreeze", "breaker", "seen"))
    assert set(it.state.lockouts) == {"daily_realized_loss"}


@pytest.mark.parametrize(("last", "opens"), [(1040, False), (1041, True), (959, True)])
def test_a_price_that_moves_more_than_it_may_within_the_window_opens_it_for_its_symbol(last, opens):
    it = Account(breaker=LEAPING)
    price(it, 1000, 0)
    price(it, last, 10)
    assert ("breaker@ES" in it.state.lockouts) is opens


def test_a_slow_move_does_not_open_it():
    it = Account(breaker=LEAPING)
    for second in range(100):
        price(it, 1000 + 3 * second, second)  # 30 ticks in ten seconds, 297 in all
    assert not it.state.lockouts


def test_a_position_is_not_needed_and_the_prices_of_other_contracts_are_still_skipped():
    it = Account(breaker=LEAPING)
    for contract, expected in ((ES_CONTRACT, False), (MNQ_CONTRACT, True)):
        for ticks in (1000, 1100):
            take_mark(it.state, MarketTrade(ns(0), contract, ticks, 1))
        assert may_be_skipped(it.state, MarketTrade(ns(0), contract, 1100, 1), 0) is expected


def test_an_ordinary_price_of_a_watched_contract_is_skipped():
    it = Account(breaker=LEAPING)
    event = MarketTrade(ns(0), ES_CONTRACT, 1000, 1)
    take_mark(it.state, event)
    assert may_be_skipped(it.state, event, 0)


def test_open_for_one_symbol_it_leaves_the_others_alone():
    it = Account(breaker=LEAPING)
    holding(it, 2)
    it.take(OrderReport(ns(0), working(1)))
    price(it, 1000, 0)
    leap = price(it, 1100, 1)
    assert commands(leap) == [CancelOrder(1, ES_CONTRACT)]
    assert commands(holding(it, 3, 2)) == [ReducePosition(ES_CONTRACT, 1, 3)]
    assert commands(holding(it, 1, 2, MNQ_CONTRACT, "MNQ")) == []


def test_a_fast_market_opens_it_once_and_its_many_prices_leave_nothing_more_to_journal():
    it = Account(breaker=LEAPING)
    durable = [price(it, 1000 + 50 * (number % 2), 0).is_durable for number in range(50)]
    assert durable.count(True) == 1


def test_after_its_timer_a_market_that_still_leaps_opens_it_again():
    it = Account(breaker=LEAPING)
    price(it, 1000, 0)
    price(it, 1100, 1)
    it.at(301)
    assert not it.state.lockouts
    price(it, 1000, 301)
    price(it, 1100, 302)
    assert it.state.lockouts["breaker@ES"].until_ns == ns(602)


def test_an_operator_who_lifts_it_begins_the_window_anew():
    it = Account(breaker=LEAPING)
    price(it, 1000, 0)
    price(it, 1100, 1)
    it.take(OperatorCommand(ns(2), "unfreeze", "breaker@ES", "a number came out"))
    price(it, 1101, 3)
    assert not it.state.lockouts


def test_quotes_are_watched_as_trades_are():
    it = Account(breaker=LEAPING)
    it.take(Quote(ns(0), ES_CONTRACT, 1000, 1001, 1000))
    it.take(Quote(ns(1), ES_CONTRACT, 1100, 1101, 1100))
    assert "breaker@ES" in it.state.lockouts


def test_without_a_breaker_nothing_is_watched():
    it = Account()
    price(it, 1000, 0)
    price(it, 9000, 1)
    assert not it.state.lockouts
    watch(it.state, Breaker(), lambda contract: contract)
    assert it.state.swings is None


steps = st.lists(st.tuples(st.integers(0, 4), st.integers(-30, 30)), min_size=1, max_size=60)


@given(steps, st.integers(1, 12), st.integers(1, 60))
def test_the_window_finds_the_same_highest_and_lowest_as_looking_at_every_price(path, window, limit):
    swings = Swings({"X": limit}, window, lambda _contract: "X")
    seen: list[tuple[int, int]] = []
    now = 0
    for wait, ticks in path:
        now += wait
        seen.append((now, ticks))
        swings.take("contract", now, ticks)
        within = [each for at, each in seen if at >= now - window]
        move = swings.beyond.get("contract")
        if max(within) - min(within) > limit:
            assert move == (min(within), max(within))
        else:
            assert move is None
