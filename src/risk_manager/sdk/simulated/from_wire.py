"""The client's edge: what the exchange wrote, as domain events; what cannot be believed, as `InputRefused`.

One event in, one event out, so that "the first k of the batch" means the same on both sides. Contracts of instruments
that the configuration does not know are let through where they are ours (positions, orders, trades), with prices in
billionths and without a cost, because an unknown economy is never guessed. Their market data is refused once; later it
only tells the time.
"""

from collections.abc import Callable

import msgspec

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
from risk_manager.domain.instruments import Instrument, Instruments
from risk_manager.domain.orders import Order, Side, Trade
from risk_manager.sdk.normalise import (
    PriceReader,
    Unbelievable,
    contract_id,
    cost_mils_of_average,
    money_mils,
    shown,
    size,
    tag,
    time_ns,
)
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
    StatusEvent,
    TimeEvent,
    TradeEvent,
    WireEvent,
)

MAX_JUMP_NS = 7 * 86_400 * 1_000_000_000
"""A market that is silent for longer than a week is a damaged time."""
MAX_LEAD_NS = 3600 * 1_000_000_000
"""What the account is told is of now: an hour ahead of the market's clock is a damaged time."""
BEHIND_IN_A_ROW = 100
"""So many market times in a row behind the latest, and none behind the other: the latest was the damaged one."""

_BILLIONTHS_BOUND = 10**21
_MARKET = (TradeEvent, QuoteEvent, StatusEvent, TimeEvent)


def in_billionths(symbol: str) -> Instrument:
    """The stand-in for an instrument that is not known: its prices are exact, its worth is not told."""
    return Instrument(
        symbol=symbol,
        product=symbol,
        name=symbol,
        tick_size_e9=1,
        tick_value_mils=0,
        min_price_ticks=-_BILLIONTHS_BOUND,
        max_price_ticks=_BILLIONTHS_BOUND,
        group="",
    )


