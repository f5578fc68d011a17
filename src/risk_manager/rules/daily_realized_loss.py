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
    realized_mils = today.pnl_mils - (today.fees_mils if params.include_fees else 0)
    limit = dollars(params.limit_mils)
    if realized_mils <= params.limit_mils:
        arithmetic = f"realized {_realized_text(state, params)} <= limit {limit}"
        return breach("daily realized loss limit reached", arithmetic, LockOut("hard", "daily_reset", today.end_ns))
    if not params.composite or not state.positions or isinstance(event, TradeReport):
        # A fill reaches us before the position it changed: its realized part would be counted twice.
        return OK
    return _composite(state, params, realized_mils)


def _composite(state: AccountState, params: Params, realized_mils: int) -> Verdict:
    open_mils = 0
    marks: dict[str, int] = {}
    for contract, position in state.positions.items():
        if position.cost_mils is None or position.tick_value_mils is None:
            return unknown(f"the economics of {position.symbol} are not known, so its open P&L is not")
        mark_ticks = state.marks.get(contract)
        if mark_ticks is None:
            continue  # no price yet: nothing is claimed about this position until its first quote
        marks[contract] = mark_ticks
        open_mils += mark_ticks * position.tick_value_mils * position.net - position.cost_mils
    total_mils = realized_mils + open_mils
    if total_mils > params.limit_mils:
        return OK
    arithmetic = (
        f"realized {_realized_text(state, params)} + open {dollars(open_mils)} = {dollars(total_mils)}"
        f" <= limit {dollars(params.limit_mils)}"
    )
    return breach("realized plus open loss reached the daily limit", arithmetic, Flatten(), marks=marks)


def _realized_text(state: AccountState, params: Params) -> str:
    today = state.today
    if today is None or not params.include_fees or not today.fees_mils:
        return dollars(today.pnl_mils if today else 0)
    return (
        f"{dollars(today.pnl_mils - today.fees_mils)} ({dollars(today.pnl_mils)} less fees {dollars(today.fees_mils)})"
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
