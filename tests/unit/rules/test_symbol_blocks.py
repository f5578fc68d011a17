"""Rule 011: an order in a blocked symbol is cancelled, a position in one is closed."""

import pytest
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.config.values import Refused, symbol_globs
from risk_manager.domain.commands import CancelOrder, ClosePosition
from risk_manager.domain.events import OrderReport, PositionReport, TradeReport
from risk_manager.rules.symbol_blocks import Params

T = MORNING_NS


def account(*symbols: str) -> Account:
    return Account(symbol_blocks=Params(symbols=symbol_globs(list(symbols or ("ES",)))))


def es(it: Account, net: int, t_ns: int = T):
    return it.take(PositionReport(t_ns, ES_CONTRACT, "ES", net, 0))


def commands(decision) -> list:
    return [intent.command for intent in decision.intents]


def test_an_order_in_a_blocked_symbol_is_cancelled():
    assert commands(account().take(OrderReport(T, working(9)))) == [CancelOrder(9, ES_CONTRACT)]


def test_a_position_in_a_blocked_symbol_is_closed():
    assert commands(es(account(), -3)) == [ClosePosition(ES_CONTRACT, -3)]


def test_other_symbols_are_left_alone():
    it = account("ES")
    assert commands(it.take(PositionReport(T, MNQ_CONTRACT, "MNQ", 5, 0))) == []
    assert commands(it.take(OrderReport(T, working(9, contract=MNQ_CONTRACT, symbol="MNQ")))) == []


@pytest.mark.parametrize("pattern", ["es", "Es", "E*", "?S", "*"])
def test_a_pattern_matches_in_any_case(pattern: str):
    assert commands(es(account(pattern), 1)) == [ClosePosition(ES_CONTRACT, 1)]


@pytest.mark.parametrize("pattern", ["E", "S", "MES", "ES?"])
def test_a_pattern_matches_the_whole_root_symbol_or_nothing(pattern: str):
    assert commands(es(account(pattern), 1)) == []


def test_an_instrument_nobody_knows_can_be_blocked_by_the_exchanges_own_code():
    it = account("XYZ")
    decision = it.take(PositionReport(T, "CON.F.US.XYZ.Z25", "XYZ", 1, None))
    assert commands(decision) == [ClosePosition("CON.F.US.XYZ.Z25", 1)]


def test_a_market_order_that_closes_is_not_cancelled_because_it_may_be_our_own():
    it = account()
    es(it, 2)
    closing = working(5, side=-1, size=2, type="market", limit_ticks=None)
    ours = working(6, side=-1, size=2, type="market", limit_ticks=None, tag="rm-0123")
    assert commands(it.take(OrderReport(T, closing))) == []
    assert commands(it.take(OrderReport(T, ours))) == []


def test_an_order_that_is_done_is_not_cancelled():
    decision = account().take(OrderReport(T, working(9, status="filled", filled=1, version=2)))
    assert [answer.verdict.result for answer in decision.verdicts] == ["ok"]


def test_the_fill_of_our_own_close_asks_for_nothing_once_the_account_is_flat():
    it = account()
    closing = es(it, 2)
    es(it, 0, T + SECOND_NS)
    it.finish(closing)
    it.take(TradeReport(T + SECOND_NS, trade(1, 0, size=2, t_ns=T + SECOND_NS)))
    assert not it.state.demands
    assert commands(it.at(5)) == []


def test_a_fill_that_adds_to_a_blocked_position_leads_to_one_close():
    it = account()
    first = es(it, 1)
    it.take(TradeReport(T, trade(1)))
    assert commands(es(it, 2, T + 1)) == []
    it.finish(first)
    assert commands(it.decisions[-1]) == [ClosePosition(ES_CONTRACT, 2)]


def test_nothing_is_locked_so_other_symbols_may_be_traded_at_once():
    it = account()
    es(it, 1)
    assert not it.state.lockouts


@pytest.mark.parametrize("value", [[], "ES", None, [1], ["E S"], ["ES", "es"], ["[E]S"], [""], {"ES": 1}])
def test_a_list_that_would_not_block_what_it_seems_to_is_refused(value: object):
    with pytest.raises(Refused):
        symbol_globs(value)
