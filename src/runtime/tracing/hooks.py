"""What asyncio does not remember by itself, noted as it happens: the birth of tasks, holders of locks, loops that run.

The notes are cheap (a weak reference and a name) and never keep a task alive: the warning about an exception that was
never retrieved must come as it would without us.
"""

import asyncio
import functools
import weakref
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, NamedTuple

from runtime.clocks import monotonic_ns
from runtime.tracing.frames import ASYNCIO_DIR, Place, place
from runtime.tracing.private import Loop, Task, caller_outside
from runtime.tracing.redact import redacted

_HOLDERS = "_runtime_agent_holders"
_MAX_DEATHS = 20


class Holder(NamedTuple):
    """Who took a lock, and when. `task()` is None where the task is gone altogether. A tuple: it is made often."""

    task: Callable[[], Task | None]
    name: str
    since_ns: int


@dataclass(frozen=True, slots=True)
class Death:
    """A task that died of an exception at which nobody looked."""

    task: str
    error: str
    at: str
    seen_ns: int


class Notes:
    """Everything that was noted in this process."""

    def __init__(self) -> None:
        self.installed = False
        self.born: weakref.WeakKeyDictionary[Task, tuple[int, int]] = weakref.WeakKeyDictionary()
        self.loops: weakref.WeakSet[Loop] = weakref.WeakSet()
        self.queues: weakref.WeakSet[asyncio.Queue[Any]] = weakref.WeakSet()
        self.origins: weakref.WeakKeyDictionary[Any, Place] = weakref.WeakKeyDictionary()
        self.deaths: deque[Death] = deque(maxlen=_MAX_DEATHS)
        self._made = 0

    def note_task(self, task: Task) -> None:
        """A task was made."""
        self._made += 1
        self.born[task] = (self._made, monotonic_ns())

    def note_origin(self, thing: object) -> None:
        """A lock or a queue was made; its place in the source tells which one it is."""
        frame = caller_outside(ASYNCIO_DIR)
        if frame is not None:
            self.origins[thing] = place(frame)

    def note_unhandled(self, context: dict[str, Any]) -> None:
        """The loop was told of an exception that nobody handled."""
        error, task = context.get("exception"), context.get("task") or context.get("future")
        if isinstance(error, BaseException) and isinstance(task, asyncio.Task):
            self.deaths.append(death(task, error))

    def tasks(self) -> list[Task]:
        """Every task that is still referred to, the done ones too."""
        return [task for ref in self.born.keyrefs() if (task := ref()) is not None]


NOTES = Notes()  # of this process; the hooks are installed once, so there is one set of notes


def death(task: Task, error: BaseException) -> Death:
    """The note of a task's end: the kind of its exception, its words without secrets, and where it was raised."""
    text = redacted(f"{type(error).__name__}: {error}".splitlines()[0])
    trace, at = error.__traceback__, ""
    while trace is not None:
        at = str(place(trace.tb_frame)).rpartition(":")[0] + f":{trace.tb_lineno}"
        trace = trace.tb_next
    return Death(task.get_name(), text, at, monotonic_ns())


def holders(lock: object) -> list[Holder]:
    """Who holds a lock or a semaphore, as far as it was noted."""
    return list(getattr(lock, _HOLDERS, ()))


def install(notes: Notes) -> None:
    """Begin to take notes; may be called once."""
    if notes.installed:
        return
    notes.installed = True
    _watch_tasks(notes)
    _watch_loops(notes)
    _watch_makers(notes)
    _watch_holders()


def _replace(owner: type[Any], name: str, function: Callable[..., Any]) -> None:
    setattr(owner, name, function)


def _watch_tasks(notes: Notes) -> None:
    original = asyncio.BaseEventLoop.create_task
    note = notes.note_task

    @functools.wraps(original)
    def create_task(self: asyncio.BaseEventLoop, coro: Any, **more: Any) -> Task:  # noqa: ANN401 -- what asyncio takes, handed on as it is
        task: Task = original(self, coro, **more)
        note(task)
        return task

    _replace(asyncio.BaseEventLoop, "create_task", create_task)


def _watch_loops(notes: Notes) -> None:
    run_forever = asyncio.BaseEventLoop.run_forever
    call_handler: Callable[..., None] = asyncio.BaseEventLoop.call_exception_handler

    @functools.wraps(run_forever)
    def noted_run(self: asyncio.BaseEventLoop) -> None:
        notes.loops.add(self)
        run_forever(self)

    @functools.wraps(call_handler)
    def noted_error(self: asyncio.BaseEventLoop, context: dict[str, Any]) -> None:
        notes.note_unhandled(context)
        call_handler(self, context)

    _replace(asyncio.BaseEventLoop, "run_forever", noted_run)
    _replace(asyncio.BaseEventLoop, "call_exception_handler", noted_error)


def _watch_makers(notes: Notes) -> None:
    for maker in (asyncio.Lock, asyncio.Semaphore, asyncio.Event, asyncio.Condition, asyncio.Queue):
        _watch_maker(maker, notes)


def _watch_maker(maker: type[Any], notes: Notes) -> None:
    original = maker.__init__

    @functools.wraps(original)
    def made(self: Any, *positional: Any, **named: Any) -> None:  # noqa: ANN401 -- what asyncio takes, handed on as it is
        original(self, *positional, **named)
        notes.note_origin(self)
        if isinstance(self, asyncio.Queue):
            notes.queues.add(self)

    _replace(maker, "__init__", made)


def _watch_holders() -> None:
    kinds: tuple[type[Any], ...] = (asyncio.Lock, asyncio.Semaphore)
    for kind in kinds:
        _replace(kind, "acquire", _noting_acquire(kind.acquire))
        _replace(kind, "release", _noting_release(kind.release))


def _noting_acquire(original: Callable[[Any], Coroutine[Any, Any, Any]]) -> Callable[[Any], Coroutine[Any, Any, Any]]:
    @functools.wraps(original)
    async def acquire(self: Any) -> Any:  # noqa: ANN401 -- a lock or a semaphore
        taken = await original(self)
        task = _current()
        if task is not None:
            holder = Holder(weakref.ref(task), task.get_name(), monotonic_ns())
            self.__dict__.setdefault(_HOLDERS, []).append(holder)
        return taken

    return acquire


def _noting_release(original: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(original)
    def release(self: Any) -> None:  # noqa: ANN401 -- a lock or a semaphore
        original(self)
        held = self.__dict__.get(_HOLDERS)
        if held:
            _forget(held)

    return release


def _forget(held: list[Holder]) -> None:
    """Take the releasing task off the list; who releases for another one takes off the first."""
    task = _current() if len(held) > 1 else None
    index = next((number for number, each in enumerate(held) if each.task() is task), 0) if task is not None else 0
    del held[index]


def _current() -> Task | None:
    """The task that runs; None where no loop does."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
