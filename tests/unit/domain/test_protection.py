"""Our protective orders: one of a kind, of the position's size, never for a position that is gone."""

import pytest
from tests.unit.account import ES_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.commands import CancelOrder, ClosePosition, ModifyOrder, PlaceOrder, ReducePosition
from risk_manager.domain.events import IntentProgress, OperatorCommand, OrderReport, PositionReport, TradeReport
from risk_manager.rules.daily_realized_loss import Params as Loss
from risk_manager.rules.max_contracts_per_instrument import Params as Most
from risk_manager.rules.trade_management import Params

TICK_MILS = 12_500
STOP, TARGET = 980, 1040


def ns(second: int) -> int:
    return MORNING_NS + second * SECOND_NS


def commands(decision) -> list:
    return [intent.command for intent in decision.intents]


def account(**rules) -> Account:
    return Account(trade_management=Params(stop_loss_ticks=20, take_profit_ticks=40), **rules)


def holding(it: Account, net: int, second: int = 0, entry: int = 1000):
    return it.take(PositionReport(ns(second), ES_CONTRACT, "ES", net, net * entry * TICK_MILS))


def order(order_id: int, kind: str, tag: str | None, *, second: int = 1, version: int = 1, side=-1, size=2, **more):
    prices = {"stop_ticks": STOP, "limit_ticks": None} if kind == "stop" else {"limit_ticks": TARGET}
    settings = {"type": kind, "tag": tag, "t_ns": ns(second), **prices, **more}
    return OrderReport(ns(second), working(order_id, side=side, size=size, version=version, **settings))


def protected(net: int = 2, **rules) -> Account:
    """An account with a position, its stop (order 1) and its target (order 2) in the book."""
    it = account(**rules)
    decision = holding(it, net)
    side = -1 if net > 0 else 1
    for number, intent in enumerate(decision.intents, 1):
        kind = intent.command.type
        prices = {"stop_ticks": intent.command.stop_ticks, "limit_ticks": intent.command.limit_ticks}
        it.take(order(number, kind, intent.client_order_id, side=side, size=abs(net), **prices))
    it.finish(decision)
    return it


def tag_of(it: Account, order_id: int) -> str:
    return it.state.orders[str(order_id)].tag


@pytest.mark.parametrize(("net", "side", "stop", "target"), [(2, -1, 980, 1040), (-2, 1, 1020, 960)])
def test_a_position_gets_a_stop_and_a_target_of_its_size_on_the_closing_side(net, side, stop, target):
    assert commands(holding(account(), net)) == [
        PlaceOrder(ES_CONTRACT, side, 2, "stop", stop_ticks=stop),
        PlaceOrder(ES_CONTRACT, side, 2, "limit", limit_ticks=target),
    ]


def test_nothing_is_placed_twice_while_an_order_is_on_its_way_nor_once_it_is_there():
    it = account()
    first = holding(it, 2)
    assert commands(it.at(1)) == []
    assert commands(holding(it, 2, 2)) == []
    for number, intent in enumerate(first.intents, 1):
        it.take(order(number, intent.command.type, intent.client_order_id))
    it.finish(first)
    assert commands(it.at(60)) == []
    assert not it.state.intents


def test_an_order_that_was_refused_is_tried_again_under_a_new_id_after_a_pause():
    it = account()
    first = holding(it, 2)
    it.finish(first, "failed")
    again = it.at(1)
    assert commands(again) == commands(first)
    assert {each.client_order_id for each in again.intents}.isdisjoint(each.client_order_id for each in first.intents)


def test_after_the_position_grew_both_orders_are_resized():
    it = protected()
    assert commands(holding(it, 3, 5)) == [ModifyOrder(1, ES_CONTRACT, size=3), ModifyOrder(2, ES_CONTRACT, size=3)]


def test_after_the_position_shrank_both_orders_are_resized():
    it = protected()
    assert commands(holding(it, 1, 5)) == [ModifyOrder(1, ES_CONTRACT, size=1), ModifyOrder(2, ES_CONTRACT, size=1)]


@pytest.mark.parametrize("entry", [990, 1010])
def test_the_stop_is_moved_in_favour_only_and_the_target_both_ways(entry):
    it = protected()
    moved = commands(holding(it, 2, 5, entry=entry))
    stops = [each.stop_ticks for each in moved if each.order_id == 1]
    assert stops == ([] if entry < 1000 else [990])
    assert [each.limit_ticks for each in moved if each.order_id == 2] == [entry + 40]


def test_a_target_that_fills_in_part_shrinks_the_stop_and_is_not_touched_itself():
    """The venue tells the order first, then the trade, then the position; between them nothing is done."""
    it = protected()
    filled = order(2, "limit", tag_of(it, 2), second=5, version=2, filled=1, status="partially_filled")
    assert commands(it.take(filled)) == []
    assert commands(it.take(TradeReport(ns(5), trade(1, 500_000, t_ns=ns(5), order_id=2)))) == []
    assert commands(it.at(6)) == []
    assert commands(holding(it, 1, 6)) == [ModifyOrder(1, ES_CONTRACT, size=1)]


