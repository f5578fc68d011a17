"""A side that somebody else runs: asked by a probe whether it is there, its log and its decisions read from outside."""

from collections.abc import Callable

from runtime.clocks import monotonic_ns, seconds_between
from runtime.shadow.asking import ask_fresh
from runtime.shadow.plan import Asked
from runtime.shadow.side import Fault, LogFaults, Look, SideRequest, follower_of
from runtime.shadow.signals import CRASHES, GAPS, HEARTBEATS, RESTARTS, Signals

_SEEN = (CRASHES,)
_UNSEEN = (HEARTBEATS, RESTARTS, GAPS)
"""What only whoever started a service hears of it."""


class Attached:
    """Implements `side.Side`. every_s: between two probes."""

    def __init__(self, request: SideRequest, asked: Asked, every_s: float, on_change: Callable[[], None]) -> None:
        self.request = request
        self.signals = Signals()
        self.is_green = False
        self.has_input = False
        self.dealt_with: float | None = None
        self.counts_events = False
        self._asked = asked
        self._every_ns = int(every_s * 1e9)
        self._log = LogFaults(request, self.signals)
        self._follower = follower_of(request, on_change)
        self._problem = "it has not been asked yet"
        self._is_there = False
        self._next_ns = 0
        self._looked_ns = monotonic_ns()
        self.signals.cannot_tell((*_SEEN, *_UNSEEN))

    @property
    def pid(self) -> int | None:
        """Not ours to know."""
        return None

    async def start(self) -> None:
        """Nothing: it runs already."""

    async def look(self) -> Look:
        """Ask, where it is time, and read."""
        now_ns, look = monotonic_ns(), Look()
        passed_s, self._looked_ns = seconds_between(self._looked_ns, now_ns), now_ns
        look.decided = await self._follower.look()
        look.faults += self._log.look()
        if now_ns >= self._next_ns:
            await self._probe(look)
            self._next_ns = monotonic_ns() + self._every_ns
        problem = self._problem or self._follower.problem
        look.unsure = f"{self.request.who.value}: {problem}" if problem else ""
        look.blind = not self._is_there
        self.is_green = self._is_there and not problem
        self.has_input = self._is_there
        self.signals.up_s += passed_s if self._is_there else 0
        self.signals.healthy_s += passed_s if self.is_green and not look.faults else 0
        return look

    async def _probe(self, look: Look) -> None:
        reading = await ask_fresh(self.request, self._asked, "probe")
        if reading.agrees is None:
            self._problem = reading.problem or "; ".join(str(answer) for answer in reading.answers)
            return
        self.signals.can_tell(_SEEN)
        self._problem = ""
        if not reading.agrees:
            what = "; ".join(str(answer) for answer in reading.answers if answer.holds is False)
            self._problem = f"it is not there: {what}"
            if self._is_there:
                look.faults.append(Fault(self.request.who, CRASHES, self._problem))
        self._is_there = reading.agrees

    async def stop(self) -> None:
        """Stop asking; the service goes on."""
        await self._follower.stop()
        self._log.close()
