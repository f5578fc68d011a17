"""A tape that never ends: the session and its script again and again, each lap later by the session's length.

For soaks, which need a market and a trader for as long as they last. An item's position still means the same after a
restart, because a lap depends on nothing but the files and its number.
"""

from collections.abc import Iterator, Mapping

import msgspec

from risk_manager.domain.events import SessionEnded
from risk_manager.domain.instruments import Instrument
from risk_manager.errors import SessionFileInvalid
from risk_manager.sdk.sessions.lines import Line
from risk_manager.sdk.sessions.reader import Malformed, Session
from risk_manager.sdk.sessions.script import Script
from risk_manager.sdk.simulated.tape import DEFAULT_STEP_NS, Item, Tape

_MOST_EMPTY_LAPS = 2


class Lap:
    """A session as it looks when all of it happens `by_ns` later."""

    def __init__(self, session: Session, by_ns: int) -> None:
        self.path = session.path
        self.events = session.events
        self.instruments = session.instruments
        self.start_ns = session.start_ns + by_ns
        self.end_ns = session.end_ns + by_ns
        self._session = session
        self._by_ns = by_ns

    def batches(self) -> Iterator[list[Line | Malformed]]:
        """All events of this lap in order."""
        for batch in self._session.batches():
            yield [self._later(line) for line in batch]

    def _later(self, line: Line | Malformed) -> Line | Malformed:
        if isinstance(line, Malformed):
            return line
        # numbers of messages would run backward in the next lap, so a lap has none
        return msgspec.structs.replace(line, tv=line.tv + self._by_ns, tl=line.tl + self._by_ns, n=0)


class EndlessTape:
    """Plays laps of one session; `read` never returns nothing."""

    def __init__(
        self,
        session: Session,
        script: Script,
        *,
        instruments: Mapping[str, Instrument] | None = None,
        step_ns: int = DEFAULT_STEP_NS,
    ) -> None:
        """Raises SessionFileInvalid for a session or script that cannot be repeated."""
        self._length_ns = session.end_ns - session.start_ns
        if session.header.end is None or not session.events or self._length_ns <= 0:
            raise SessionFileInvalid(
                f"{session.path}: cannot be repeated: its header names no end, or it has no events",
                hint="choose a session whose header has an end, for example soak",
            )
        named = next((action for action in script.actions if action.name and action.verb in ("buy", "sell")), None)
        if named is not None:
            raise SessionFileInvalid(
                f"script line {named.line}: the name {named.name} would be used again in the next lap",
                hint="a script that is repeated names no orders; cancel all of them with the name all",
            )
        self._session = session
        self._script = script
        self._instruments = instruments
        self._step_ns = step_ns
        self._lap = 0
        self._tape = self._tape_of(0)

    def read(self) -> list[Item]:
        """The next items, some thousand at a time; where a lap ends the next one begins, and no session ends."""
        for _ in range(_MOST_EMPTY_LAPS):
            while items := self._tape.read():
                kept: list[Item] = [item for item in items if not isinstance(item, SessionEnded)]
                if kept:
                    return kept
            self._lap += 1
            self._tape = self._tape_of(self._lap)
        return []

    def _tape_of(self, lap: int) -> Tape:
        by_ns = lap * self._length_ns
        actions = tuple(
            action if action.at_ns is None else msgspec.structs.replace(action, at_ns=action.at_ns + by_ns)
            for action in self._script.actions
        )
        script = msgspec.structs.replace(self._script, actions=actions)
        return Tape(Lap(self._session, by_ns), script, instruments=self._instruments, step_ns=self._step_ns)