class WireReader:
    """Reads events for one connection. `now_ns` is the latest believable time of the market.

    Nothing that is refused moves it, nor does what is told of the account: a single damaged time would make every later
    one look as if it ran backward. Where one got through, the market itself takes it back.
    """

    def __init__(self, instruments: Instruments) -> None:
        self.now_ns = 0
        self._behind = 0
        self._behind_ns = 0
        self._instruments = instruments
        self._prices: dict[str, PriceReader] = {}
        self._unknown_told: set[str] = set()
        self._readers: dict[type, Callable[..., Event]] = {
            TimeEvent: lambda event: TimeAdvanced(event.t),
            TradeEvent: self._trade,
            QuoteEvent: self._quote,
            StatusEvent: self._status,
            PositionEvent: self.position,
            OrderEvent: lambda event: OrderReport(event.t, self.order(event.order)),
            FillEvent: lambda event: TradeReport(event.t, self.trade(event.fill)),
            AccountEvent: self.account,
            RefusedEvent: lambda event: InputRefused(event.t, event.what, event.why),
            EndEvent: lambda event: SessionEnded(event.t),
        }

    def event(self, wire: WireEvent) -> Event:
        """One event of the domain for one of the wire."""
        try:
            if not isinstance(wire, _MARKET):
                self._moment(wire.t)
                return self._readers[type(wire)](wire)
            t_ns = time_ns(wire.t)
            self._refuse_odd_time(t_ns)
            event = self._readers[type(wire)](wire)
        except Unbelievable as error:
            return InputRefused(self.now_ns, f"venue {wire.__struct_config__.tag}", str(error))
        self.now_ns = t_ns
        return event

    def raw_event(self, raw: bytes | msgspec.Raw, decode: Callable[[bytes], WireEvent]) -> Event:
        """The same for an event whose message as a whole was not sound."""
        try:
            return self.event(decode(bytes(raw)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return self.refused("venue event", f"{shown(bytes(raw)[:60])}: {error}")

    def refused(self, what: str, why: str) -> InputRefused:
        """Something that is not even an event."""
        return InputRefused(self.now_ns, what, why)

    def _refuse_odd_time(self, t_ns: int) -> None:
        if t_ns < self.now_ns:
            self._behind = self._behind + 1 if t_ns >= self._behind_ns else 1
            self._behind_ns = t_ns
            if self._behind < BEHIND_IN_A_ROW:
                raise Unbelievable(f"time {t_ns} runs backward, it was {self.now_ns}")
            return
        self._behind = 0
        if self.now_ns and t_ns > self.now_ns + MAX_JUMP_NS:
            raise Unbelievable(f"time {t_ns} jumps more than a week ahead of {self.now_ns}")

    def _moment(self, value: object) -> int:
        """A time at which something was told of the account. Raises Unbelievable."""
        t_ns = time_ns(value)
        if self.now_ns and t_ns > self.now_ns + MAX_LEAD_NS:
            raise Unbelievable(f"time {t_ns} is more than an hour ahead of the market's, {self.now_ns}")
        return t_ns

    def _price(self, contract: str) -> PriceReader:
        reader = self._prices.get(contract)
        if reader is None:
            instrument = self._instruments.of_contract(contract_id(contract))
            reader = PriceReader(instrument or in_billionths(self._instruments.symbol_of(contract)))
            self._prices[contract] = reader
        return reader

    def _market_price(self, contract: str) -> PriceReader | None:
        """The reader of a known instrument. None from the second time on that an unknown one is met."""
        reader = self._price(contract)
        if reader.instrument.tick_value_mils:
            return reader
        if contract not in self._unknown_told:
            self._unknown_told.add(contract)
            raise Unbelievable(f"contract {contract} is of an unknown instrument; its market data is not used")
        return None

    def _trade(self, wire: TradeEvent) -> Event:
        reader = self._market_price(wire.c)
        if reader is None:
            return TimeAdvanced(wire.t)
        return MarketTrade(wire.t, wire.c, reader(wire.p), size(wire.s))

    def _quote(self, wire: QuoteEvent) -> Event:
        reader = self._market_price(wire.c)
        if reader is None:
            return TimeAdvanced(wire.t)
        bid, ask, last = (None if text is None else reader(text) for text in (wire.b, wire.a, wire.l))
        return Quote(wire.t, wire.c, bid, ask, last)

    def _status(self, wire: StatusEvent) -> Event:
        return MarketStatus(wire.t, contract_id(wire.c), wire.st)

    def position(self, wire: PositionEvent) -> PositionReport:
        """A position. Raises Unbelievable."""
        self._moment(wire.t)
        held = size(wire.size, least=0)
        reader = self._price(wire.c)
        symbol = reader.instrument.symbol
        if held == 0:
            return PositionReport(wire.t, wire.c, symbol, 0, 0)
        if wire.side is None or wire.average is None:
            raise Unbelievable(f"position of {held} in {wire.c} without side or average price")
        net = held if wire.side == "long" else -held
        known = reader.instrument.tick_value_mils > 0
        cost = cost_mils_of_average(wire.average, net, reader.instrument) if known else None
        return PositionReport(wire.t, wire.c, symbol, net, cost)

    def order(self, wire: OrderWire) -> Order:
        """An order. Raises Unbelievable."""
        reader = self._price(wire.contract)
        return Order(
            order_id=wire.id,
            contract=wire.contract,
            symbol=reader.instrument.symbol,
            side=_side(wire.side),
            size=size(wire.size),
            type=wire.type,
            status=wire.status,
            filled=size(wire.filled, least=0),
            t_ns=self._moment(wire.t),
            version=wire.version,
            limit_ticks=None if wire.limit is None else reader(wire.limit),
            stop_ticks=None if wire.stop is None else reader(wire.stop),
            trail_ticks=wire.trail_ticks,
            tag=None if wire.tag is None else tag(wire.tag),
        )

    def trade(self, wire: FillWire) -> Trade:
        """A trade of ours. Raises Unbelievable."""
        reader = self._price(wire.contract)
        return Trade(
            trade_id=wire.id,
            order_id=wire.order_id,
            contract=wire.contract,
            symbol=reader.instrument.symbol,
            side=_side(wire.side),
            size=size(wire.size),
            price_ticks=reader(wire.price),
            pnl_mils=None if wire.pnl is None else money_mils(wire.pnl),
            fees_mils=money_mils(wire.fees),
            t_ns=self._moment(wire.t),
            voided=wire.voided,
        )

    def account(self, wire: AccountEvent) -> AccountReport:
        """How the account stands. Raises Unbelievable."""
        return AccountReport(self._moment(wire.t), wire.can_trade, money_mils(wire.balance))


def _side(word: str) -> Side:
    return 1 if word == "buy" else -1
