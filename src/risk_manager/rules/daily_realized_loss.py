"""Rule 003: when the day's realized loss reaches its limit, the account is locked until the daily reset.

With `composite` on, an open position counts as well: as soon as realized plus open P&L reaches the limit, everything
is flattened, so that closing it cannot take the day far beyond what was allowed.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The limit and what counts towards it."""

    limit_mils: Annotated[int, Money("limit", "realized P&L of the trading day at which it ends", sign="negative")]
    include_fees: Annotated[bool, Flag("include_fees", "fees count as a loss")] = True
    composite: Annotated[bool, Flag("composite", "an open loss counts too: flatten at realized + open <= limit")] = True


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Compare the day's realized P&L, and with `composite` the sum with the open P&L, with the limit."""
    today = state.today
    if today is None:
        return unknown("the trading day is not known yet")
    realized = realized_mils(today, include_fees=params.include_fees)
    if realized <= params.limit_mils:
        text = realized_text(today, include_fees=params.include_fees)
        arithmetic = f"realized {text} <= limit {dollars(params.limit_mils)}"
        return breach("daily realized loss limit reached", arithmetic, LockOut("hard", "daily_reset", today.end_ns))
    if not params.composite or not state.positions:
        return OK
    open_pnl = state.open_pnl.settle()
    if open_pnl.unknown:
        return unknown(f"the economics of {open_pnl.unknown} are not known, so its open P&L is not")
    if not may_be_added(state, event) or realized + open_pnl.total_mils > params.limit_mils:
        return OK
    text = sum_text(today, open_pnl.total_mils, include_fees=params.include_fees)
    return breach(
        "realized plus open loss reached the daily limit",
        f"{text} <= limit {dollars(params.limit_mils)}",
        Flatten(),
        marks=open_pnl.marks_used(),
    )


def example() -> Example:
    """-600 and -300 are realized in two closing trades without fees; -900 reaches the limit of -900."""
    second_ns = 1_000_000_000

    def closing(trade_id: int, t_ns: int, pnl_mils: int) -> TradeReport:
        return TradeReport(t_ns, Trade(trade_id, trade_id, ES_CONTRACT, "ES", -1, 1, 26_500, pnl_mils, 0, t_ns))

    return Example(
        says="limit -900.00: after -600.00 and -300.00 the day stands at -900.00, which is at the limit: locked out",
        params=Params(limit_mils=-900_000),
        events=(
            closing(1, MORNING_NS + second_ns, -600_000),
            closing(2, MORNING_NS + 2 * second_ns, -300_000),
        ),
        expected=breach(
            "daily realized loss limit reached",
            "realized -900.00 <= limit -900.00",
            # the trading day of the example ends at 17:00 in Chicago, 8.5 hours after the open
            LockOut("hard", "daily_reset", MORNING_NS + 30_600 * second_ns),
        ),
    )


RULE = RuleDefinition(
    number=3,
    key="daily_realized_loss",
    title="Daily realized loss",
    kind="hard lockout",
    params=Params,
    hears=frozenset({TradeReport, PositionReport, Quote, MarketTrade}),
    check=check,
    example=example,
)
