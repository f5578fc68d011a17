"""Files a fill and moves the day's totals by what that changes: by nothing where it was filed before."""

from msgspec.structs import replace

from risk_manager.domain.fills import book_trade
from risk_manager.domain.orders import Trade
from risk_manager.domain.policy import Policy
from risk_manager.domain.state import TODAY, CountedTrade, Draft


def count(draft: Draft, trade: Trade, policy: Policy) -> None:
    """File a trade under its id, in place of what was filed there, and move the totals of the running day."""
    key, state = str(trade.trade_id), draft.state
    before = state.trades.get(key)
    day = policy.trading_days.at(trade.t_ns)
    after = CountedTrade(trade, day.name if day else "")
    draft.set("trades", key, after)
    book_trade(draft, trade, _counts(after) - _counts(before))
    today = state.today
    if today is None:
        return
    was, now = _amounts(before, today.name), _amounts(after, today.name)
    if was == now:
        return
    row = replace(
        today,
        pnl_mils=today.pnl_mils + now[0] - was[0],
        fees_mils=today.fees_mils + now[1] - was[1],
        trades=today.trades + now[2] - was[2],
    )
    draft.set("days", TODAY, row)


def result_mils(trade: Trade) -> int:
    """What a fill came to: its P&L less its fees; nothing where it was voided."""
    return 0 if trade.voided else (trade.pnl_mils or 0) - trade.fees_mils


def _counts(row: CountedTrade | None) -> int:
    return 0 if row is None or row.trade.voided else 1


def _amounts(row: CountedTrade | None, day: str) -> tuple[int, int, int]:
    if row is None or row.trade.voided or row.day != day:
        return 0, 0, 0
    return row.trade.pnl_mils or 0, row.trade.fees_mils, 1
