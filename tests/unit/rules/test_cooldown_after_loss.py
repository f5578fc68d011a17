"""Rule 007: a trade that lost too much flattens, and new exposure waits; the worst tier decides."""

import pytest
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.commands import CancelOrder, ClosePosition
from risk_manager.domain.events import OrderReport, PositionReport, TradeReport
from risk_manager.rules.cooldown_after_loss import Params, Tier

KEY = "cooldown_after_loss"
TIERS = (Tier(loss_mils=-100_000, cooldown_ns=300 * SECOND_NS), Tier(loss_mils=-250_000, cooldown_ns=900 * SECOND_NS))


def account(tiers=TIERS) -> Account:
    return Account(cooldown_after_loss=Params(tiers=tiers))


def lost(it: Account, pnl_mils: int | None, number: int = 1, t_ns: int = MORNING_NS, **more):
    return it.take(TradeReport(t_ns, trade(number, pnl_mils, t_ns=t_ns, **more)))


def cooldown_s(it: Account) -> int | None:
    lockout = it.state.lockouts.get(KEY)
    return None if lockout is None else (lockout.until_ns - MORNING_NS) // SECOND_NS


@pytest.mark.parametrize(
    ("pnl_mils", "seconds"),
    [
        (-99_999, None),
        (-100_000, 300),
        (-249_999, 300),
        (-250_000, 900),
        (-10_000_000, 900),
        (100_000, None),
        (None, None),
    ],
)
def test_the_worst_tier_that_the_loss_reaches_decides(pnl_mils, seconds):
    it = account()
    lost(it, pnl_mils)
    assert cooldown_s(it) == seconds


def test_the_order_of_the_tiers_does_not_matter():
    it = account(tiers=TIERS[::-1])
    lost(it, -300_000)
    assert cooldown_s(it) == 900


def test_fees_do_not_make_a_loss():
    it = account()
    lost(it, -99_000, fees_mils=5_000)
    assert cooldown_s(it) is None


def test_everything_is_flattened_first_and_then_new_exposure_waits():
    it = account()
    it.take(PositionReport(MORNING_NS, MNQ_CONTRACT, "MNQ", 2, 0))
    it.take(OrderReport(MORNING_NS, working(7)))
    decision = lost(it, -100_000, t_ns=MORNING_NS + SECOND_NS)
    assert [intent.command for intent in decision.intents] == [
        CancelOrder(7, ES_CONTRACT),
        ClosePosition(MNQ_CONTRACT, 2),
    ]
    it.take(PositionReport(MORNING_NS + 2 * SECOND_NS, MNQ_CONTRACT, "MNQ", 0, None))
    it.finish(decision)
    again = it.take(PositionReport(MORNING_NS + 3 * SECOND_NS, MNQ_CONTRACT, "MNQ", 1, 0))
    assert [intent.command for intent in again.intents] == [ClosePosition(MNQ_CONTRACT, 1)]


def test_after_the_cooldown_the_trader_may_trade_again():
    it = account()
    lost(it, -100_000)
    it.at(300)
    assert cooldown_s(it) is None
    assert it.take(PositionReport(MORNING_NS + 301 * SECOND_NS, ES_CONTRACT, "ES", 1, 0)).intents == ()


def test_a_smaller_loss_in_a_long_cooldown_does_not_shorten_it():
    it = account()
    lost(it, -250_000)
    lost(it, -100_000, number=2, t_ns=MORNING_NS + SECOND_NS)
    assert cooldown_s(it) == 900


def test_a_loss_learned_after_its_cooldown_is_over_does_nothing():
    it = account()
    it.take(PositionReport(MORNING_NS, MNQ_CONTRACT, "MNQ", 2, 0))
    it.at(300)
    assert lost(it, -100_000).intents == ()
    assert cooldown_s(it) is None


def test_the_same_loss_heard_again_flattens_nothing_new():
    """The account is asked every few seconds; its answer holds every trade of the day."""
    it = account()
    lost(it, -100_000)
    assert not lost(it, -100_000).is_durable


def test_a_voided_loss_is_no_loss():
    it = account()
    lost(it, -100_000, voided=True)
    assert cooldown_s(it) is None


def test_tiers_must_make_sense():
    minute_ns = 60 * SECOND_NS
    with pytest.raises(ValueError, match="at least one"):
        Params(tiers=())
    with pytest.raises(ValueError, match=r"-100\.00 twice"):
        Params(tiers=(TIERS[0], TIERS[0]))
    with pytest.raises(ValueError, match="wait less long"):
        Params(tiers=(TIERS[0], Tier(loss_mils=-500_000, cooldown_ns=minute_ns)))
