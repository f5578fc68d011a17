"""What an event says goes into the tables, exactly; found by looking at mutants that nothing had noticed."""

from tests.unit.account import ES_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.commands import CancelOrder, ClosePosition
from risk_manager.domain.events import IntentProgress, OperatorCommand, OrderReport, PositionReport, TradeReport
from risk_manager.rules.daily_realized_loss import Params

T = MORNING_NS
MS_NS = 1_000_000


def es(net: int, t_ns: int = T) -> PositionReport:
    return PositionReport(t_ns, ES_CONTRACT, "ES", net, 0)


def locked_out() -> Account:
    it = Account(daily_realized_loss=Params(limit_mils=-900_000))
    it.take(TradeReport(T, trade(1, -900_000)))
    return it


def test_each_failure_in_a_row_doubles_the_pause_from_a_quarter_second_to_five():
    it = locked_out()
    decision, pauses = it.take(es(1)), []
    for _ in range(7):
        (intent,) = decision.intents
        failed_ns = it.state.now_ns
        it.take(IntentProgress(failed_ns, intent.client_order_id, "failed"))
        (retry_ns,) = {effort.retry_ns for effort in it.state.efforts.values() if effort.retry_ns}
        pauses.append((retry_ns - failed_ns) // MS_NS)
        decision = it.at(-(-(retry_ns - T) // SECOND_NS))
    assert pauses == [250, 500, 1000, 2000, 4000, 5000, 5000]


def test_a_confirmation_ends_the_row_of_failures():
    it = locked_out()
    decision = it.take(es(1))
    it.finish(decision, "failed")
    again = it.at(1)
    it.take(es(0, T + SECOND_NS))
    it.finish(again)
    assert {effort.failures for effort in it.state.efforts.values()} == {0}
    assert {effort.attempts for effort in it.state.efforts.values()} == {2}


def test_progress_keeps_the_words_of_the_venue():
    it = locked_out()
    (intent,) = it.take(es(1)).intents
    it.take(IntentProgress(T, intent.client_order_id, "ambiguous", "no answer within 5 s"))
    assert it.state.intents[intent.client_order_id].detail == "no answer within 5 s"


def test_a_move_backwards_is_refused_with_both_states_named():
    it = locked_out()
    (intent,) = it.take(es(1)).intents
    it.take(IntentProgress(T, intent.client_order_id, "ambiguous"))
    refused = it.take(IntentProgress(T, intent.client_order_id, "sent")).contradiction
    assert f"intent {intent.client_order_id} cannot go from ambiguous to sent" in refused


def test_a_freeze_blocks_new_exposure_with_the_operators_reason_and_keeps_what_is_open():
    it = Account()
    it.take(es(1))
    it.take(OperatorCommand(T, "freeze", reason="news"))
    lockout = it.state.lockouts["operator"]
    assert (lockout.kind, lockout.end, lockout.reason, lockout.held) == (
        "cooldown",
        "operator",
        "news",
        {ES_CONTRACT: 1},
    )
    assert it.take(es(1, T + 1)).intents == ()
    assert [intent.rule for intent in it.take(es(3, T + 2)).intents] == ["operator"]


def test_a_flatten_without_a_reason_says_who_asked():
    it = Account()
    it.take(es(1))
    (intent,) = it.take(OperatorCommand(T, "flatten")).intents
    assert (intent.rule, intent.reason, intent.t_ns) == ("operator", "operator asked to flatten", T)


def test_an_order_that_was_to_go_and_ended_is_not_cancelled_again():
    it = Account()
    it.take(OrderReport(T, working(4)))
    decision = it.take(OperatorCommand(T, "flatten"))
    assert [intent.command for intent in decision.intents] == [CancelOrder(4, ES_CONTRACT)]
    it.take(OrderReport(T, working(4, version=2, status="filled", filled=1)))
    assert it.state.removals == {}
    it.finish(decision)
    assert it.at(60).intents == ()


def test_an_opening_half_turn_counts_as_a_trade_and_realizes_nothing():
    it = Account(daily_realized_loss=Params(limit_mils=-900_000))
    it.take(TradeReport(T, trade(1, None, fees_mils=1_400)))
    it.take(TradeReport(T, trade(2, -12_500, fees_mils=1_400)))
    today = it.state.today
    assert (today.pnl_mils, today.fees_mils, today.trades) == (-12_500, 2_800, 2)


def test_a_trade_that_changed_is_refused_with_both_versions_named():
    it = Account(daily_realized_loss=Params(limit_mils=-900_000))
    it.take(TradeReport(T, trade(7, -10_000)))
    refused = it.take(TradeReport(T, trade(7, -20_000))).contradiction
    assert "trade 7 was" in refused
    assert "pnl_mils=-20000" in refused


def test_a_demand_stands_until_the_venue_says_that_the_position_has_shrunk():
    it = Account()
    it.take(es(2))
    decision = it.take(OperatorCommand(T, "flatten"))
    it.take(es(1, T + 1))
    assert it.state.demands[ES_CONTRACT].max_size == 0
    it.finish(decision, "confirmed")
    assert [intent.command for intent in it.decisions[-1].intents] == [ClosePosition(ES_CONTRACT, 1)]
    it.take(es(0, T + 2))
    assert it.state.demands == {}
