"""One life of a watched service: what it says, how it is, and what is wrong with it if anything is.

A dead process, a stopped one and a dead loop look alike to whoever only misses a heartbeat; they are told apart here,
because each asks for something else.
"""

from collections.abc import Callable
from dataclasses import dataclass

import psutil

from runtime.clocks import seconds_between
from runtime.logs.file import tail
from runtime.observing.notify_socket import NotifySocket
from runtime.observing.process import Child
from runtime.tracing.redact import redacted
from service_contract.findings import Finding
from service_contract.messages import MalformedMessage, Notification, decode

_STOPPED = {psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP}
_BUSY_SHARE = 0.2  # of a processor: what waits uses next to none, also on a machine that is busy with others
_BUSY_SHARE_WHILE_RUNNING = 0.02  # of one that is seen at work: on a crowded machine it is given no more
_LAST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: from the start until READY=1, and between two heartbeats."""

    ready_s: float
    heartbeat_s: float


@dataclass(frozen=True, slots=True)
class Vitals:
    """How a life stands at one moment.

    code: its exit code where it ended. ready_s and beat_s: how long ago that was, None where it never was. state: of
    the process, as the system calls it. cpu_share: of one processor, since its last heartbeat.
    """

    up_s: float
    code: int | None
    ready_s: float | None
    beat_s: float | None
    beats: int
    state: str
    cpu_share: float
    said_stopping: bool


class Life:
    """A running process and what it says. Its socket is drained as often as `hear` is called."""

    def __init__(
        self, child: Child, socket: NotifySocket, listener: Callable[[Notification | None], None] = lambda _said: None
    ) -> None:
        """listener: told each message as well, None for one that cannot be read."""
        self.child = child
        self.beats = 0
        self.max_gap_s = 0.0
        self.last_checkpoint = "none"
        self.status = ""
        self._socket = socket
        self._listener = listener
        self._ready_ns: int | None = None
        self._beat_ns: int | None = None
        self._stopping = False
        self._process = _process(child.pid)
        self._heard_ns = child.started_ns
        self._cpu_at_beat_s = 0.0

    def hear(self) -> None:
        """Take over what arrived."""
        self._socket.drain()
        before = self.beats
        for arrival in self._socket.arrivals:
            said = _decode(arrival.data)
            self._listener(said)
            if said is None:
                continue
            if said.checkpoint is not None:
                self.last_checkpoint = f"{said.checkpoint.n} {said.checkpoint.name}"
            if said.fields.get("READY") == "1" and self._ready_ns is None:
                self._ready_ns = arrival.t_ns
            if said.fields.get("WATCHDOG") == "1":
                self._beat(arrival.t_ns)
            self._stopping = self._stopping or said.fields.get("STOPPING") == "1"
            self.status = said.fields.get("STATUS", self.status)
        self._socket.arrivals.clear()  # a life may last for months
        if self.beats > before and self._beat_ns is not None:
            self._heard_ns, self._cpu_at_beat_s = self._beat_ns, _state(self._process)[1]

    def _beat(self, t_ns: int) -> None:
        if self._beat_ns is not None:
            self.max_gap_s = max(self.max_gap_s, seconds_between(self._beat_ns, t_ns))
        self._beat_ns = t_ns
        self.beats += 1

    def forgive(self, gap_ns: int) -> None:
        """The watcher itself did not run for so long (a machine that slept): that is not the service's silence."""
        if self._beat_ns is not None:
            self._beat_ns += gap_ns
        if self._ready_ns is not None:
            self._ready_ns += gap_ns

    def vitals(self, now_ns: int) -> Vitals:
        """How it is now."""
        state, cpu_s = _state(self._process)
        return Vitals(
            up_s=seconds_between(self.child.started_ns, now_ns),
            code=self.child.code,
            ready_s=_ago(self._ready_ns, now_ns),
            beat_s=_ago(self._beat_ns, now_ns),
            beats=self.beats,
            state=state,
            cpu_share=_share(cpu_s - self._cpu_at_beat_s, _ago(self._heard_ns, now_ns)),
            said_stopping=self._stopping,
        )

    def evidence(self, vitals: Vitals) -> dict[str, object]:
        """What goes with a finding."""
        return {
            "pid": self.child.pid,
            "up_s": round(vitals.up_s, 2),
            "state": vitals.state,
            "last_heartbeat_s_ago": vitals.beat_s,
            "heartbeats": vitals.beats,
            "last_checkpoint": self.last_checkpoint,
            "last_status": self.status,
            "exit_code": vitals.code,
            "last_words": self._last_words() if vitals.code is not None else [],
        }

    def _last_words(self) -> list[str]:
        """The end of its standard error, without the secrets of its environment: they are paged."""
        return [redacted(line, self.child.launch.env) for line in tail(self.child.launch.stderr, _LAST_WORDS)]


def _decode(data: bytes) -> Notification | None:
    """What a datagram says; None where it cannot be read: smoke judges the protocol, here only life counts."""
    try:
        return decode(data)
    except MalformedMessage:
        return None


def _ago(then_ns: int | None, now_ns: int) -> float | None:
    return None if then_ns is None else round(seconds_between(then_ns, now_ns), 3)


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _share(cpu_s: float, seconds: float | None) -> float:
    return cpu_s / seconds if seconds else 0.0


def _state(process: psutil.Process | None) -> tuple[str, float]:
    """What the system says of it, and the processor time it has used."""
    if process is None:
        return "gone", 0.0
    try:
        times = process.cpu_times()
        return str(process.status()), times.user + times.system
    except psutil.Error:
        return "gone", 0.0


def trouble(vitals: Vitals, limits: Limits) -> tuple[str, str] | None:
    """What is wrong: the id of the cause, and what in words; None where nothing is."""
    if vitals.code is not None:
        return "WATCH-003", f"the process ended by itself with {_how(vitals.code)} after {vitals.up_s:.1f} s"
    silent_s = vitals.beat_s if vitals.beat_s is not None else vitals.ready_s
    if vitals.ready_s is None:
        if vitals.up_s < limits.ready_s:
            return None
        if vitals.state in _STOPPED:
            return "WATCH-002", f"the process is stopped (state {vitals.state}) and was never ready"
        return "WATCH-005", f"no READY=1 within {limits.ready_s:g} s"
    if silent_s is None or silent_s < limits.heartbeat_s:
        return None
    if vitals.state in _STOPPED:
        return "WATCH-002", f"the process is stopped (state {vitals.state}); no heartbeat for {silent_s:.1f} s"
    never = "it never sent WATCHDOG=1" if not vitals.beats else f"no heartbeat for {silent_s:.1f} s"
    least_share = _BUSY_SHARE_WHILE_RUNNING if vitals.state == psutil.STATUS_RUNNING else _BUSY_SHARE
    work = "busy" if vitals.cpu_share > least_share else "idle"
    return "WATCH-001", f"the process lives (state {vitals.state}, {work}), but its loop does not turn: {never}"


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def finding(life: Life, vitals: Vitals, found: tuple[str, str]) -> Finding:
    """The trouble as a finding, with its evidence and what to type next."""
    cause, what = found
    return Finding(cause, what, life.evidence(vitals), next=[f"risk-runtime explain {cause}", "risk-runtime logs"])