def test_a_stop_that_has_filled_is_not_placed_again_for_a_position_that_is_already_gone():
    it = protected()
    filled = order(1, "stop", tag_of(it, 1), second=5, version=2, filled=2, status="filled")
    assert commands(it.take(filled)) == []
    assert commands(it.take(TradeReport(ns(5), trade(1, -500_000, t_ns=ns(5), size=2, order_id=1)))) == []
    assert commands(it.at(6)) == []
    assert commands(holding(it, 0, 6)) == [CancelOrder(2, ES_CONTRACT)]


def test_two_fills_of_one_moment_do_not_make_it_believe_the_position_between_them():
    it = protected()
    half = order(1, "stop", tag_of(it, 1), second=5, version=2, filled=1, status="partially_filled")
    whole = order(1, "stop", tag_of(it, 1), second=5, version=3, filled=2, status="filled")
    it.take(half)
    holding(it, 1, 5)
    assert PlaceOrder not in [type(each) for each in commands(it.take(whole))]
    assert commands(it.take(TradeReport(ns(5), trade(2, -250_000, t_ns=ns(5), order_id=1)))) == []


def test_when_the_position_is_gone_its_orders_are_cancelled_and_nothing_else_is():
    it = protected()
    it.take(order(9, "limit", None, side=1, limit_ticks=900))
    assert commands(holding(it, 0, 5)) == [CancelOrder(1, ES_CONTRACT), CancelOrder(2, ES_CONTRACT)]


def test_an_order_of_ours_that_appears_after_its_position_is_gone_is_cancelled():
    it = account()
    first = holding(it, 2)
    holding(it, 0, 1)
    late = it.take(order(1, "stop", first.intents[0].client_order_id, second=2))
    it.finish(first)
    assert commands(late) == [CancelOrder(1, ES_CONTRACT)]


def test_a_position_that_turns_round_loses_the_old_orders_and_gets_new_ones():
    it = protected()
    assert commands(holding(it, -2, 5)) == [
        CancelOrder(1, ES_CONTRACT),
        CancelOrder(2, ES_CONTRACT),
        PlaceOrder(ES_CONTRACT, 1, 2, "stop", stop_ticks=1020),
        PlaceOrder(ES_CONTRACT, 1, 2, "limit", limit_ticks=960),
    ]


def test_of_two_orders_of_ours_for_one_purpose_one_goes():
    it = protected()
    extra = it.take(order(3, "stop", "rm-0123456789", second=3))
    assert commands(extra) == [CancelOrder(3, ES_CONTRACT)]


def test_where_the_traders_own_stop_covers_the_position_at_least_as_near_none_is_added():
    it = account()
    it.take(order(7, "stop", "mine", second=0, stop_ticks=STOP + 1))
    assert [each.type for each in commands(holding(it, 2))] == ["limit"]
    farther = account()
    farther.take(order(7, "stop", "mine", second=0, stop_ticks=STOP - 1))
    assert [each.type for each in commands(holding(farther, 2))] == ["stop", "limit"]


def test_a_hard_lockout_cancels_them_closes_and_places_none():
    it = protected(daily_realized_loss=Loss(limit_mils=-900_000))
    locked = it.take(TradeReport(ns(5), trade(1, -900_000, t_ns=ns(5), contract="CON.F.US.MNQ.Z25", symbol="MNQ")))
    assert commands(locked) == [
        CancelOrder(1, ES_CONTRACT),
        CancelOrder(2, ES_CONTRACT),
        ClosePosition(ES_CONTRACT, 2),
    ]


def test_in_a_cooldown_what_is_held_stays_protected_and_its_orders_are_resized_not_cancelled():
    it = protected(net=3)
    it.take(OperatorCommand(ns(4), "freeze", reason="lunch"))
    assert commands(holding(it, 2, 5)) == [ModifyOrder(1, ES_CONTRACT, size=2), ModifyOrder(2, ES_CONTRACT, size=2)]


def test_while_a_position_is_being_reduced_its_orders_wait_and_then_follow():
    it = protected(max_contracts_per_instrument=Most(default_limit=2))
    too_many = holding(it, 3, 5)
    assert commands(too_many) == [ReducePosition(ES_CONTRACT, 1, 3)]
    assert commands(it.take(IntentProgress(ns(5), too_many.intents[0].client_order_id, "sent"))) == []
    assert commands(holding(it, 2, 6)) == []


def test_a_flatten_by_the_operator_takes_the_orders_with_it():
    it = protected()
    decision = it.take(OperatorCommand(ns(5), "flatten"))
    assert commands(decision) == [
        CancelOrder(1, ES_CONTRACT),
        CancelOrder(2, ES_CONTRACT),
        ClosePosition(ES_CONTRACT, 2),
    ]


def test_a_stop_that_the_trader_cancels_is_placed_again():
    it = protected()
    gone = it.take(order(1, "stop", tag_of(it, 1), second=5, version=2, status="cancelled"))
    assert commands(gone) == [PlaceOrder(ES_CONTRACT, -1, 2, "stop", stop_ticks=STOP)]
