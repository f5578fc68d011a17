"""What follows from an event: lockouts that hold, demands that converge, and never a double close."""

import pytest
from tests.unit.account import DAY, ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.commands import CancelOrder, ClosePosition, ReducePosition
from risk_manager.domain.decide import decide, may_be_skipped, wake_ns
from risk_manager.domain.events import (
    AccountReport,
    IntentProgress,
    MarketTrade,
    OperatorCommand,
    OrderReport,
    PositionReport,
    Quote,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.policy import BoundRule
from risk_manager.domain.verdicts import OK, Cap, Flatten, LockOut, breach
from risk_manager.rules.daily_realized_loss import Params as Loss
from risk_manager.rules.max_contracts_per_instrument import Params as Most

T = MORNING_NS


def es(net: int, t_ns: int = T) -> PositionReport:
    return PositionReport(t_ns, ES_CONTRACT, "ES", net, 0)


def locked_out() -> Account:
    it = Account(daily_realized_loss=Loss(limit_mils=-900_000))
    it.take(TradeReport(T, trade(1, -900_000)))
    return it


def commands(decision) -> list:
    return [intent.command for intent in decision.intents]


def saying(key: str, *actions) -> BoundRule:
    """A rule that breaches on every position."""
    return BoundRule(key, frozenset({PositionReport}), lambda _state, _event: breach("why", "1 > 0", *actions))


def test_a_position_opened_during_a_hard_lockout_is_closed():
    assert commands(locked_out().take(es(2))) == [ClosePosition(ES_CONTRACT, 2)]


def test_an_order_placed_during_a_hard_lockout_is_cancelled():
    assert commands(locked_out().take(OrderReport(T, working(9)))) == [CancelOrder(9, ES_CONTRACT)]


def test_a_market_order_that_closes_is_never_cancelled_because_it_may_be_our_own():
    it = locked_out()
    it.take(es(2))
    assert commands(it.take(OrderReport(T, working(5, side=-1, size=2, type="market", limit_ticks=None)))) == []
    ours = working(6, side=-1, size=2, type="market", limit_ticks=None, tag="rm-0123")
    it.take(es(0, T + 1))
    assert commands(it.take(OrderReport(T, ours))) == []
    opening = working(7, side=1, type="market", limit_ticks=None)
    assert commands(it.take(OrderReport(T, opening))) == [CancelOrder(7, ES_CONTRACT)]


def test_one_close_at_a_time_and_the_next_one_for_what_is_left():
    it = locked_out()
    first = it.take(es(2))
    assert commands(it.take(es(5, T + 1))) == []
    assert commands(it.take(IntentProgress(T, first.intents[0].client_order_id, "confirmed"))) == [
        ClosePosition(ES_CONTRACT, 5)
    ]


def test_a_position_that_flips_while_it_is_closed_is_closed_from_the_other_side():
    it = locked_out()
    first = it.take(es(2))
    it.take(es(-1, T + 1))
    assert commands(it.take(IntentProgress(T, first.intents[0].client_order_id, "confirmed"))) == [
        ClosePosition(ES_CONTRACT, -1)
    ]


def test_a_short_lockout_neither_replaces_nor_ends_a_long_one():
    short = BoundRule(
        "short",
        frozenset({TradeReport}),
        lambda _state, event: breach("why", "", LockOut("cooldown", "timer", event.t_ns + SECOND_NS)),
    )
    it = Account(daily_realized_loss=Loss(limit_mils=-900_000), extra_rules=[short])
    it.take(TradeReport(T, trade(1, -900_000)))
    assert set(it.state.lockouts) == {"daily_realized_loss", "short"}
    it.at(2)
    assert set(it.state.lockouts) == {"daily_realized_loss"}
    assert commands(it.take(es(1))) == [ClosePosition(ES_CONTRACT, 1)]


def test_a_repeated_breach_prolongs_its_lockout_and_never_shortens_it():
    until = [T + 10 * SECOND_NS, T + 5 * SECOND_NS, T + 20 * SECOND_NS]
    timer = BoundRule(
        "timer",
        frozenset({TradeReport}),
        lambda _state, event: breach("why", "", LockOut("cooldown", "timer", until[event.trade.trade_id])),
    )
    it = Account(extra_rules=[timer])
    seen = []
    for number in range(3):
        it.take(TradeReport(T, trade(number)))
        seen.append(it.state.lockouts["timer"].until_ns)
    assert seen == [until[0], until[0], until[2]]


def test_several_breaches_of_one_event_give_one_close_of_the_smallest_size_wanted():
    it = Account(
        max_contracts_per_instrument=Most(default_limit=3),
        extra_rules=[saying("cap", Cap(ES_CONTRACT, 1)), saying("flat", Flatten())],
    )
    assert commands(it.take(es(5))) == [ClosePosition(ES_CONTRACT, 5)]
    capped = Account(
        max_contracts_per_instrument=Most(default_limit=3), extra_rules=[saying("cap", Cap(ES_CONTRACT, 1))]
    )
    assert commands(capped.take(es(-5))) == [ReducePosition(ES_CONTRACT, 4, -5)]


def test_during_a_cooldown_what_is_open_may_stay_and_shrink_but_not_grow_back():
    it = Account(extra_rules=[saying("cool", LockOut("cooldown", "timer", T + 3600 * SECOND_NS))])
    assert commands(it.take(es(3))) == []
    assert commands(it.take(es(2, T + 1))) == []
    grown = it.take(es(3, T + 2))
    assert commands(grown) == [ReducePosition(ES_CONTRACT, 1, 3)]
    it.finish(grown)
    assert commands(it.take(PositionReport(T + 3, MNQ_CONTRACT, "MNQ", 1, 0))) == [ClosePosition(MNQ_CONTRACT, 1)]


def test_during_a_cooldown_only_orders_that_reduce_may_work():
    it = Account(extra_rules=[saying("cool", LockOut("cooldown", "timer", T + 3600 * SECOND_NS))])
    it.take(es(2))
    assert commands(it.take(OrderReport(T, working(1, side=-1, size=2)))) == []
    assert commands(it.take(OrderReport(T, working(2, side=-1, size=3)))) == [CancelOrder(2, ES_CONTRACT)]
    assert commands(it.take(OrderReport(T, working(3, side=1)))) == [CancelOrder(3, ES_CONTRACT)]


def test_a_rule_that_raises_blocks_new_exposure_and_is_told_once():
    def broken(_state, _event):
        return 1 // 0

    it = Account(extra_rules=[BoundRule("broken", frozenset({PositionReport}), broken)])
    told = it.take(es(1)).alerts
    assert "ZeroDivisionError" in told[0].text
    assert it.state.lockouts["unknown:broken"].kind == "cooldown"
    assert it.take(es(1, T + 1)).alerts == ()
    it.take(OperatorCommand(T, "unfreeze", "unknown:broken", "looked at it"))
    assert not it.state.lockouts


def test_where_errors_only_alert_nothing_is_blocked():
    def broken(_state, _event):
        raise ValueError

    it = Account(on_rule_error="alert", extra_rules=[BoundRule("broken", frozenset({PositionReport}), broken)])
    assert len(it.take(es(1)).alerts) == 1
    assert it.take(es(2, T + 1)).alerts == ()
    assert not it.state.lockouts


def test_an_operator_cannot_lift_a_hard_lockout():
    it = locked_out()
    it.take(OperatorCommand(T, "unfreeze", "daily_realized_loss", "please"))
    assert "daily_realized_loss" in it.state.lockouts


def test_an_operator_flattens_everything_once():
    it = Account()
    it.take(es(2))
    it.take(OrderReport(T, working(4)))
    decision = it.take(OperatorCommand(T, "flatten"))
    assert commands(decision) == [CancelOrder(4, ES_CONTRACT), ClosePosition(ES_CONTRACT, 2)]
    it.take(es(0, T + 1))
    it.finish(decision)
    assert commands(it.take(es(1, T + 2))) == []


def test_a_trade_counts_once_however_often_it_is_reported():
    it = Account(daily_realized_loss=Loss(limit_mils=-900_000))
    for _ in range(3):
        it.take(TradeReport(T, trade(1, -40_000)))
    assert it.state.today.pnl_mils == -40_000


def test_the_same_trade_id_with_another_content_is_not_believed():
    it = Account(daily_realized_loss=Loss(limit_mils=-900_000))
    it.take(TradeReport(T, trade(1, -40_000)))
    decision = it.take(TradeReport(T, trade(1, -900_000)))
    assert decision.contradiction
    assert decision.alerts[0].id == "INPUT-001"
    assert it.state.today.pnl_mils == -40_000


def test_a_trade_of_the_new_day_that_comes_before_its_clock_is_counted_in_the_new_day():
    it = Account(daily_realized_loss=Loss(limit_mils=-900_000))
    it.take(TradeReport(DAY.end_ns, trade(1, -40_000, t_ns=DAY.end_ns)))
    assert it.state.today.pnl_mils == 0
    it.take(TimeAdvanced(DAY.end_ns + 1))
    assert it.state.today.pnl_mils == -40_000


def test_an_older_position_report_cannot_bring_a_closed_position_back():
    it = Account()
    it.take(es(2, T))
    it.take(es(0, T + 10))
    it.take(es(2, T + 5))
    assert it.state.positions == {}


def test_an_older_version_of_an_order_is_ignored_and_a_changed_same_version_is_not_believed():
    it = Account()
    it.take(OrderReport(T, working(1, version=3, filled=1, size=5)))
    it.take(OrderReport(T, working(1, version=2, size=5)))
    assert it.state.orders["1"].filled == 1
    assert it.take(OrderReport(T, working(1, version=3, filled=2, size=5))).contradiction


def test_time_that_goes_back_is_not_believed():
    it = Account()
    assert it.take(TimeAdvanced(T - 1)).contradiction
    assert it.state.now_ns == T


def test_an_intent_never_moves_backwards():
    it = locked_out()
    name = it.take(es(1)).intents[0].client_order_id
    it.take(IntentProgress(T, name, "sent"))
    it.take(IntentProgress(T, name, "acknowledged"))
    assert it.take(IntentProgress(T, name, "sent")).contradiction
    assert it.state.intents[name].status == "acknowledged"


def test_the_same_intent_has_the_same_id_and_another_attempt_another():
    first, second = locked_out().take(es(1)).intents[0], locked_out().take(es(1)).intents[0]
    assert first.client_order_id == second.client_order_id
    it = locked_out()
    failed = it.take(es(1)).intents[0]
    it.take(IntentProgress(T, failed.client_order_id, "failed"))
    assert it.at(1).intents[0].client_order_id != failed.client_order_id


def test_an_enforcement_that_keeps_failing_alarms_and_never_gives_up():
    it = locked_out()
    decision, alarms, seconds = it.take(es(1)), [], 0
    for _ in range(12):
        assert decision.intents
        alarms += it.take(IntentProgress(it.state.now_ns, decision.intents[0].client_order_id, "failed")).alerts
        seconds += 6
        decision = it.at(seconds)
    assert [alarm.text.split()[2] for alarm in alarms] == ["3", "10"]


def test_deciding_leaves_the_state_as_it_was_found():
    it = locked_out()
    before = sorted((table, key) for table, key, _ in it.state.rows())
    decision = decide(it.state, es(3), it.policy)
    assert decision.changes
    assert sorted((table, key) for table, key, _ in it.state.rows()) == before


def test_prices_of_contracts_we_do_not_hold_are_skipped_and_of_those_we_hold_are_not():
    it = Account(daily_realized_loss=Loss(limit_mils=-900_000))
    price, quote = MarketTrade(T, ES_CONTRACT, 26_500, 1), Quote(T, ES_CONTRACT, 1, 2, None)
    assert may_be_skipped(it.state, price, 0)
    assert may_be_skipped(it.state, quote, 0)
    it.take(es(1))
    assert not may_be_skipped(it.state, price, 0)


def test_time_may_be_skipped_until_the_next_timer_and_never_when_it_goes_back():
    it = locked_out()
    wakes = wake_ns(it.state, it.policy)
    assert wakes == DAY.end_ns
    assert may_be_skipped(it.state, TimeAdvanced(wakes - 1), wakes)
    assert not may_be_skipped(it.state, TimeAdvanced(wakes), wakes)
    assert not may_be_skipped(it.state, TimeAdvanced(T - 1), wakes)


def test_a_failed_enforcement_wakes_the_engine_for_its_next_attempt():
    it = locked_out()
    name = it.take(es(1)).intents[0].client_order_id
    it.take(IntentProgress(T, name, "failed"))
    assert T < wake_ns(it.state, it.policy) <= T + SECOND_NS


def test_the_account_is_taken_as_the_venue_last_said():
    it = Account()
    it.take(AccountReport(T + 5, can_trade=False, balance_mils=50_000_000))
    it.take(AccountReport(T, can_trade=True, balance_mils=1))
    assert it.state.account["account"].can_trade is False


def test_what_is_only_heard_again_is_no_news():
    it = Account()
    it.take(es(2))
    it.take(AccountReport(T, can_trade=True, balance_mils=1))
    assert not it.take(es(2, T + 5)).changes
    assert not it.take(AccountReport(T + 5, can_trade=True, balance_mils=1)).changes


@pytest.mark.parametrize(
    ("quote", "mark"),
    [
        (Quote(T, ES_CONTRACT, 10, 12, 11), 11),
        (Quote(T, ES_CONTRACT, 10, 13, None), 11),
        (Quote(T, ES_CONTRACT, 10, None, None), None),
    ],
)
def test_a_missing_field_of_a_quote_is_never_zero(quote: Quote, mark: int | None):
    it = Account()
    it.take(quote)
    assert it.state.marks.get(ES_CONTRACT) == mark


def test_a_rule_that_answers_ok_leaves_nothing_to_journal():
    quiet = BoundRule("quiet", frozenset({MarketTrade}), lambda _state, _event: OK)
    it = Account(extra_rules=[quiet])
    decision = it.take(MarketTrade(T, ES_CONTRACT, 1, 1))
    assert not decision.is_durable
    assert [answer.rule for answer in decision.verdicts] == ["quiet"]
