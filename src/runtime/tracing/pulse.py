"""Does the loop turn, and since when does each task wait? Felt once a second from the agent's thread.

A beat is a callback that the loop has to run; a loop that is blocked leaves it unanswered. The look at what tasks wait
for takes a time that is measured, and the pause until the next one is at least 500 times as long: with very many
tasks the waits are known less exactly, and the service still does not feel it.
"""

import asyncio
import threading
import weakref
from contextlib import suppress
from typing import Any

from runtime.clocks import monotonic_ns, seconds_between
from runtime.tracing import private
from runtime.tracing.hooks import Notes
from runtime.tracing.private import Loop, Task

BEAT_S = 1.0
BLOCKED_S = 0.5
_PAUSE_FACTOR = 500


class Beat:
    """The pulse of one loop. `sent_ns` is that of the beat still unanswered, else None."""

    def __init__(self) -> None:
        self.sent_ns: int | None = None
        self.answered_ns: int | None = None
        self.answered = threading.Event()

    def send(self, loop: Loop) -> None:
        """Ask the loop to turn, unless it still owes the last answer. A closed loop owes none."""
        if self.sent_ns is not None:
            return
        self.answered.clear()
        self.sent_ns = monotonic_ns()
        try:
            loop.call_soon_threadsafe(self._answer)
        except RuntimeError:
            self.sent_ns = None

    def _answer(self) -> None:
        self.sent_ns = None
        self.answered_ns = monotonic_ns()
        self.answered.set()

    def silent_s(self, now_ns: int) -> float:
        """For how long at least the loop has not turned."""
        sent_ns = self.sent_ns
        return seconds_between(sent_ns, now_ns) if sent_ns is not None else 0.0


class Pulse:
    """The beats of all loops, and since when each task waits for the same thing."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._beats: weakref.WeakKeyDictionary[Loop, Beat] = weakref.WeakKeyDictionary()
        self._waits: weakref.WeakKeyDictionary[Task, tuple[weakref.ref[asyncio.Future[Any]], int]] = (
            weakref.WeakKeyDictionary()
        )
        self._next_look_ns = 0

    def loops(self) -> list[Loop]:
        """Every loop that has run and is not closed."""
        known = {*self._notes.loops, *(task.get_loop() for task in private.known_tasks() if not task.done())}
        return [loop for loop in known if not loop.is_closed()]

    def feel(self) -> None:
        """Once a second: send beats, look at the waits if it is time."""
        for loop in self._notes.loops.copy():
            if loop.is_running():
                self.beat(loop).send(loop)
        begun_ns = monotonic_ns()
        if begun_ns >= self._next_look_ns:
            self.look()
            self._next_look_ns = begun_ns + _PAUSE_FACTOR * (monotonic_ns() - begun_ns)

    def beat(self, loop: Loop) -> Beat:
        """The pulse of this loop."""
        found = self._beats.get(loop)
        if found is None:
            found = self._beats[loop] = Beat()
        return found

    def silence_s(self, loop: Loop) -> float:
        """For how long the loop has not turned; 0 where it answers within BLOCKED_S."""
        if not loop.is_running():
            return 0.0
        beat = self.beat(loop)
        beat.send(loop)
        silent_s = beat.silent_s(monotonic_ns())
        if silent_s < BLOCKED_S:
            beat.answered.wait(BLOCKED_S - silent_s)
        silent_s = beat.silent_s(monotonic_ns())
        return silent_s if silent_s >= BLOCKED_S else 0.0

    def look(self) -> None:
        """Note for each task whether it still waits for what it waited for."""
        now_ns = monotonic_ns()
        tasks = [task for task in private.known_tasks() if not task.done()]
        self._notes.note_tasks(tasks)
        for task in tasks:
            future = private.waited_future(task)
            if future is None:
                with suppress(KeyError):
                    del self._waits[task]
                continue
            noted = self._waits.get(task)
            if noted is None or noted[0]() is not future:
                self._waits[task] = (weakref.ref(future), now_ns)

    def waits_for_s(self, task: Task, now_ns: int) -> float:
        """For how long at least the task has been waiting for what it waits for now."""
        noted = self._waits.get(task)
        if noted is None or noted[0]() is not private.waited_future(task):
            return 0.0
        return seconds_between(noted[1], now_ns)
