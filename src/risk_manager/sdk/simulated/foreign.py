"""What an embedded exchange says about instruments that the configuration does not know, as the socket's edge has it.

Same rules as `from_wire.py`: positions, orders and trades come through with prices in billionths and without a cost;
market data is refused once and then only tells the time. Known instruments pass untouched.
"""

from collections.abc import Sequence

import msgspec

from risk_manager.domain.events import (
    Event,
    InputRefused,
    MarketTrade,
    OrderReport,
    PositionReport,
    Quote,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.instruments import Instruments
from risk_manager.domain.orders import Order, Trade


class Foreign:
    """Translates for one set of known instruments. `ticks_e9` holds the tick of each contract that is not known."""

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments
        self._ticks_e9: dict[str, int] = {}
        self._told: set[str] = set()

    def learn(self, contract: str, tick_size_e9: int) -> None:
        """The exchange lists this contract; remember it where we do not know it."""
        if self._instruments.of_contract(contract) is None:
            self._ticks_e9[contract] = tick_size_e9

    def events(self, events: Sequence[Event]) -> Sequence[Event]:
        """A batch, one for one."""
        return events if not self._ticks_e9 else [self._event(event) for event in events]

    def _event(self, event: Event) -> Event:
        if isinstance(event, MarketTrade | Quote) and event.contract in self._ticks_e9:
            if event.contract in self._told:
                return TimeAdvanced(event.t_ns)
            self._told.add(event.contract)
            why = f"contract {event.contract} is of an unknown instrument; its market data is not used"
            return InputRefused(event.t_ns, "venue trade" if isinstance(event, MarketTrade) else "venue quote", why)
        if isinstance(event, PositionReport):
            return self.position(event)
        if isinstance(event, OrderReport):
            return OrderReport(event.t_ns, self.order(event.order))
        if isinstance(event, TradeReport):
            return TradeReport(event.t_ns, self.trade(event.trade))
        return event

    def position(self, report: PositionReport) -> PositionReport:
        """A position."""
        if report.contract not in self._ticks_e9:
            return report
        cost_mils = None if report.net else 0
        symbol = self._instruments.symbol_of(report.contract)
        return PositionReport(report.t_ns, report.contract, symbol, report.net, cost_mils)

    def order(self, order: Order) -> Order:
        """An order."""
        tick_e9 = self._ticks_e9.get(order.contract)
        if tick_e9 is None:
            return order
        return msgspec.structs.replace(
            order,
            symbol=self._instruments.symbol_of(order.contract),
            limit_ticks=None if order.limit_ticks is None else order.limit_ticks * tick_e9,
            stop_ticks=None if order.stop_ticks is None else order.stop_ticks * tick_e9,
        )

    def trade(self, trade: Trade) -> Trade:
        """A trade of ours."""
        tick_e9 = self._ticks_e9.get(trade.contract)
        if tick_e9 is None:
            return trade
        symbol = self._instruments.symbol_of(trade.contract)
        return msgspec.structs.replace(trade, symbol=symbol, price_ticks=trade.price_ticks * tick_e9)
