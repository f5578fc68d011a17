"""Events in a few words, for the log and for checkpoint 6."""

from collections.abc import Callable
from typing import Any

from risk_manager.domain.events import (
    AccountReport,
    ConnectionChanged,
    Event,
    MarketStatus,
    MarketTrade,
    OperatorCommand,
    OrderReport,
    PositionReport,
    Quote,
    TradeReport,
)
from risk_manager.domain.money import dollars


def describe(event: Event) -> str:
    """For example `PositionReport ES long 3`."""
    words = _WORDS.get(type(event))
    name = type(event).__name__
    return f"{name} {words(event)}" if words else name


def _position(event: PositionReport) -> str:
    side = "flat" if event.net == 0 else f"{'long' if event.net > 0 else 'short'} {abs(event.net)}"
    return f"{event.symbol} {side}"


def _order(event: OrderReport) -> str:
    order = event.order
    verb = "buy" if order.side > 0 else "sell"
    return f"{order.symbol} {verb} {order.size} {order.type} {order.status} ({order.filled} filled)"


def _trade(event: TradeReport) -> str:
    trade = event.trade
    verb = "bought" if trade.side > 0 else "sold"
    realized = f", realized {dollars(trade.pnl_mils)}" if trade.pnl_mils is not None else ""
    voided = ", voided" if trade.voided else ""
    return f"{trade.symbol} {verb} {trade.size}{realized}, fees {dollars(trade.fees_mils)}{voided}"


def _account(event: AccountReport) -> str:
    return f"balance {dollars(event.balance_mils)}, {'may' if event.can_trade else 'MAY NOT'} trade"


_WORDS: dict[type, Callable[[Any], str]] = {
    PositionReport: _position,
    OrderReport: _order,
    TradeReport: _trade,
    AccountReport: _account,
    MarketTrade: lambda event: event.contract,
    Quote: lambda event: event.contract,
    MarketStatus: lambda event: f"{event.contract} {event.status}",
    ConnectionChanged: lambda event: event.state,
    OperatorCommand: lambda event: f"{event.verb} {event.target}".strip(),
}
