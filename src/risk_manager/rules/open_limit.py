"""What rules 004 and 005 share: the open P&L that an event is about, of one position or of the whole account."""

from typing import Literal, NamedTuple

from risk_manager.domain.events import MarketTrade, PositionReport, Quote
from risk_manager.domain.money import dollars
from risk_manager.domain.positions import Position, open_pnl_mils
from risk_manager.domain.state import AccountState

Scope = Literal["position", "account"]


class OpenFigure(NamedTuple):
    """Open P&L and what it is of. mils: None where it cannot be known, `unknown` says why then."""

    mils: int
    unknown: str = ""


def of_position(state: AccountState, event: Quote | MarketTrade | PositionReport) -> OpenFigure | None:
    """Of the position in the event's contract; None where there is none, or no price of it was heard yet."""
    position = state.positions.get(event.contract)
    if position is None:
        return None
    cost_mils, tick_value_mils = position.cost_mils, position.tick_value_mils
    if cost_mils is None or tick_value_mils is None:
        return OpenFigure(0, _economics_of(position.symbol))
    mark_ticks = state.marks.get(event.contract)
    if mark_ticks is None:
        return None
    return OpenFigure(open_pnl_mils(position.net, cost_mils, tick_value_mils, mark_ticks))


def of_account(state: AccountState) -> OpenFigure | None:
    """Of every position whose price was heard; None where nothing is open."""
    if not state.positions:
        return None
    open_pnl = state.open_pnl.settle()
    if open_pnl.unknown:
        return OpenFigure(0, _economics_of(open_pnl.unknown))
    return OpenFigure(open_pnl.total_mils)


def _economics_of(symbol: str) -> str:
    return f"the economics of {symbol} are not known, so its open P&L is not"


def position_text(state: AccountState, position: Position, mils: int) -> str:
    """For people: `long 2 ES at 26495 ticks: open -125.00`."""
    side = "long" if position.net > 0 else "short"
    mark_ticks = state.marks[position.contract]
    return f"{side} {abs(position.net)} {position.symbol} at {mark_ticks} ticks: open {dollars(mils)}"


def account_text(state: AccountState, mils: int) -> str:
    """For people, each position on its own: `ES -300.00, MNQ +20.00: open -280.00`."""
    parts = []
    for contract, position in state.positions.items():
        open_mils = state.open_pnl_mils(contract)
        parts.append(f"{position.symbol} {'no price yet' if open_mils is None else dollars(open_mils)}")
    return f"{', '.join(parts)}: open {dollars(mils)}"
