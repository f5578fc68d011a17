"""What the daily rules 003 and 013 share: the day's realized P&L, alone and with what is open, and its arithmetic.

Both ask the same question from two sides, so it is computed and written out here once.
"""

from risk_manager.domain.events import Event, TradeReport
from risk_manager.domain.money import dollars
from risk_manager.domain.state import AccountState, Today


def realized_mils(today: Today, *, include_fees: bool) -> int:
    """What the trading day has realized so far."""
    return today.pnl_mils - today.fees_mils if include_fees else today.pnl_mils


def realized_text(today: Today, *, include_fees: bool) -> str:
    """The same for people: `-565.40 (-550.00 less fees 15.40)`."""
    realized = dollars(realized_mils(today, include_fees=include_fees))
    if not include_fees or not today.fees_mils:
        return realized
    return f"{realized} ({dollars(today.pnl_mils)} less fees {dollars(today.fees_mils)})"


def may_be_added(state: AccountState, event: Event) -> bool:
    """May realized and open P&L be added up now?

    A fill reaches us before the position it changed, and prices may come in between: until the venue has said what is
    held, what the fill realized would be counted a second time as open.
    """
    if type(event) is TradeReport:
        return False
    return not state.unsettled or state.unsettled.isdisjoint(state.positions)


def sum_text(today: Today, open_mils: int, *, include_fees: bool) -> str:
    """Realized and open added up: `realized -800.00 + open -100.00 = -900.00`."""
    total_mils = realized_mils(today, include_fees=include_fees) + open_mils
    return (
        f"realized {realized_text(today, include_fees=include_fees)} + open {dollars(open_mils)}"
        f" = {dollars(total_mils)}"
    )
