"""Rule 013: the day's realized profit, alone and together with the open profit."""

from tests.unit.account import DAY, ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.commands import CancelOrder, ClosePosition
from risk_manager.domain.events import MarketTrade, OrderReport, PositionReport, TradeReport
from risk_manager.rules.daily_realized_loss import Params as Loss
from risk_manager.rules.daily_realized_profit import Params


def account(**params) -> Account:
    return Account(daily_realized_profit=Params(**{"target_mils": 1_500_000, **params}))


def test_reaching_the_target_exactly_locks_until_the_reset():
    it = account()
    it.take(TradeReport(MORNING_NS, trade(1, 1_500_000)))
    lockout = it.state.lockouts["daily_realized_profit"]
    assert (lockout.kind, lockout.end, lockout.until_ns) == ("hard", "daily_reset", DAY.end_ns)


def test_one_mil_below_the_target_is_allowed():
    it = account()
    it.take(TradeReport(MORNING_NS, trade(1, 1_499_999)))
    assert not it.state.lockouts


def test_what_fees_eat_was_not_earned():
    it = account()
    it.take(TradeReport(MORNING_NS, trade(1, 1_501_000, fees_mils=1_001)))
    assert not it.state.lockouts
    it.take(TradeReport(MORNING_NS, trade(2, 1)))
    assert it.state.lockouts


def test_reaching_the_target_flattens_every_position_and_cancels_every_order():
    it = account(composite=False)
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 2, 0))
    it.take(OrderReport(MORNING_NS, working(7)))
    decision = it.take(TradeReport(MORNING_NS, trade(1, 1_500_000)))
    assert [intent.command for intent in decision.intents] == [
        CancelOrder(7, ES_CONTRACT),
        ClosePosition(ES_CONTRACT, 2),
    ]


def test_composite_takes_the_open_profit_as_soon_as_both_together_reach_the_target():
    """Realized 1400, target 1500: short 1 ES from 26500 is closed at +100, which is 8 ticks of 12.50 lower."""
    it = account()
    it.take(TradeReport(MORNING_NS, trade(1, 1_400_000)))
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", -1, -26_500 * 12_500))
    below = it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 26_493, 1))
    at_target = it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 26_492, 1))
    assert below.intents == ()
    assert [intent.command for intent in at_target.intents] == [ClosePosition(ES_CONTRACT, -1)]
    assert "realized 1400.00 + open 100.00 = 1500.00 >= target 1500.00" in at_target.alerts[0].text


def test_an_open_loss_keeps_an_open_profit_from_reaching_the_target():
    it = account()
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", -2, -2 * 26_500 * 12_500))
    it.take(PositionReport(MORNING_NS, MNQ_CONTRACT, "MNQ", 2, 2 * 100_000 * 500))
    it.take(MarketTrade(MORNING_NS, MNQ_CONTRACT, 99_500, 1))  # long 2, 500 ticks of 0.50 lower: -500
    it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 26_440, 1))  # short 2, 60 ticks of 12.50 lower: +1500
    assert not it.state.demands
    it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 26_420, 1))  # 80 ticks: +2000, together 1500
    assert set(it.state.demands) == {ES_CONTRACT, MNQ_CONTRACT}


def test_without_composite_an_open_profit_runs_on():
    it = account(composite=False)
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", -1, -26_500 * 12_500))
    assert it.take(MarketTrade(MORNING_NS, ES_CONTRACT, 20_000, 1)).intents == ()


def test_a_position_in_an_unknown_instrument_has_no_answer():
    it = account()
    it.take(PositionReport(MORNING_NS, "CON.F.US.XYZ.Z25", "XYZ", 1, None))
    assert "unknown:daily_realized_profit" in it.state.lockouts


def test_a_day_that_reached_its_target_and_then_loses_holds_both_lockouts_each_with_its_own_reason():
    it = Account(daily_realized_loss=Loss(limit_mils=-900_000), daily_realized_profit=Params(target_mils=1_500_000))
    it.take(TradeReport(MORNING_NS, trade(1, 1_500_000)))
    it.take(TradeReport(MORNING_NS, trade(2, -2_400_000)))
    assert {key: each.reason for key, each in it.state.lockouts.items()} == {
        "daily_realized_profit": "daily realized profit target reached",
        "daily_realized_loss": "daily realized loss limit reached",
    }
    it.at((DAY.end_ns - MORNING_NS) // SECOND_NS)
    assert not it.state.lockouts
