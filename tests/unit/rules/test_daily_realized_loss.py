"""Rule 003: the day's realized loss, alone and together with the open loss."""

from tests.unit.account import DAY, ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, NEXT_DAY, SECOND_NS, Account, trade, working

from risk_manager.domain.commands import CancelOrder, ClosePosition
from risk_manager.domain.events import MarketTrade, OrderReport, PositionReport, TradeReport
from risk_manager.rules.daily_realized_loss import Params


def account(**params) -> Account:
    return Account(daily_realized_loss=Params(**{"limit_mils": -900_000, **params}))


def test_reaching_the_limit_exactly_locks_until_the_reset():
    it = account()
    it.take(TradeReport(MORNING_NS, trade(1, -900_000)))
    lockout = it.state.lockouts["daily_realized_loss"]
    assert (lockout.kind, lockout.until_ns) == ("hard", DAY.end_ns)


def test_one_mil_above_the_limit_is_allowed():
    it = account()
    it.take(TradeReport(MORNING_NS, trade(1, -899_999)))
    assert not it.state.lockouts


def test_fees_count_unless_they_are_left_out():
    with_fees, without = account(), account(include_fees=False)
    for it in (with_fees, without):
        it.take(TradeReport(MORNING_NS, trade(1, -899_000, fees_mils=1_000)))
    assert with_fees.state.lockouts
    assert not without.state.lockouts


def test_profits_and_losses_of_the_day_are_added_up():
    it = account()
    for number, pnl_mils in enumerate((-700_000, 300_000, -400_000), 1):
        it.take(TradeReport(MORNING_NS, trade(number, pnl_mils)))
    assert it.state.today.pnl_mils == -800_000
    assert not it.state.lockouts


def test_a_breach_flattens_every_position_and_cancels_every_order():
    it = account()
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 2, 0))
    it.take(PositionReport(MORNING_NS, MNQ_CONTRACT, "MNQ", -1, 0))
    it.take(OrderReport(MORNING_NS, working(7)))
    decision = it.take(TradeReport(MORNING_NS, trade(1, -900_000)))
    assert [intent.command for intent in decision.intents] == [
        CancelOrder(7, ES_CONTRACT),
        ClosePosition(ES_CONTRACT, 2),
        ClosePosition(MNQ_CONTRACT, -1),
    ]


def test_composite_closes_the_open_trade_when_both_together_reach_the_limit():
    """Realized -800, limit -900: long 1 ES from 26500 is closed at -100, which is 8 ticks of 12.50 lower."""
    it = account()
    it.take(TradeReport(MORNING_NS, trade(1, -800_000)))
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 1, 26_500 * 12_500))
    above = it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 26_493, 1))
    at_limit = it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 26_492, 1))
    assert above.intents == ()
    assert [intent.command for intent in at_limit.intents] == [ClosePosition(ES_CONTRACT, 1)]
    assert "realized -800.00 + open -100.00 = -900.00 <= limit -900.00" in at_limit.alerts[0].text


def test_the_breach_names_every_price_it_read():
    it = account()
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 1, 26_500 * 12_500))
    decision = it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 26_400, 1))
    assert decision.verdicts[0].verdict.marks == {ES_CONTRACT: 26_400}


def test_what_a_fill_realized_is_not_counted_as_open_too_by_a_price_that_comes_before_its_position():
    """Long 1 ES from 26500 is sold 40 ticks lower for -500. The limit is -900, not reached; -500 twice would be."""
    it = account()
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 1, 26_500 * 12_500))
    it.take(TradeReport(MORNING_NS, trade(1, -500_000)))
    between = it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 26_460, 1))
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 0, None))
    assert between.intents == ()
    again = it.take(PositionReport(MORNING_NS + SECOND_NS, ES_CONTRACT, "ES", 1, 26_500 * 12_500))
    assert [intent.command for intent in again.intents] == [ClosePosition(ES_CONTRACT, 1)]


def test_the_fill_itself_is_not_judged_together_with_the_position_it_closed():
    """Long 1 ES stands at -500 when it is sold for -500: that is -500 and not -1000."""
    it = account()
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 1, 26_500 * 12_500))
    it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 26_460, 1))
    assert it.take(TradeReport(MORNING_NS, trade(1, -500_000))).intents == ()


def test_an_open_profit_makes_room_for_an_open_loss():
    it = account()
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 1, 26_500 * 12_500))
    it.take(PositionReport(MORNING_NS, MNQ_CONTRACT, "MNQ", -2, -2 * 100_000 * 500))
    it.take(MarketTrade(MORNING_NS, MNQ_CONTRACT, 99_500, 1))  # short 2, 500 ticks of 0.50 lower: +500
    decision = it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 26_400, 1))  # long 1, 100 ticks of 12.50 lower: -1250
    assert decision.intents == ()


def test_without_composite_an_open_loss_is_left_alone():
    it = account(composite=False)
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 1, 26_500 * 12_500))
    assert it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 20_000, 1)).intents == ()


def test_a_position_in_an_unknown_instrument_has_no_answer_and_blocks_new_exposure():
    it = account()
    it.take(PositionReport(MORNING_NS, "CON.F.US.XYZ.Z25", "XYZ", 1, None))
    lockout = it.state.lockouts["unknown:daily_realized_loss"]
    assert (lockout.kind, lockout.end) == ("cooldown", "operator")
    assert it.state.positions["CON.F.US.XYZ.Z25"].net == 1


def test_the_lockout_ends_with_the_trading_day_and_the_new_day_starts_at_zero():
    it = account()
    it.take(TradeReport(MORNING_NS, trade(1, -900_000)))
    it.at((DAY.end_ns - MORNING_NS) // SECOND_NS - 1)
    assert it.state.lockouts
    it.at((DAY.end_ns - MORNING_NS) // SECOND_NS)
    assert not it.state.lockouts
    assert (it.state.today.name, it.state.today.pnl_mils) == (NEXT_DAY.name, 0)


def test_a_voided_trade_is_taken_back_out():
    it = account()
    it.take(TradeReport(MORNING_NS, trade(1, -500_000, fees_mils=2_000)))
    it.take(TradeReport(MORNING_NS, trade(1, -500_000, fees_mils=2_000, voided=True)))
    assert (it.state.today.pnl_mils, it.state.today.fees_mils, it.state.today.trades) == (0, 0, 0)
