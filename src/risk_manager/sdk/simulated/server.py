"""The exchange as a process: a unix socket, several clients, and the two ways in which its time goes on.

In `free` time goes by the clock, and whoever listens is told. In `lockstep` one manager asks for each batch and says
how far he got; time stands while he is busy or away, though people may trade by hand meanwhile. The latest manager to
subscribe drives; the one before is cut off, as he is when he signs in twice at a real venue.

Everything that happened is durable in the ledger before any client is told.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from risk_manager.domain.events import Event, SessionEnded, TimeAdvanced
from risk_manager.errors import DataDirUnusable, VenueError, VenueRefused
from risk_manager.sdk.normalise import iso
from risk_manager.sdk.simulated import wire
from risk_manager.sdk.simulated.account import UNNAMED
from risk_manager.sdk.simulated.desk import Desk
from risk_manager.sdk.simulated.floor import Floor
from risk_manager.sdk.simulated.pace import Pace
from risk_manager.sdk.simulated.requests import MUTATIONS, answer, tag_of
from risk_manager.sdk.simulated.scenarios import Scenario
from risk_manager.sdk.simulated.to_wire import WireWriter, contract_line

Mode = Literal["lockstep", "free"]

FREE_TURN_S = 0.25
_GARBAGE = b"\x15\x03\x01 not the protocol\n"
_GARBAGE_LINES = 400
_MAX_SOCKET_PATH_BYTES = 100


class Server:
    """Serves one floor until told to stop."""

    def __init__(
        self,
        floor: Floor,
        *,
        mode: Mode,
        pace: Pace,
        scenario: Scenario,
        socket: Path,
        observer_socket: Path | None = None,
        begin_with: int = 0,
    ) -> None:
        """observer_socket: a second door; who comes through it may only look on. begin_with: time begins once so many
        clients listen; 0: at once, or where the scenario repeats with the first manager.
        """
        floor.stage.stops_at_holds = mode == "lockstep"
        self.exchange = floor.exchange
        self.writer = WireWriter(floor.exchange.account.listings)
        self._floor = floor
        self._mode = mode
        self._pace = pace
        self._scenario = scenario
        self._doors = [(socket, False), *([(observer_socket, True)] if observer_socket is not None else [])]
        self._begin_with = begin_with
        self._desks: set[Desk] = set()
        self._driver: Desk | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._events_told = 0
        self._begun = not scenario.repeats and not begin_with  # or nobody knows what happened before they came
        self._failure: BaseException | None = None
        self.on_held: Callable[[str], None] = lambda _text: None
        """Told when time stands until another manager signs in."""
        self._stopping = asyncio.Event()

    async def serve(self, on_ready: Callable[[], None]) -> None:
        """Serve until `stop`. Raises what broke the exchange, DataDirUnusable where the socket cannot be made."""
        servers = await self._open_doors() if self._scenario.listens else []
        on_ready()
        self._pace.start(self.exchange.now_ns)
        try:
            while not self._stopping.is_set():
                plays = self._mode == "free" and self._scenario.listens and self._scenario.tells
                wait_s = None if not plays else self._play_freely() if self._begun else FREE_TURN_S
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), wait_s)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for desk in list(self._desks):
                desk.hang_up()
            self._close_doors(servers)
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop serving."""
        self._stopping.set()

    async def _open_doors(self) -> list[asyncio.AbstractServer]:
        servers: list[asyncio.AbstractServer] = []
        try:
            for socket, only_looks_on in self._doors:
                servers.append(await self._listen(socket, only_looks_on=only_looks_on))
        except DataDirUnusable:
            self._close_doors(servers)
            raise
        return servers

    def _close_doors(self, servers: list[asyncio.AbstractServer]) -> None:
        for (socket, _), server in zip(self._doors, servers, strict=False):  # the last door may not have opened
            server.close()
            _vacate(socket)

    async def _listen(self, socket: Path, *, only_looks_on: bool) -> asyncio.AbstractServer:
        path = str(socket)
        if len(os.fsencode(path)) > _MAX_SOCKET_PATH_BYTES:
            raise DataDirUnusable(
                f"{path}: {len(os.fsencode(path))} bytes are too long for a socket's path",
                hint=f"use --socket with a path of at most {_MAX_SOCKET_PATH_BYTES} bytes",
            )
        loop = asyncio.get_running_loop()
        umask = os.umask(0o177)
        try:
            _vacate(socket)  # the ledger's lock says that nobody serves it any more
            return await loop.create_unix_server(lambda: Desk(self, only_looks_on=only_looks_on), path)
        except OSError as error:
            raise DataDirUnusable(f"{path}: {error.strerror or error}", hint="name another --socket") from error
        finally:
            os.umask(umask)

    # -- clients ---------------------------------------------------------------------------------------------------

    def arrived(self, desk: Desk) -> None:
        """A client connected."""
        self._desks.add(desk)

    def left(self, desk: Desk) -> None:
        """A client is gone; without its driver lockstep time stands."""
        self._desks.discard(desk)
        if desk is self._driver:
            self._driver = None

    def asked(self, desk: Desk, request: wire.Request) -> None:
        """A client asks. Whatever goes wrong inside ends the exchange loudly, not this client's connection quietly."""
        if not self._scenario.answers:
            return
        try:
            self._handle_or_refuse(desk, request)
        except Exception as error:  # noqa: BLE001 -- a callback of asyncio: it must not swallow what serve() raises
            self._failure = error
            self.stop()

    def _handle_or_refuse(self, desk: Desk, request: wire.Request) -> None:
        try:
            self._handle(desk, request)
        except VenueError as error:
            self._floor.commit()
            desk.refuse(request, error)

    def _handle(self, desk: Desk, request: wire.Request) -> None:
        if isinstance(request, wire.Login):
            desk.reply(request, msgspec.Raw(wire.encoder.encode(self._login(desk, request))))
        elif desk.role is None:
            raise VenueRefused("not logged in", hint="send a login first")
        elif isinstance(request, wire.Subscribe):
            self._subscribe(desk)
            desk.reply(request, msgspec.Raw(b"true"))
        elif isinstance(request, wire.Next | wire.Processed):
            self._lockstep(desk, request)
        else:
            if desk.role == "observer" and isinstance(request, MUTATIONS):
                self.exchange.account.turn_away(type(request).__name__.lower(), tag_of(request))
                raise VenueRefused("an observer only looks on", hint="log in as manager or manual")
            ok = answer(desk, request)
            self._floor.commit()
            desk.reply(request, ok)
            self._after_change()

    def _login(self, desk: Desk, request: wire.Login) -> wire.Welcome:
        if self._scenario.refuses_login:
            raise VenueRefused("login refused: invalid credentials", hint="scenario refuse; choose another --scenario")
        if self.exchange.refuses_logins:
            raise VenueRefused("login refused: invalid credentials", hint="the script refuses logins for now")
        if request.protocol != wire.PROTOCOL:
            raise VenueRefused(f"protocol {request.protocol} is not spoken here; {wire.PROTOCOL} is")
        account = self.exchange.account
        if desk.only_looks_on:  # he names nothing: an account without a name waits for its manager
            if request.account is not None and account.name != UNNAMED:
                account.take_name(request.account)
        elif request.account is not None:
            account.take_name(request.account)
        elif request.role == "manager":
            raise VenueRefused("a manager names his account")
        if request.role == "manager":
            self._floor.stage.let_in()
        self._floor.commit()
        desk.role = "observer" if desk.only_looks_on else request.role
        return wire.Welcome(
            account=account.name,
            account_id="1",
            t_ns=account.now_ns,
            lockstep=self._mode == "lockstep" and desk.role == "manager",
            contracts=[contract_line(listing) for listing in account.listings.values()],
        )

    def _subscribe(self, desk: Desk) -> None:
        desk.is_subscribed = True
        if self._mode == "lockstep" and desk.role == "manager":
            if self._driver is not None and self._driver is not desk:
                self._driver.hang_up()
            self._driver = desk
            desk.waiting = None
            self._floor.stage.subscribe()
            self._pace.start(self.exchange.now_ns)
        if not self._begun and self._enough_listen():
            self._begun = True
            self._pace.start(self.exchange.now_ns)
            self._offer()

    def _enough_listen(self) -> bool:
        listening = [desk for desk in self._desks if desk.is_subscribed]
        if self._begin_with:
            return len(listening) >= self._begin_with
        return any(desk.role == "manager" for desk in listening)

    # -- lockstep --------------------------------------------------------------------------------------------------

    def _lockstep(self, desk: Desk, request: wire.Next | wire.Processed) -> None:
        if desk is not self._driver:
            raise VenueRefused("this client does not drive the exchange's time", hint="subscribe as a manager first")
        if isinstance(request, wire.Processed):
            if request.count < 0:
                raise VenueRefused(f"processed {request.count} events?")
            self._floor.stage.processed(request.count)
            self._floor.commit()
            self._tell_onlookers()
        else:
            desk.waiting = request.id
            self._offer()

    def _offer(self) -> None:
        """Give the driver the next batch, if he waits for one and there is one; else look again when it is time."""
        driver = self._driver
        if driver is None or driver.waiting is None or not self._scenario.tells or not self._begun:
            return
        if self._scenario.breaks and self._events_told:
            driver.send_raw(_GARBAGE * _GARBAGE_LINES)
            return
        stage = self._floor.stage
        stood = stage.held is not None
        events = stage.offer(self._pace.until_ns())
        self._floor.commit()
        if stage.held is not None and not stood and not stage.wants_disconnect:
            self.on_held(f"held {stage.held.name} at {iso(self.exchange.now_ns)}")
        if stage.wants_disconnect:
            driver.hang_up()
            return
        if events:
            self._events_told += len(events)
            driver.answer_next(events)
        elif (next_ns := stage.next_event_ns()) is not None:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(self._pace.wait_s(next_ns), self._offer_again)

    def _offer_again(self) -> None:
        try:
            self._offer()
        except Exception as error:  # noqa: BLE001 -- a callback of asyncio: it must not swallow what serve() raises
            self._failure = error
            self.stop()

    # -- free ------------------------------------------------------------------------------------------------------

    def _play_freely(self) -> float:
        """Let everything happen that is due; returns how long to wait."""
        stage = self._floor.stage
        until_ns = self._pace.until_ns()
        events = stage.offer(until_ns)
        stage.processed(len(events))
        if stage.wants_disconnect:
            stage.wants_disconnect = False
            for desk in self._desks:
                if desk.role == "manager" or desk.only_looks_on:
                    desk.hang_up()
        next_ns = stage.next_event_ns()
        if next_ns is None and not events:
            return self._go_on_after_the_end()
        self._floor.commit()
        self._tell_onlookers()
        return 0.0 if next_ns is None else min(self._pace.wait_s(next_ns), FREE_TURN_S)

    def _go_on_after_the_end(self) -> float:
        """The session is over, the venue is not: time goes on and the last prices stay."""
        until_ns = self._pace.until_ns()
        step_ns = int(FREE_TURN_S * 1e9)
        self.exchange.pass_time(self.exchange.now_ns + step_ns if until_ns is None else until_ns)
        self._floor.stage.collect()
        self._floor.commit()
        self._push([*self._floor.take_told(), TimeAdvanced(self.exchange.now_ns)])
        return FREE_TURN_S

    # -- telling ---------------------------------------------------------------------------------------------------

    def _after_change(self) -> None:
        """Somebody traded: the driver's batch or the next push carries it."""
        if self._mode == "lockstep":
            self._floor.stage.collect()
            self._offer()
        else:
            self._floor.stage.collect()
        self._tell_onlookers()

    def _tell_onlookers(self) -> None:
        """Push what happened to all who did not ask for it batch by batch."""
        self._push(self._floor.take_told())

    def _push(self, events: list[Event]) -> None:
        if self._mode == "free":
            events = [event for event in events if type(event) is not SessionEnded]
        if not events or not self._scenario.tells:
            return
        for desk in list(self._desks):
            if desk.is_subscribed and desk is not self._driver:
                if self._scenario.breaks and self._events_told:
                    desk.send_raw(_GARBAGE * _GARBAGE_LINES)
                desk.push(events)
        self._events_told += len(events)


def _vacate(socket: Path) -> None:
    socket.unlink(missing_ok=True)
