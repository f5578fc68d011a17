"""The primitives: begin a session, restart the service in its midst, pass the night, end.

The venue plays a recorded session in lockstep and keeps its own ledger; the service guards the account on one state
directory, from the first session to the last. Time is the session's: a night, a weekend or a change of the clocks is
the next session, played to the state that the one before has left. The ledger is carried along in the same way, by the
venue and not by what the service believes.
"""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from runtime.assertions import resolve
from runtime.contract.expand import Places
from runtime.contract.model import Contract
from runtime.harness.actor import Actor, Halted, last_words
from runtime.harness.agreement import Compared, compare
from runtime.harness.moments import How, Restart
from runtime.harness.plan import HarnessPlan, fill
from runtime.logs.file import LogFollower
from runtime.observing.process import Finished, Launch, run_to_end
from runtime.observing.timeline import Entry, LogLine, read_log
from service_contract.atomic_files import make_private_dir

_MISSING = "(nothing there)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What is played: a session file, its script where it is not the one beside it, and when the venue is to wait."""

    file: Path
    script: Path | None = None
    holds: Sequence[str] = ()


class Staging:
    """One service, one venue, one state. Used as `async with`; nothing that was started is left behind."""

    def __init__(
        self, contract: Contract, plan: HarnessPlan, places: Places, environ: Mapping[str, str], limit_s: float
    ) -> None:
        """limit_s: how long anything that is waited for may take."""
        self.plan = plan
        self.places = places
        self.limit_s = limit_s
        self.played = 0
        self.overtaken: list[str] = []
        """What the venue said when it waited and the service was being ended already for another reason."""
        self._contract = contract
        self._environ = {name: value for name, value in environ.items() if name != "NOTIFY_SOCKET"}
        self._changed = asyncio.Event()
        self._actors: list[Actor] = []
        self._commands = 0
        self._venue: Actor | None = None
        self._service: Actor | None = None
        self._log = LogFollower(Path(places.text(contract.log)))

    async def __aenter__(self) -> Self:
        for directory in (self.places.run_dir, self.places.log_dir, self.places.state_dir):
            make_private_dir(directory)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for actor in (self._service, self._venue):
            if actor is not None:
                await actor.stop(How.TERM if error is None else How.KILL, self._contract.deadlines.stop_s)
        for actor in self._actors:
            actor.close()
        self._log.close()
        shutil.rmtree(self.places.socket_dir, ignore_errors=True)

    # -- the primitives --------------------------------------------------------------------------------------------

    async def begin(self, session: Session, *, snapshot: Path | None = None) -> None:
        """Begin with a session, from nothing or from a state as a file. Raises Halted."""
        if snapshot is not None:
            await self.command(self.plan.take_over, snapshot=snapshot)
        await self._play(session, snapshot)

    async def restart(self, how: How) -> int:
        """End the service and start it again on its state, while the venue goes on; returns its exit code.

        Raises Halted where it does not come back.
        """
        code = await self.halt(how)
        await self.resume()
        return code

    async def halt(self, how: How) -> int:
        """The first half of a restart: the service is down, the venue is not. Returns the service's exit code."""
        stopped = await self._serving().stop(how, self._contract.deadlines.stop_s)
        self._service = None
        waited = self._venue.heard() if self._venue is not None else ()
        self.overtaken += [_status(entry) for entry in waited if _says(entry, self.plan.held)]
        return stopped.code

    async def resume(self) -> None:
        """The second half: the service comes back. Raises Halted where it does not."""
        self._service = await self._start("service", self._contract.argv, f"service-{len(self._actors)}")
        await self._service.until(_is_ready, "ready", self.limit_s)

    async def overnight(self, session: Session, how: How = How.TERM) -> int:
        """End the day, and begin the next session on the state and the ledger that it left."""
        code = await self.end(how)
        await self._play(session, self.venue_dir(self.played))
        return code

    async def end(self, how: How = How.TERM) -> int:
        """End the day: the service first, then the venue; returns the service's exit code."""
        code = await self.halt(how)
        if self._venue is not None:
            await self._venue.stop(How.TERM, self._contract.deadlines.stop_s)
        self._venue = None
        return code

    # -- waiting ---------------------------------------------------------------------------------------------------

    async def until(self, wanted: Sequence[Restart] = ()) -> Restart | str | None:
        """Wait for what comes first: one of these checkpoints of the service; the venue waits (in its own words); the
        session is over (None). Raises Halted.
        """
        service, venue = self._serving(), self._venue
        if venue is None:
            raise Halted("nothing is played")
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limit_s):
                while True:
                    self._changed.clear()
                    codes = service.code, venue.code
                    for entry in service.heard():
                        reached = _reached(entry, wanted)
                        if reached is not None or _says(entry, self.plan.ended):
                            return reached
                    waits = next((_status(entry) for entry in venue.heard() if _says(entry, self.plan.held)), None)
                    if waits is not None:
                        return waits
                    for actor, code in zip((service, venue), codes, strict=True):
                        if code is not None:
                            raise actor.halted("ended in the midst of the session")
                    await self._changed.wait()
        raise Halted(f"the session was not over within {self.limit_s:g} s")

    async def service_says(self, text: str) -> Entry:
        """Wait for a STATUS= message of the service that begins so. Raises Halted."""
        return await self._serving().until(lambda entry: _says(entry, text), text, self.limit_s)

    # -- looking ---------------------------------------------------------------------------------------------------

    async def status(self) -> object:
        """What the service says of itself, as JSON; also after it has ended."""
        return await self.document(self.plan.status)

    async def ledger(self) -> object:
        """What the venue's ledger of the last session says, as JSON."""
        return await self.document(self.plan.ledger)

    async def kept(self) -> dict[str, object]:
        """What a restart must leave as it was."""
        status = await self.status()
        found = {pointer: resolve(status, pointer) for pointer in self.plan.keeps}
        return {pointer: value if there else _MISSING for pointer, (there, value) in found.items()}

    async def compared(self) -> tuple[Compared, ...]:
        """Every figure that both must have."""
        status, ledger = await self.status(), await self.ledger()
        return tuple(compare(agreement, status, ledger) for agreement in self.plan.agree)

    async def decisions(self) -> list[str]:
        """The journal's decisions, a line each; none where the service has no journal to show."""
        if not self.plan.journal:
            return []
        done = await self.command(self.plan.journal)
        return done.stdout.read_text(encoding="utf-8").splitlines()

    def new_log_lines(self) -> list[LogLine]:
        """What the service wrote to its log since the last time."""
        return list(read_log(self._log.read_new()))

    async def document(self, argv: Sequence[str]) -> object:
        """Run a command and read the JSON that it prints. Raises Halted."""
        done = await self.command(argv)
        try:
            return msgspec.json.decode(done.stdout.read_bytes())
        except msgspec.DecodeError as error:
            raise Halted(f"{' '.join(done.argv)}: its output is not JSON: {error}") from error

    async def command(self, argv: Sequence[str], *, snapshot: Path | None = None) -> Finished:
        """Run a command of the plan to its end. Raises Halted where it fails."""
        if not argv:
            raise Halted(f"{self._contract.file}: the harness section does not say how to do this")
        self._commands += 1
        values = {"venue_dir": str(self.venue_dir(self.played)), "snapshot": str(snapshot)}
        launch = self._launch("command", [fill(text, values) for text in argv], f"command-{self._commands}")
        done = await run_to_end(launch, self.limit_s)
        if done.code != 0:
            raise Halted(f"{' '.join(done.argv)}: exit code {done.code}: {last_words(done.stderr)}", done.code)
        return done

    def venue_dir(self, number: int) -> Path:
        """Where the ledger of the n-th session is."""
        return self.places.state_dir / f"venue-{number}"

    # -- starting --------------------------------------------------------------------------------------------------

    async def _play(self, session: Session, carried: Path | None) -> None:
        """Start the venue on a session, then the service."""
        plan, values = self.plan, {"session": str(session.file), "script": str(session.script)}
        self.played += 1
        values |= {"venue_dir": str(self.venue_dir(self.played)), "carried": str(carried)}
        argv = [*plan.venue, *(plan.script if session.script else ()), *(plan.carry if carried else ())]
        argv += [fill(text, {"moment": moment}) for moment in session.holds for text in plan.hold]
        self._venue = await self._start("venue", [fill(text, values) for text in argv], f"venue-{self.played}")
        await self._venue.until(_is_ready, "ready", self._contract.deadlines.companion_s)
        await self.resume()

    async def _start(self, name: str, argv: Sequence[str], file: str) -> Actor:
        address = self.places.socket_dir / f"n{len(self._actors)}"
        actor = Actor(self._launch(name, argv, file), address, self._changed)
        self._actors.append(actor)
        await actor.start()
        return actor

    def _launch(self, name: str, argv: Sequence[str], file: str) -> Launch:
        places = self.places
        stdout, stderr = places.run_dir / f"{file}.stdout.log", places.run_dir / f"{file}.stderr.log"
        env = {**self._environ, **places.text_map(self._contract.env)}
        return Launch(name, places.texts(argv), env, places.project, stdout, stderr)

    def _serving(self) -> Actor:
        if self._service is None:
            raise Halted("the service is not running")
        return self._service


def _is_ready(entry: Entry) -> bool:
    return entry.said is not None and entry.said.fields.get("READY") == "1"


def _status(entry: Entry) -> str:
    return entry.said.fields.get("STATUS", "") if entry.said is not None else ""


def _says(entry: Entry, text: str) -> bool:
    return _status(entry).startswith(text)


def _reached(entry: Entry, wanted: Sequence[Restart]) -> Restart | None:
    seen = entry.checkpoint
    if seen is None:
        return None
    phases = {None, seen.detail.get("phase")}
    return next((each for each in wanted if each.checkpoint == seen.n and each.phase in phases), None)
