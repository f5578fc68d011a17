"""Domain events and reports as the exchange writes them on the wire."""

from collections.abc import Callable, Mapping
from typing import Literal

from risk_manager.domain.events import (
    AccountReport,
    Event,
    InputRefused,
    MarketStatus,
    MarketTrade,
    OrderReport,
    PositionReport,
    Quote,
    SessionEnded,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.instruments import Instrument
from risk_manager.domain.orders import Order, Trade
from risk_manager.sdk.normalise import average_price_text, e9_text, money_text
from risk_manager.sdk.sessions.lines import ContractLine
from risk_manager.sdk.simulated.model import Listing
from risk_manager.sdk.simulated.wire import (
    AccountEvent,
    EndEvent,
    FillEvent,
    FillWire,
    OrderEvent,
    OrderWire,
    PositionEvent,
    QuoteEvent,
    RefusedEvent,
    SideWord,
    StatusEvent,
    TimeEvent,
    TradeEvent,
    WireEvent,
)


class WireWriter:
    """Writes events; remembers the texts of prices, because a market repeats few."""

    def __init__(self, listings: Mapping[str, Listing]) -> None:
        self._instruments = {contract: listing.instrument for contract, listing in listings.items()}
        self._texts: dict[str, dict[int, str]] = {contract: {} for contract in listings}
        self._writers: dict[type, Callable[..., WireEvent]] = {
            TimeAdvanced: lambda event: TimeEvent(event.t_ns),
            MarketTrade: self._trade,
            Quote: self._quote,
            MarketStatus: lambda event: StatusEvent(event.t_ns, event.contract, event.status),
            PositionReport: self.position,
            OrderReport: lambda event: OrderEvent(event.t_ns, self.order(event.order)),
            TradeReport: lambda event: FillEvent(event.t_ns, self.fill(event.trade)),
            AccountReport: account,
            InputRefused: lambda event: RefusedEvent(event.t_ns, event.what, event.why),
            SessionEnded: lambda event: EndEvent(event.t_ns),
        }

    def event(self, event: Event) -> WireEvent:
        """One event, ready to be encoded."""
        return self._writers[type(event)](event)

    def _price(self, contract: str, ticks: int) -> str:
        texts = self._texts[contract]
        text = texts.get(ticks)
        if text is None:
            text = texts[ticks] = self._instruments[contract].price_text(ticks)
        return text

    def _maybe(self, contract: str, ticks: int | None) -> str | None:
        return None if ticks is None else self._price(contract, ticks)

    def _trade(self, event: MarketTrade) -> TradeEvent:
        return TradeEvent(event.t_ns, event.contract, self._price(event.contract, event.price_ticks), event.size)

    def _quote(self, event: Quote) -> QuoteEvent:
        prices = (event.bid_ticks, event.ask_ticks, event.last_ticks)
        bid, ask, last = (self._maybe(event.contract, ticks) for ticks in prices)
        return QuoteEvent(event.t_ns, event.contract, bid, ask, last)

    def position(self, report: PositionReport) -> PositionEvent:
        """A position with its average price, from which the cost can be computed back exactly."""
        if report.net == 0 or report.cost_mils is None:
            return PositionEvent(report.t_ns, report.contract, 0)
        instrument = self._instruments[report.contract]
        cost_ticks = report.cost_mils // instrument.tick_value_mils
        average = average_price_text(cost_ticks, report.net, instrument)
        side = _long_or_short(report.net)
        return PositionEvent(report.t_ns, report.contract, abs(report.net), side, average)

    def order(self, order: Order) -> OrderWire:
        """An order."""
        return OrderWire(
            id=order.order_id,
            contract=order.contract,
            side=_word(order.side),
            size=order.size,
            type=order.type,
            status=order.status,
            filled=order.filled,
            t=order.t_ns,
            version=order.version,
            limit=self._maybe(order.contract, order.limit_ticks),
            stop=self._maybe(order.contract, order.stop_ticks),
            trail_ticks=order.trail_ticks,
            tag=order.tag,
        )

    def fill(self, trade: Trade) -> FillWire:
        """A trade of ours."""
        return FillWire(
            id=trade.trade_id,
            order_id=trade.order_id,
            contract=trade.contract,
            side=_word(trade.side),
            size=trade.size,
            price=self._price(trade.contract, trade.price_ticks),
            fees=money_text(trade.fees_mils),
            t=trade.t_ns,
            pnl=None if trade.pnl_mils is None else money_text(trade.pnl_mils),
            voided=trade.voided,
        )


def account(report: AccountReport) -> AccountEvent:
    """How the account stands."""
    return AccountEvent(report.t_ns, report.can_trade, money_text(report.balance_mils))


def contract_line(listing: Listing) -> ContractLine:
    """A contract with its economics, as a client compares them with its own configuration."""
    instrument: Instrument = listing.instrument
    return ContractLine(
        id=listing.contract,
        symbol=instrument.symbol,
        tick_size=e9_text(instrument.tick_size_e9),
        tick_value=money_text(instrument.tick_value_mils),
        min_price=instrument.price_text(instrument.min_price_ticks),
        max_price=instrument.price_text(instrument.max_price_ticks),
    )


def _word(side: int) -> SideWord:
    return "buy" if side > 0 else "sell"


def _long_or_short(net: int) -> Literal["long", "short"]:
    return "long" if net > 0 else "short"
