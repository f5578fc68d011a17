"""The simulated exchange as a venue inside the manager's own process, always in lockstep: for replays.

The same state machine and tape as behind the socket, without the JSON in between.
"""

import asyncio
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from risk_manager.domain.commands import ModifyOrder, PlaceOrder
from risk_manager.domain.events import AccountReport, Event, PositionReport
from risk_manager.domain.instruments import Instruments
from risk_manager.domain.orders import Order, Trade
from risk_manager.errors import ProtocolViolation, VenueLost, VenueRefused, VenueUnreachable
from risk_manager.sdk.normalise import Unbelievable
from risk_manager.sdk.normalise import tag as believable_tag
from risk_manager.sdk.sessions.reader import Session
from risk_manager.sdk.simulated.contracts import check_contracts
from risk_manager.sdk.simulated.floor import Floor, FloorPlan, find_session, open_floor
from risk_manager.sdk.simulated.foreign import Foreign
from risk_manager.sdk.simulated.pace import Pace
from risk_manager.sdk.simulated.scenarios import SCENARIOS, Scenario
from risk_manager.sdk.venue import Connected

_BATCH_EVENTS = 2048
_TURNS_PER_YIELD = 4
"""`receive` has nothing to wait for; so often it lets others run all the same."""


class EmbeddedVenue:
    """Implements `sdk.venue.Venue`.

    plan: which session, and where its ledger lives, if it is to survive. speed: times real time, infinity for as fast
    as it goes.
    """

    def __init__(
        self,
        plan: FloorPlan,
        instruments: Instruments,
        *,
        speed: float = math.inf,
        scenario: Scenario = SCENARIOS["calm"],
    ) -> None:
        self._plan = plan
        self._instruments = instruments
        self._speed = speed
        self._scenario = scenario
        self._floor: Floor | None = None
        self._foreign = Foreign(instruments)
        self._pace: Pace | None = None
        self._is_up = False
        self._told = 0
        self._turns = 0
        self._changed = asyncio.Event()

    @property
    def name(self) -> str:
        """What it is called in logs and summaries."""
        return "simulated"

    @property
    def owns_time(self) -> bool:
        """Its stream carries the time."""
        return True

    # -- the connection --------------------------------------------------------------------------------------------

    async def connect(self, account_name: str) -> Connected:
        """Open the session and log in. Raises SessionFileInvalid, VenueRefused or VenueUnreachable."""
        if not self._scenario.listens:
            raise VenueUnreachable(f"scenario {self._scenario.name}: the exchange does not listen")
        if not self._scenario.answers:
            await asyncio.Event().wait()
        if self._scenario.refuses_login:
            raise VenueRefused("login refused: invalid credentials", hint=f"scenario {self._scenario.name}")
        floor = self._floor
        if floor is not None and floor.exchange.refuses_logins:
            raise VenueRefused("login refused: invalid credentials", hint="the script refuses logins for now")
        if floor is None:
            floor = self._floor = self._open()
        floor.exchange.account.take_name(account_name)
        floor.stage.let_in()
        floor.commit()
        self._pace = Pace(self._speed, asyncio.get_running_loop().time)
        self._is_up = True
        return Connected(account_name, "1", floor.exchange.now_ns, lockstep=True)

    def _open(self) -> Floor:
        session = Session(find_session(self._plan.session))
        check_contracts(self._instruments, session.instruments)
        for contract, instrument in session.instruments.items():
            self._foreign.learn(contract, instrument.tick_size_e9)
        known = {contract: self._instruments.of_contract(contract) for contract in session.instruments}
        return open_floor(
            self._plan,
            session=session,
            bounds={contract: instrument for contract, instrument in known.items() if instrument},
            batch_events=_BATCH_EVENTS,
        )

    async def subscribe(self) -> None:
        """Begin to listen; the last quotes lead the first batch."""
        floor = self._up()
        floor.stage.subscribe()
        if self._pace is not None:
            self._pace.start(floor.exchange.now_ns)

    async def receive(self) -> Sequence[Event]:
        """The next events; this lets time go on."""
        self._turns += 1
        if self._turns % _TURNS_PER_YIELD == 0:
            await asyncio.sleep(0)
        while True:
            floor = self._up()
            if not self._scenario.tells or self._pace is None:
                await asyncio.Event().wait()
                continue
            if self._scenario.breaks and self._told:
                raise ProtocolViolation(f"scenario {self._scenario.name}: the stream is not the protocol any more")
            events = floor.stage.offer(self._pace.until_ns())
            floor.commit()
            if floor.stage.wants_disconnect:
                self._is_up = False
                raise VenueLost("the exchange closed the connection")
            if events:
                self._told += len(events)
                return self._foreign.events(events)
            await self._wait(floor, self._pace)

    async def _wait(self, floor: Floor, pace: Pace) -> None:
        """Until the next item of the session is due, or something was traded."""
        next_ns = floor.stage.next_event_ns()
        self._changed.clear()
        try:
            async with asyncio.timeout(None if next_ns is None else pace.wait_s(next_ns)):
                await self._changed.wait()
        except TimeoutError:
            return

    async def processed(self, count: int) -> None:
        """The exchange now stands at the `count`-th event of the last batch."""
        floor = self._up()
        floor.stage.processed(count)
        floor.commit()

    async def disconnect(self) -> None:
        """Leave; the ledger is closed, a later `connect` brings the exchange back from it."""
        floor, self._is_up = self._floor, False
        if floor is not None and floor.ledger is not None:
            self._floor = None
            floor.close()

    @property
    def floor(self) -> Floor | None:
        """The exchange itself, for whoever has to show its ledger."""
        return self._floor

    def _up(self) -> Floor:
        if self._floor is None or not self._is_up:
            raise VenueUnreachable("not connected", hint="connect first")
        return self._floor

    # -- reads -----------------------------------------------------------------------------------------------------

    async def account(self) -> AccountReport:
        """May the account trade, and its balance."""
        return self._up().exchange.account.report()

    async def positions(self) -> Sequence[PositionReport]:
        """Every open position."""
        return [self._foreign.position(report) for report in self._up().exchange.account.positions()]

    async def working_orders(self) -> Sequence[Order]:
        """Every order that may still fill."""
        return [self._foreign.order(order) for order in self._up().exchange.account.working_orders()]

    async def order(self, order_id: int) -> Order | None:
        """One order; None where there is none."""
        found = self._up().exchange.account.order(order_id)
        return None if found is None else self._foreign.order(found)

    async def order_by_tag(self, tag: str) -> Order | None:
        """One order by its client order id; None where there is none."""
        found = self._up().exchange.account.order_by_tag(tag)
        return None if found is None else self._foreign.order(found)

    async def trades_since(self, t_ns: int) -> Sequence[Trade]:
        """Our trades at or after `t_ns`."""
        return [self._foreign.trade(trade) for trade in self._up().exchange.account.trades_since(t_ns)]

    # -- mutations -------------------------------------------------------------------------------------------------

    async def place(self, command: PlaceOrder, tag: str) -> int:
        """Place an order."""
        self._refuse_prices_of_unknown(command)
        with self._change() as floor:
            return floor.exchange.place(command, "manager", _tag(tag))

    async def modify(self, command: ModifyOrder) -> None:
        """Change a working order."""
        self._refuse_prices_of_unknown(command)
        with self._change() as floor:
            floor.exchange.modify(command)

    async def cancel(self, order_id: int) -> None:
        """Cancel a working order."""
        with self._change() as floor:
            floor.exchange.cancel(order_id)

    async def close(self, contract: str, tag: str) -> None:
        """Close a position."""
        with self._change() as floor:
            floor.exchange.close(contract, "manager", _tag(tag))

    async def partial_close(self, contract: str, size: int, tag: str) -> None:
        """Close part of a position."""
        with self._change() as floor:
            floor.exchange.partial_close(contract, size, "manager", _tag(tag))

    def _refuse_prices_of_unknown(self, command: PlaceOrder | ModifyOrder) -> None:
        priced = command.limit_ticks is not None or command.stop_ticks is not None
        if priced and self._instruments.of_contract(command.contract) is None:
            raise VenueRefused(f"{command.contract}: prices of an unknown instrument cannot be written")

    @contextmanager
    def _change(self) -> Iterator[Floor]:
        """A mutation: durable, also where it was refused, before anybody hears of it."""
        floor = self._up()
        try:
            yield floor
        finally:
            floor.commit()
            self._changed.set()


def _tag(tag: str) -> str:
    try:
        return believable_tag(tag)
    except Unbelievable as error:
        raise VenueRefused(str(error)) from error
