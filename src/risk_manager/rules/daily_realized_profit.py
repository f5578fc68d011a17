"""Rule 013: when the day's realized profit reaches its target, the account is locked until the daily reset.

The mirror of rule 003. With `composite` on, open profit counts as well: as soon as realized plus open P&L reaches the
target, everything is flattened, so that the target is taken and not given back.
"""

from dataclasses import dataclass
from typing import Annotated

from risk_manager.domain.events import Event, MarketTrade, PositionReport, Quote, TradeReport
from risk_manager.domain.money import dollars
from risk_manager.domain.orders import Trade
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import OK, Flatten, LockOut, Verdict, breach, unknown
from risk_manager.rules.daily_pnl import may_be_added, realized_mils, realized_text, sum_text
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.params import Flag, Money

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The target and what counts towards it. Fees are always taken off: what they eat was not earned."""

    target_mils: Annotated[
        int, Money("target", "realized P&L of the day, less fees, at which it ends", sign="positive")
    ]
    composite: Annotated[bool, Flag("composite", "open profit counts too: flatten at realized + open >= target")] = True


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Compare the day's realized P&L, and with `composite` the sum with the open P&L, with the target."""
    today = state.today
    if today is None:
        return unknown("the trading day is not known yet")
    realized = realized_mils(today, include_fees=True)
    if realized >= params.target_mils:
        arithmetic = f"realized {realized_text(today, include_fees=True)} >= target {dollars(params.target_mils)}"
        return breach("daily realized profit target reached", arithmetic, LockOut("hard", "daily_reset", today.end_ns))
    if not params.composite or not state.positions:
        return OK
    open_pnl = state.open_pnl.settle()
    if open_pnl.unknown:
        return unknown(f"the economics of {open_pnl.unknown} are not known, so its open P&L is not")
    if not may_be_added(state, event) or realized + open_pnl.total_mils < params.target_mils:
        return OK
    return breach(
        "realized plus open profit reached the daily target",
        f"{sum_text(today, open_pnl.total_mils, include_fees=True)} >= target {dollars(params.target_mils)}",
        Flatten(),
        marks=open_pnl.marks_used(),
    )


def example() -> Example:
    """+1000 is realized, less 2.80 of fees; a second trade brings +502.80: 1500.00 reaches the target of 1500."""

    def closing(trade_id: int, t_ns: int, pnl_mils: int, fees_mils: int) -> TradeReport:
        return TradeReport(t_ns, Trade(trade_id, trade_id, ES_CONTRACT, "ES", -1, 1, 26_500, pnl_mils, fees_mils, t_ns))

    return Example(
        says="target 1500.00: +1000.00 and +502.80 less 2.80 of fees are 1500.00, which is at the target: locked out",
        params=Params(target_mils=1_500_000),
        events=(
            closing(1, MORNING_NS + _SECOND_NS, 1_000_000, 2_800),
            closing(2, MORNING_NS + 2 * _SECOND_NS, 502_800, 0),
        ),
        expected=breach(
            "daily realized profit target reached",
            "realized 1500.00 (1502.80 less fees 2.80) >= target 1500.00",
            # the trading day of the example ends at 17:00 in Chicago, 8.5 hours after the open
            LockOut("hard", "daily_reset", MORNING_NS + 30_600 * _SECOND_NS),
        ),
    )


RULE = RuleDefinition(
    number=13,
    key="daily_realized_profit",
    title="Daily realized profit",
    kind="hard lockout",
    params=Params,
    hears=frozenset({TradeReport, PositionReport, Quote, MarketTrade}),
    check=check,
    example=example,
)
