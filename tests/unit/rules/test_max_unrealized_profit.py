"""Rule 005: an open profit closes its position, or everything."""

import pytest
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, working

from risk_manager.domain.commands import CancelOrder, ClosePosition
from risk_manager.domain.events import MarketTrade, OrderReport, PositionReport, Quote
from risk_manager.rules.max_unrealized_profit import Params

T = MORNING_NS


def account(**params) -> Account:
    return Account(max_unrealized_profit=Params(**{"target_mils": 500_000, **params}))


def hold(it: Account, net: int, contract: str = ES_CONTRACT, symbol: str = "ES"):
    """From 26500 ticks; ES has 12.50 a tick, MNQ 0.50."""
    value_mils = 12_500 if contract == ES_CONTRACT else 500
    return it.take(PositionReport(T, contract, symbol, net, net * 26_500 * value_mils))


def at(it: Account, ticks: int, contract: str = ES_CONTRACT):
    return it.take(MarketTrade(T, contract, ticks, 1))


def commands(decision) -> list:
    return [intent.command for intent in decision.intents]


@pytest.mark.parametrize(("net", "inside", "reached"), [(2, 26_519, 26_520), (-2, 26_481, 26_480)])
def test_long_and_short_are_closed_at_the_target_and_not_one_tick_before(net: int, inside: int, reached: int):
    """2 contracts of 12.50 a tick: 19 ticks are 475.00, 20 are 500.00."""
    it = account()
    hold(it, net)
    assert commands(at(it, inside)) == []
    assert commands(at(it, reached)) == [ClosePosition(ES_CONTRACT, net)]


def test_only_the_position_that_reached_it_is_closed_and_no_order_is_touched():
    it = account()
    hold(it, -2)
    hold(it, 2, MNQ_CONTRACT, "MNQ")
    it.take(OrderReport(T, working(7)))
    at(it, 26_500, MNQ_CONTRACT)
    assert commands(at(it, 26_480)) == [ClosePosition(ES_CONTRACT, -2)]


def test_nothing_is_locked_and_the_trader_may_open_again_at_once():
    it = account()
    hold(it, -2)
    closing = at(it, 26_480)
    it.take(PositionReport(T + SECOND_NS, ES_CONTRACT, "ES", 0, None))
    it.finish(closing)
    assert not it.state.lockouts
    assert not it.state.demands
    again = it.take(PositionReport(T + 2 * SECOND_NS, ES_CONTRACT, "ES", -2, -2 * 26_480 * 12_500))
    assert commands(again) == []


def test_with_scope_account_all_positions_are_added_up_and_everything_is_flattened():
    """ES -1 at 26465: 35 ticks, +437.50; MNQ -2 at 26437: 63 ticks of 0.50 twice, +63.00: together beyond 500."""
    it = account(scope="account")
    hold(it, -1)
    hold(it, -2, MNQ_CONTRACT, "MNQ")
    it.take(OrderReport(T, working(7)))
    assert commands(at(it, 26_465)) == []
    assert commands(at(it, 26_437, MNQ_CONTRACT)) == [
        CancelOrder(7, ES_CONTRACT),
        ClosePosition(ES_CONTRACT, -1),
        ClosePosition(MNQ_CONTRACT, -2),
    ]
    assert "ES 437.50, MNQ 63.00: open 500.50 >= target 500.00" in it.decisions[-1].alerts[0].text


def test_with_scope_account_one_position_alone_may_go_beyond_while_the_other_makes_up_for_it():
    it = account(scope="account")
    hold(it, -1)
    hold(it, 20, MNQ_CONTRACT, "MNQ")
    assert commands(at(it, 26_500, MNQ_CONTRACT)) == []
    at(it, 26_440, MNQ_CONTRACT)  # 60 ticks of 0.50, twenty times: 600 the other way
    assert commands(at(it, 26_440)) == []  # 60 ticks of 12.50: 750


def test_a_position_is_judged_by_the_price_that_was_heard_before_it_was_opened():
    it = account()
    at(it, 26_480)
    assert commands(hold(it, -2)) == [ClosePosition(ES_CONTRACT, -2)]


@pytest.mark.parametrize("scope", ["position", "account"])
def test_nothing_is_claimed_before_the_first_price(scope: str):
    it = account(scope=scope)
    assert commands(hold(it, -2)) == []
    assert commands(it.take(Quote(T, ES_CONTRACT, 26_470, None, None))) == []
    assert not it.state.lockouts


@pytest.mark.parametrize("scope", ["position", "account"])
def test_an_unknown_instrument_has_no_answer_and_blocks_new_exposure(scope: str):
    it = account(scope=scope)
    it.take(PositionReport(T, "CON.F.US.XYZ.Z25", "XYZ", 1, None))
    assert it.state.lockouts["unknown:max_unrealized_profit"].kind == "cooldown"


def test_the_same_breach_on_every_quote_is_told_once_and_closed_once():
    it = account()
    hold(it, -2)
    told = [at(it, 26_480 - step) for step in range(5)]
    assert [len(each.alerts) for each in told] == [1, 0, 0, 0, 0]
    assert [len(each.intents) for each in told] == [1, 0, 0, 0, 0]
