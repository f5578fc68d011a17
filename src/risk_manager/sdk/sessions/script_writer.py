"""Writes what happened on an account as a script, so that a replay of the market does the same again."""

from collections.abc import Mapping
from pathlib import Path

from risk_manager.domain.events import AccountReport, Event, OrderReport, TradeReport
from risk_manager.domain.instruments import Instrument
from risk_manager.domain.orders import Order
from risk_manager.sdk.normalise import money_text
from risk_manager.sdk.sessions.script import SCHEMA
from service_contract.atomic_files import write_atomically

_HEAD = "# Recorded: what happened on the account. Times are counts of market events of the session beside it.\n"


class ScriptWriter:
    """Collects actions; each is tied to the number of market events recorded before it."""

    def __init__(self, path: Path, instruments: Mapping[str, Instrument]) -> None:
        self._path = path
        self._instruments = instruments
        self._orders: dict[int, Order] = {}
        self._can_trade = True
        self._balance_mils: int | None = None
        self._fees_mils: dict[str, int] = {}
        self._actions: list[str] = []

    def take(self, event: Event, market_events: int) -> None:
        """Something that is no market data."""
        if isinstance(event, OrderReport):
            self._order(event.order, market_events)
        elif isinstance(event, TradeReport):
            trade = event.trade
            self._fees_mils.setdefault(trade.symbol, trade.fees_mils // trade.size)
            if trade.voided:
                self._act(market_events, "void")
        elif isinstance(event, AccountReport):
            if self._balance_mils is None:
                self._balance_mils = event.balance_mils
            if event.can_trade != self._can_trade:
                self._can_trade = event.can_trade
                self._act(market_events, "can_trade", value="true" if event.can_trade else "false")

    def disconnected(self, market_events: int) -> None:
        """The venue closed the connection."""
        self._act(market_events, "disconnect")

    def write(self) -> None:
        """Write the script. Raises OSError."""
        lines = [_HEAD + f"schema: {SCHEMA}\n"]
        if self._balance_mils is not None:
            lines.append(f'account:\n  balance: "{money_text(self._balance_mils)}"\n')
        if self._fees_mils:
            lines.append("fees_per_side:\n")
            lines += [f'  {symbol}: "{money_text(fee)}"\n' for symbol, fee in sorted(self._fees_mils.items())]
        lines.append("actions:\n" if self._actions else "actions: []\n")
        write_atomically(self._path, "".join(lines + self._actions).encode())

    def _order(self, order: Order, market_events: int) -> None:
        before = self._orders.get(order.order_id)
        self._orders[order.order_id] = order
        prices = self._prices(order)
        if before is None:
            names = {} if order.type == "market" else {"type": order.type, "name": _name(order)}
            verb = "buy" if order.side > 0 else "sell"
            self._act(market_events, verb, contract=order.contract, size=str(order.size), **names, **prices)
        elif order.status == "cancelled" and before.is_working:
            self._act(market_events, "cancel", name=_name(order))
        elif order.type != "trailing_stop" and (before.size, self._prices(before)) != (order.size, prices):
            self._act(market_events, "modify", name=_name(order), size=str(order.size), **prices)

    def _prices(self, order: Order) -> dict[str, str]:
        text = self._instruments[order.contract].price_text
        prices = {"limit": order.limit_ticks, "stop": order.stop_ticks if order.type != "trailing_stop" else None}
        told = {name: f'"{text(ticks)}"' for name, ticks in prices.items() if ticks is not None}
        return told if order.trail_ticks is None else {**told, "trail_ticks": str(order.trail_ticks)}

    def _act(self, market_events: int, verb: str, **details: str) -> None:
        told = "".join(f", {name}: {value}" for name, value in details.items())
        self._actions.append(f"  - {{at: {{event: {market_events}}}, do: {verb}{told}}}\n")


def _name(order: Order) -> str:
    return f"order-{order.order_id}"
