"""A session, its script and the passing of time as one sequence of items, in the order in which they happen.

An item is a market event, a `TimeAdvanced`, an `Action` of the script, an `InputRefused` where a line could not be
believed, and at the end `SessionEnded`. The sequence depends on nothing but the files and the step, so "the exchange
has come to item 1234" means the same after a restart. Half a million lines pass through `_play`: its short path takes
an ordinary trade, everything else takes the long one.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from risk_manager.domain.events import (
    Event,
    InputRefused,
    MarketStatus,
    MarketTrade,
    Quote,
    SessionEnded,
    TimeAdvanced,
)
from risk_manager.domain.instruments import Instrument
from risk_manager.errors import SessionFileInvalid
from risk_manager.sdk.normalise import MAX_SIZE, PriceReader, Unbelievable, iso, shown, size
from risk_manager.sdk.sessions.lines import DepthLine, Line, QuoteLine, StatusLine, TradeLine
from risk_manager.sdk.sessions.reader import Malformed
from risk_manager.sdk.sessions.script import Action, Script

Item = Event | Action

DEFAULT_STEP_NS = 1_000_000_000
"""Venue time is told at least this often, also through silence."""


class Played(Protocol):
    """What a tape needs of a session."""

    path: Path
    start_ns: int
    end_ns: int
    instruments: dict[str, Instrument]

    @property
    def events(self) -> int:
        """How many lines it has."""

    def batches(self) -> Iterator[list[Line | Malformed]]:
        """All events in order."""


class Reel(Protocol):
    """Whatever hands out items in the order in which they happen."""

    def read(self) -> list[Item]:
        """The next ones; an empty list when all is over."""


class _Track:
    """What the tape remembers of one contract: the merged quote, and how far its lines have come."""

    __slots__ = ("ask", "bid", "contract", "known", "last", "number", "price", "t_ns")

    def __init__(self, contract: str, instrument: Instrument) -> None:
        self.contract = contract
        self.price = PriceReader(instrument)
        self.known = self.price.known
        self.bid: int | None = None
        self.ask: int | None = None
        self.last: int | None = None
        self.number = 0
        self.t_ns = 0

    def merge(self, line: QuoteLine) -> None:
        """Take a quote; what it leaves out stays, unless the new side crosses it: then that is not known any more."""
        bid, ask, last = (None if text is None else self.price(text) for text in (line.b, line.a, line.l))
        if bid is not None and ask is not None and bid > ask:
            raise Unbelievable(f"crossed: bid {shown(line.b)} above ask {shown(line.a)}")
        if bid is not None:
            self.bid, self.ask = bid, self.ask if self.ask is not None and self.ask >= bid else None
        if ask is not None:
            self.ask, self.bid = ask, self.bid if self.bid is not None and self.bid <= ask else None
        self.last = self.last if last is None else last


class Tape:
    """Plays one session file with its script. `read` until it returns nothing."""

    def __init__(
        self,
        session: Played,
        script: Script,
        *,
        instruments: Mapping[str, Instrument] | None = None,
        step_ns: int = DEFAULT_STEP_NS,
    ) -> None:
        self.now_ns = session.start_ns
        self._end_ns = session.end_ns
        self._tracks = {c: _Track(c, i) for c, i in (instruments or session.instruments).items()}
        self._batches: Iterator[list[Line | Malformed]] | None = session.batches()
        self._step_ns = step_ns
        self._next_step_ns = (session.start_ns // step_ns + 1) * step_ns
        timed = [(action.at_ns, action) for action in script.actions if action.at_ns is not None]
        self._timed = [action for _, action in sorted(timed, key=lambda pair: pair[0])]
        counted = [(action.after_event, action) for action in script.actions if action.after_event is not None]
        self._counted = sorted(counted, key=lambda pair: pair[0])
        if self._counted and self._counted[-1][0] > session.events:
            wanted, action = self._counted[-1]
            where = f"script line {action.line}" if action.line else f"--hold-at {action.name}"
            message = f"{where}: event {wanted}, but {session.path} has only {session.events}"
            raise SessionFileInvalid(message, hint="choose an event that the session has")
        self._seen = 0
        self._stop_ns = self._next_stop_ns()

    def read(self) -> list[Item]:
        """The next items, some thousand at a time; an empty list when all is over."""
        items: list[Item] = []
        while not items and self._batches is not None:
            items += self._due_by_count()
            batch = next(self._batches, None)
            if batch is None:
                self._batches = None
                items += self._the_end()
            while batch:
                until = self._counted[0][0] - self._seen if self._counted else len(batch)
                self._play(batch[:until] if until < len(batch) else batch, items)
                self._seen += min(until, len(batch))
                batch = batch[until:]
                items += self._due_by_count()
        return items

    def _due_by_count(self) -> list[Item]:
        due: list[Item] = []
        while self._counted and self._counted[0][0] <= self._seen:
            due.append(self._counted.pop(0)[1])
        return due

    def _play(self, batch: list[Line | Malformed], items: list[Item]) -> None:
        tracks = self._tracks
        add = items.append
        end_ns = self._end_ns
        now_ns = self.now_ns
        stop_ns = self._stop_ns
        for line in batch:
            if type(line) is TradeLine and not line.n:
                t_ns = line.tv
                if stop_ns <= t_ns <= end_ns:
                    stop_ns = self._pass_time(t_ns, items)
                if now_ns <= t_ns < stop_ns and 0 < (traded := line.s) <= MAX_SIZE:
                    track = tracks.get(line.c)
                    if track is not None:
                        ticks = track.known.get(line.p)
                        if ticks is not None:
                            track.last = ticks
                            track.t_ns = now_ns = t_ns
                            add(MarketTrade(t_ns, track.contract, ticks, traded))
                            continue
            self.now_ns = max(self.now_ns, now_ns)
            self._take(line, items)
            now_ns = self.now_ns
            stop_ns = self._stop_ns
        self.now_ns = max(self.now_ns, now_ns)

    def _take(self, line: Line | Malformed, items: list[Item]) -> None:
        """The long path: every check, any kind of line."""
        if isinstance(line, Malformed):
            items.append(InputRefused(self.now_ns, "session line", line.why))
            return
        try:
            track = self._believable(line)
            if line.tv >= self._stop_ns:
                self._pass_time(line.tv, items)
            event = self._event(line, track, max(self.now_ns, line.tv))
        except Unbelievable as error:
            kind = type(line).__name__.removesuffix("Line").lower()
            items.append(InputRefused(self.now_ns, f"session {kind} {shown(line.c)}", str(error)))
            return
        self.now_ns = max(self.now_ns, line.tv)
        track.t_ns = line.tv
        if event is not None:
            items.append(event)

    def _believable(self, line: Line) -> _Track:
        track = self._tracks.get(line.c)
        if track is None:
            raise Unbelievable(f"contract {shown(line.c)} is not listed in the header")
        if line.n:
            if line.n <= track.number:
                raise Unbelievable(f"number {line.n} after {track.number}: a duplicate, or out of order")
            track.number = line.n
        if line.tv < track.t_ns or line.tv > self._end_ns:
            told = iso(line.tv) if 0 <= line.tv <= self._end_ns else str(line.tv)
            why = "runs backward" if line.tv < track.t_ns else f"is after the session's end {iso(self._end_ns)}"
            raise Unbelievable(f"time {told} {why}")
        return track

    def _event(self, line: Line, track: _Track, t_ns: int) -> Event | None:
        if isinstance(line, TradeLine):
            ticks = track.price(line.p)
            traded = size(line.s)
            track.last = ticks
            return MarketTrade(t_ns, track.contract, ticks, traded)
        if isinstance(line, QuoteLine):
            track.merge(line)
            return Quote(t_ns, track.contract, track.bid, track.ask, track.last)
        if isinstance(line, StatusLine):
            if line.st not in ("open", "halted", "closed"):
                raise Unbelievable(f"status {shown(line.st)} is not open, halted or closed")
            return MarketStatus(t_ns, track.contract, line.st)  # type: ignore[arg-type]  # one of the three, just checked
        _check_depth(line, track)
        return None

    # -- time ------------------------------------------------------------------------------------------------------

    def _next_stop_ns(self) -> int:
        action_ns = self._timed[0].at_ns if self._timed else None
        return self._next_step_ns if action_ns is None else min(self._next_step_ns, action_ns)

    def _pass_time(self, t_ns: int, items: list[Item]) -> int:
        """Let time reach `t_ns`: tell it step by step, and let script actions happen on their way."""
        while self._timed and self._stop_ns <= t_ns:
            action_ns = self._timed[0].at_ns or 0
            if action_ns < self._next_step_ns:
                items.append(self._timed.pop(0))
            else:
                self._step_to(min(t_ns, action_ns), items)
            self._stop_ns = self._next_stop_ns()
        if self._stop_ns <= t_ns:
            self._step_to(t_ns, items)
            self._stop_ns = self._next_step_ns
        self.now_ns = t_ns
        return self._stop_ns

    def _step_to(self, t_ns: int, items: list[Item]) -> None:
        steps = range(self._next_step_ns, t_ns + 1, self._step_ns)
        items.extend(map(TimeAdvanced, steps))
        self._next_step_ns = steps[-1] + self._step_ns

    def _the_end(self) -> list[Item]:
        """What the script still wants after the last market event; then it is over."""
        items: list[Item] = []
        while self._timed:
            self._pass_time(self._timed[0].at_ns or 0, items)
        items.append(SessionEnded(self.now_ns))
        return items


def _check_depth(line: DepthLine, track: _Track) -> None:
    """Depth is checked like the rest and then left: matching uses the best prices only."""
    track.price(line.p)
    size(line.s, least=0)
    if line.side not in ("bid", "ask"):
        raise Unbelievable(f"side {shown(line.side)} is neither bid nor ask")
