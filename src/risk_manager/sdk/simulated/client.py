"""The simulated exchange as a venue, over its socket: what the daemon uses."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from risk_manager.domain.commands import ModifyOrder, PlaceOrder
from risk_manager.domain.events import AccountReport, Event, PositionReport
from risk_manager.domain.instruments import Instrument, Instruments
from risk_manager.domain.orders import Order, Trade
from risk_manager.errors import VenueAmbiguous, VenueLost, VenueRefused, VenueUnreachable
from risk_manager.sdk.normalise import Unbelievable
from risk_manager.sdk.sessions.lines import ContractLine
from risk_manager.sdk.simulated import wire
from risk_manager.sdk.simulated.contracts import check_contracts
from risk_manager.sdk.simulated.from_wire import WireReader
from risk_manager.sdk.simulated.link import Link
from risk_manager.sdk.venue import Connected

T = TypeVar("T")

_NONE = b"null"


class SocketVenue:
    """Implements `sdk.venue.Venue`."""

    def __init__(self, socket: Path, instruments: Instruments, *, role: wire.Role = "manager") -> None:
        self._socket = socket
        self._instruments = instruments
        self._role: wire.Role = role
        self._reader = WireReader(instruments)
        self._link: Link | None = None
        self._lockstep = False
        self._offered: asyncio.Future[wire.Reply | wire.RawReply] | None = None
        self._batch: Sequence[Event] = ()
        self._before_ns = 0
        self._own: list[Event] = []

    @property
    def name(self) -> str:
        """What it is called in logs and summaries."""
        return "simulated"

    @property
    def owns_time(self) -> bool:
        """Its stream carries the time."""
        return True

    @property
    def refused(self) -> int:
        """How many messages of this connection could not be believed as a whole."""
        return 0 if self._link is None else self._link.refused

    # -- the connection --------------------------------------------------------------------------------------------

    async def connect(self, account_name: str) -> Connected:
        """Log in. Raises VenueUnreachable where nothing listens, VenueRefused where the login is."""
        welcome = await self.log_in(account_name)
        return Connected(welcome.account, welcome.account_id, welcome.t_ns, welcome.lockstep)

    async def log_in(self, account_name: str | None) -> wire.Welcome:
        """Log in and hear what the exchange lists; without a name for whoever takes the account that is there."""
        await self.disconnect()
        reader = WireReader(self._instruments)
        try:
            _, link = await asyncio.get_running_loop().create_unix_connection(lambda: Link(reader), str(self._socket))
        except (OSError, ValueError) as error:
            raise VenueUnreachable(
                f"{self._socket}: {getattr(error, 'strerror', None) or error}",
                hint="is `risk-manager exchange` running there?",
            ) from error
        self._link, self._reader, self._offered, self._own = link, reader, None, []
        request = wire.Login(id=link.next_id(), protocol=wire.PROTOCOL, role=self._role, account=account_name)
        try:
            welcome = _decoded(await link.answer(request), wire.Welcome)
        except VenueAmbiguous as error:
            raise VenueUnreachable(f"{self._socket}: {error}") from error
        check_contracts(self._instruments, {line.id: _economics(line) for line in welcome.contracts})
        self._lockstep = welcome.lockstep and self._role == "manager"
        reader.now_ns = welcome.t_ns
        return welcome

    async def subscribe(self) -> None:
        """Ask for events; acknowledged."""
        link = self._up()
        await link.answer(wire.Subscribe(id=link.next_id()))

    async def receive(self) -> Sequence[Event]:
        """The next events. In lockstep this lets time go on."""
        link = self._up()
        if not self._lockstep:
            await link.news()
            told = link.take_told()
            if not told:
                link.raise_if_broken()
            return told
        if self._offered is None and link.is_up:
            self._offered = link.ask(wire.Next(id=link.next_id()))
        await link.news(self._offered)
        self._own = link.take_told()
        if self._own:  # messages that had to be refused: ours to tell, the exchange does not count them
            return self._own
        link.raise_if_broken()
        offered, self._offered = self._offered, None
        if offered is None:
            raise VenueLost("the connection is closing")
        reply = offered.result()
        if reply.error is not None:  # it is not ours to drive any more
            raise VenueLost(reply.error.message, hint=reply.error.hint)
        self._before_ns = self._reader.now_ns
        self._batch = link.read_events(reply)
        return self._batch

    async def processed(self, count: int) -> None:
        """The exchange may stand at the `count`-th event of the last batch."""
        if not self._lockstep:
            return
        link = self._up()
        if self._own:
            link.told[:0] = self._own[count:]
            self._own = []
        else:
            # What is behind `count` comes again: its times must not look as if they ran backward then.
            reached = max((event.t_ns for event in self._batch[:count]), default=0)
            self._reader.now_ns = max(self._before_ns, reached)
            link.send(wire.Processed(id=link.next_id(), count=count))

    async def disconnect(self) -> None:
        """Leave."""
        link, self._link, self._offered = self._link, None, None
        if link is not None:
            await link.leave()

    def _up(self) -> Link:
        if self._link is None:
            raise VenueUnreachable("not connected", hint="connect first")
        return self._link

    # -- reads -----------------------------------------------------------------------------------------------------

    async def account(self) -> AccountReport:
        """May the account trade, and its balance."""
        link = self._up()
        raw = await link.answer(wire.GetAccount(id=link.next_id()))
        return _believed(lambda: self._reader.account(_decoded(raw, wire.AccountEvent)))

    async def positions(self) -> Sequence[PositionReport]:
        """Every open position."""
        link = self._up()
        raw = await link.answer(wire.GetPositions(id=link.next_id()))
        return _believed(lambda: [self._reader.position(p) for p in _decoded(raw, list[wire.PositionEvent])])

    async def working_orders(self) -> Sequence[Order]:
        """Every order that may still fill."""
        link = self._up()
        raw = await link.answer(wire.GetWorkingOrders(id=link.next_id()))
        return _believed(lambda: [self._reader.order(o) for o in _decoded(raw, list[wire.OrderWire])])

    async def order(self, order_id: int) -> Order | None:
        """One order; None where there is none."""
        link = self._up()
        return await self._one_order(wire.GetOrder(id=link.next_id(), order_id=order_id))

    async def order_by_tag(self, tag: str) -> Order | None:
        """One order by its client order id; None where there is none."""
        link = self._up()
        return await self._one_order(wire.GetOrder(id=link.next_id(), tag=tag))

    async def _one_order(self, request: wire.GetOrder) -> Order | None:
        raw = await self._up().answer(request)
        return None if bytes(raw) == _NONE else _believed(lambda: self._reader.order(_decoded(raw, wire.OrderWire)))

    async def trades_since(self, t_ns: int) -> Sequence[Trade]:
        """Our trades at or after `t_ns`."""
        trades: list[Trade] = []
        while True:
            link = self._up()
            after = trades[-1].trade_id if trades else 0
            page = _decoded(
                await link.answer(wire.GetTrades(id=link.next_id(), since_ns=t_ns, after=after)), list[wire.FillWire]
            )
            trades += [_believed(partial(self._reader.trade, fill)) for fill in page]
            if len(page) < wire.PAGE_TRADES:
                return trades

    # -- mutations -------------------------------------------------------------------------------------------------

    async def place(self, command: PlaceOrder, tag: str) -> int:
        """Place an order."""
        link = self._up()
        request = wire.Place(
            id=link.next_id(),
            contract=command.contract,
            side="buy" if command.side > 0 else "sell",
            size=command.size,
            type=command.type,
            limit=self._text(command.contract, command.limit_ticks),
            stop=self._text(command.contract, command.stop_ticks),
            trail_ticks=command.trail_ticks,
            tag=tag,
        )
        return _decoded(await link.answer(request), wire.Placed).order_id

    async def modify(self, command: ModifyOrder) -> None:
        """Change a working order."""
        link = self._up()
        request = wire.Modify(
            id=link.next_id(),
            order_id=command.order_id,
            contract=command.contract,
            size=command.size,
            limit=self._text(command.contract, command.limit_ticks),
            stop=self._text(command.contract, command.stop_ticks),
            trail_ticks=command.trail_ticks,
        )
        await link.answer(request)

    async def cancel(self, order_id: int) -> None:
        """Cancel a working order."""
        link = self._up()
        await link.answer(wire.Cancel(id=link.next_id(), order_id=order_id))

    async def close(self, contract: str, tag: str) -> None:
        """Close a position."""
        link = self._up()
        await link.answer(wire.Close(id=link.next_id(), contract=contract, tag=tag))

    async def partial_close(self, contract: str, size: int, tag: str) -> None:
        """Close part of a position."""
        link = self._up()
        await link.answer(wire.Close(id=link.next_id(), contract=contract, size=size, tag=tag))

    async def trade_by_hand(self, symbol: str, net: int) -> wire.OrderWire:
        """Buy or sell at the market, as a person would: `exchange trade`."""
        link = self._up()
        return _decoded(await link.answer(wire.Trade(id=link.next_id(), symbol=symbol, net=net)), wire.OrderWire)

    def _text(self, contract: str, ticks: int | None) -> str | None:
        if ticks is None:
            return None
        instrument = self._instruments.of_contract(contract)
        if instrument is None:
            raise VenueRefused(f"{contract}: prices of an unknown instrument cannot be written")
        return instrument.price_text(ticks)


def _economics(line: ContractLine) -> Instrument:
    return _believed(line.instrument)


def _believed(read: Callable[[], T]) -> T:
    """An answer with an unbelievable value in it says nothing: it is not an empty answer."""
    try:
        return read()
    except Unbelievable as error:
        raise VenueAmbiguous(f"an answer of the exchange cannot be believed: {error}") from error


def _decoded(raw: msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise VenueAmbiguous(f"an answer of the exchange cannot be read: {error}") from error
