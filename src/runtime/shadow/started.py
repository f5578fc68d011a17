"""A side that we start, watch by its messages, and start again where it fails."""

from collections.abc import Callable
from contextlib import ExitStack

from runtime.clocks import monotonic_ns, seconds_between
from runtime.observing.notify_socket import NotifySocket
from runtime.observing.process import Launch, start
from runtime.shadow.hearing import Hearing
from runtime.shadow.side import Fault, LogFaults, Look, SideRequest, follower_of
from runtime.shadow.signals import CRASHES, GAPS, HEARTBEATS, OWN, RESTARTS, Signals
from runtime.watch.watched import Life, Limits, Vitals, trouble
from service_contract.atomic_files import make_private_dir

RESTARTS_MOST = 5
_PAUSE_FIRST_S = 0.5
_PAUSE_MOST_S = 30.0
_CRASHES = {"WATCH-003", "WATCH-005"}


class Started:
    """Implements `side.Side`."""

    def __init__(self, request: SideRequest, limits: Limits, on_change: Callable[[], None]) -> None:
        self.request = request
        self.signals = Signals()
        self.is_green = False
        self.has_input = False
        self.dealt_with: float | None = None
        self.counts_events = request.plan.events is not None
        self._limits = limits
        self._on_change = on_change
        self._log = LogFaults(request, self.signals)
        self._follower = follower_of(request, on_change)
        self._hearing = Hearing(request.contract, request.plan.events)
        self._socket: NotifySocket | None = None
        self._life: Life | None = None
        self._again_ns = 0
        self._pause_s = _PAUSE_FIRST_S
        self._lives = 0
        self._was_ready = False
        self._looked_ns = 0

    async def start(self) -> None:
        """Start one life. Raises NotStarted."""
        for directory in (self.request.places.run_dir, self.request.places.state_dir, self.request.places.log_dir):
            make_private_dir(directory)
        self._lives += 1
        path = self.request.notify_dir / f"{self.request.who.value[:4]}{self._lives}"
        self._hearing = Hearing(self.request.contract, self.request.plan.events)
        self._socket = NotifySocket(path, self._on_change)
        plain = self.request.launch("service", self.request.argv, "service")
        environ = {
            **plain.env,
            "NOTIFY_SOCKET": str(path),
            "WATCHDOG_USEC": str(int(self._limits.heartbeat_s * 1e6)),
        }
        launch = Launch(plain.name, plain.argv, environ, plain.cwd, plain.stdout, plain.stderr)
        with ExitStack() as undo:
            undo.callback(self._socket.close)
            child = await start(launch, self._on_change)
            undo.pop_all()
        self.signals.can_tell(OWN)
        self._life = Life(child, self._socket, self._hearing.take)
        self._looked_ns = child.started_ns

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self._life.child.pid if self._life is not None else None

    async def look(self) -> Look:
        """Hear, judge, and start again where it is time. Raises NotStarted."""
        now_ns, look = monotonic_ns(), Look()
        passed_s, self._looked_ns = seconds_between(self._looked_ns, now_ns), now_ns
        look.decided = await self._follower.look()
        look.faults += self._log.look()
        if self._life is None:
            await self._start_again(now_ns, look)
            return look
        self._life.hear()
        if passed_s > max(1.0, self._limits.heartbeat_s / 2):
            self._life.forgive(int(passed_s * 1e9))  # we did not look: that is not its silence
        vitals = self._life.vitals(now_ns)
        look.faults += [Fault(self.request.who, GAPS, each) for each in self._hearing.take_news()]
        found = trouble(vitals, self._limits)
        if found is not None:
            await self._fail(found, vitals, look)
            return look
        self.has_input, self.dealt_with = self._hearing.has_input, self._hearing.dealt_with
        look.unsure = self._unsure(vitals)
        look.blind = vitals.ready_s is None
        self.is_green = not look.unsure
        self.signals.up_s += passed_s
        self.signals.healthy_s += passed_s if self.is_green and not look.faults else 0
        return look

    def _unsure(self, vitals: Vitals) -> str:
        name = self.request.who.value
        if vitals.ready_s is None:
            return f"{name} is booting"
        if not self.has_input:
            return f"{name} has had no input yet"
        return f"{name}: {self._follower.problem}" if self._follower.problem else ""

    async def _fail(self, found: tuple[str, str], vitals: Vitals, look: Look) -> None:
        cause, what = found
        self.is_green, look.blind = False, True
        signal = CRASHES if cause in _CRASHES else HEARTBEATS
        look.faults.append(Fault(self.request.who, signal, f"{cause} {what}"))
        await self._end_life()
        if vitals.ready_s is not None:
            self._was_ready = True
        if not self._was_ready or self._lives > RESTARTS_MOST:
            how = f"failed {self._lives} times" if self._was_ready else "never got ready"
            look.gave_up = f"{self.request.who.value} {how}; the last: {cause} {what}"
        if vitals.up_s > _PAUSE_MOST_S:
            self._pause_s = _PAUSE_FIRST_S
        self._again_ns = monotonic_ns() + int(self._pause_s * 1e9)
        self._pause_s = min(self._pause_s * 2, _PAUSE_MOST_S)

    async def _start_again(self, now_ns: int, look: Look) -> None:
        look.blind, look.unsure = True, f"{self.request.who.value} is not running"
        if now_ns < self._again_ns:
            return
        await self.start()
        look.began_anew = True
        look.faults.append(Fault(self.request.who, RESTARTS, f"started again, life {self._lives}"))
        look.told.append(f"started again, pid {self.pid}")

    async def _end_life(self) -> None:
        life, self._life = self._life, None
        if life is not None:
            await life.child.stop(self.request.contract.deadlines.stop_s)
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def stop(self) -> None:
        """Stop it and the probe of its decisions."""
        try:
            await self._end_life()
        finally:
            await self._follower.stop()
            self._log.close()
