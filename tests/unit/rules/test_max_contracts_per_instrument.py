"""Rule 002: at most so many contracts in each instrument."""

import pytest
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, Account

from risk_manager.domain.commands import ClosePosition, ReducePosition
from risk_manager.domain.events import IntentProgress, PositionReport
from risk_manager.rules.max_contracts_per_instrument import Params


def account(**params) -> Account:
    return Account(max_contracts_per_instrument=Params(**{"default_limit": 5, "limits": {"ES": 3}, **params}))


def holding(it: Account, net: int, contract: str = ES_CONTRACT, symbol: str = "ES"):
    return it.take(PositionReport(MORNING_NS, contract, symbol, net, 0))


@pytest.mark.parametrize("net", [3, -3])
def test_at_the_limit_is_allowed(net: int):
    assert holding(account(), net).intents == ()


@pytest.mark.parametrize("net", [5, -5])
def test_over_the_limit_is_reduced_to_the_limit_in_either_direction(net: int):
    decision = holding(account(), net)
    assert [intent.command for intent in decision.intents] == [ReducePosition(ES_CONTRACT, 2, net)]


def test_on_breach_close_closes_the_whole_position():
    decision = holding(account(on_breach="close"), 4)
    assert [intent.command for intent in decision.intents] == [ClosePosition(ES_CONTRACT, 4)]


def test_a_symbol_without_a_limit_of_its_own_has_the_default():
    it = account()
    assert holding(it, 5, MNQ_CONTRACT, "MNQ").intents == ()
    assert holding(it, 6, MNQ_CONTRACT, "MNQ").intents[0].command == ReducePosition(MNQ_CONTRACT, 1, 6)


@pytest.mark.parametrize(("unknown_symbol", "commands"), [("block", 1), ("default", 0)])
def test_an_unknown_symbol_is_blocked_or_has_the_default(unknown_symbol: str, commands: int):
    it = account(unknown_symbol=unknown_symbol)
    decision = it.take(PositionReport(MORNING_NS, "CON.F.US.XYZ.Z25", "XYZ", 1, None))
    assert len(decision.intents) == commands


def test_it_stops_asking_once_the_position_is_small_enough():
    it = account()
    decision = holding(it, 5)
    it.take(PositionReport(MORNING_NS + 1, ES_CONTRACT, "ES", 3, 0))
    it.finish(decision)
    assert not it.state.demands
    assert not it.state.intents
    assert it.at(60).intents == ()


def test_a_failed_reduction_is_tried_again_after_a_pause_under_a_new_id():
    it = account()
    first = holding(it, 5).intents[0]
    assert it.take(IntentProgress(MORNING_NS, first.client_order_id, "failed")).intents == ()
    again = it.at(1).intents
    assert [intent.command for intent in again] == [ReducePosition(ES_CONTRACT, 2, 5)]
    assert again[0].client_order_id != first.client_order_id
    assert again[0].attempt == 2
