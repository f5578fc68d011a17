"""ASYNC_DEBUG=1: dumps of all tasks while the program runs, on standard error and in runtime_trace.log.

One as soon as a loop turns, one five seconds later, one whenever something new is stuck, and one every half minute. A
thread of its own takes them, so that they also come while the loop is blocked.
"""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from runtime.clocks import monotonic_ns, seconds_between, utc_now, utc_text
from runtime.tracing.analysis import Analysis, Snapshot, analyse, confirmed, find_cycles
from runtime.tracing.hooks import NOTES
from runtime.tracing.pulse import Pulse
from runtime.tracing.render import dump
from runtime.tracing.snapshot import snapshot
from runtime.tracing.trace_log import append_lines

_SOON_S = 5.0
_EVERY_S = 30.0
_LOOK_S = 0.5
_START_LOOK_S = 0.01
_SECOND_LOOK_S = 0.1


class DebugDumps:
    """Dumps of one process; `start` begins, nothing ends them but the process."""

    def __init__(self, name: str, log: Path) -> None:
        """name: of the program. log: runtime_trace.log."""
        self._name = name
        self._log = log
        self._pause = threading.Event()  # never set
        self._pulse = Pulse(NOTES)  # the agent's own is the agent thread's
        self._stuck: tuple[str, ...] = ()
        self._dumped_ns = 0
        self._pauses = iter((0.0, _SOON_S))
        self._pause_s = next(self._pauses)

    def start(self) -> None:
        """Take dumps from now on."""
        threading.Thread(target=self._run, name="async-debug", daemon=True).start()

    def _run(self) -> None:
        while not any(loop.is_running() for loop in NOTES.loops.copy()):
            self._pause.wait(_START_LOOK_S)
        while True:
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 -- a look at a moving process may fail anywhere; the service must not feel it
                sys.stderr.write(f"ASYNC_DEBUG: no dump: {type(error).__name__}: {error}\n")
            self._pause.wait(_LOOK_S)

    def _look(self) -> None:
        self._pulse.feel()
        seen, found = self._see()
        stuck = tuple(sorted(f"{each.id} {each.evidence.get('at', '')}" for each in found.findings))
        is_new = bool(stuck) and stuck != self._stuck
        self._stuck = stuck
        if is_new or seconds_between(self._dumped_ns, monotonic_ns()) >= self._pause_s:
            self._dumped_ns, self._pause_s = monotonic_ns(), next(self._pauses, _EVERY_S)
            self._tell(dump(seen, found, whole=is_new))

    def _see(self) -> tuple[Snapshot, Analysis]:
        """One look; two where a circle shows."""
        seen = {"name": self._name, **snapshot(NOTES, self._pulse)}
        cycles = find_cycles(seen)
        if cycles:
            self._pause.wait(_SECOND_LOOK_S)
            cycles = confirmed(cycles, find_cycles(snapshot(NOTES, self._pulse)))
        return seen, analyse(seen, cycles=cycles)

    def _tell(self, lines: Sequence[str]) -> None:
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
        append_lines(self._log, [f"{utc_text(utc_now())} ASYNC_DEBUG {self._name}", *lines, ""])
