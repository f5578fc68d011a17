"""What can be seen neither in a frame nor in an object of asyncio, noted as it happens.

That is: which loops run, where locks and queues are made, exceptions that nobody handled, and who took a lock with a
plain `acquire()`. Nothing is noted on the ways that a service goes all the time: making a task, stepping it, entering
`async with lock`. Notes hold weak references: the warning about an exception that was never retrieved must come as it
would without us.
"""

import asyncio
import functools
import weakref
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from runtime.clocks import monotonic_ns
from runtime.tracing import private
from runtime.tracing.frames import ASYNCIO_DIR, Place, place
from runtime.tracing.private import Loop, Task, caller_outside
from runtime.tracing.redact import redacted

_HOLDERS = "_runtime_agent_holders"
_MAX_DEATHS = 20


class Holder(NamedTuple):
    """Who took a lock, and when, where that is known. `task()` is None where the task is gone altogether."""

    task: Callable[[], Task | None]
    name: str
    since_ns: int | None


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

    def note_tasks(self, tasks: Iterable[Task]) -> None:
        """These tasks exist: number those that are new. Called once a second and when somebody asks."""
        now_ns = monotonic_ns()
        for task in sorted((task for task in tasks if task not in self.born), key=_by_name):
            self._made += 1
            self.born[task] = (self._made, now_ns)

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


NOTES = Notes()  # of this process; the hooks are installed once, so there is one set of notes


def death(task: Task, error: BaseException) -> Death:
    """The note of a task's end: the kind of its exception, its words without secrets, and where it was raised."""
    text = redacted(f"{type(error).__name__}: {error}".splitlines()[0])
    trace, at = error.__traceback__, ""
    while trace is not None:
        at = str(place(trace.tb_frame)).rpartition(":")[0] + f":{trace.tb_lineno}"
        trace = trace.tb_next
    return Death(task.get_name(), text, at, monotonic_ns())


def noted_holders(lock: object) -> list[Holder]:
    """Who holds a lock or a semaphore that was taken with a plain `acquire()`."""
    return list(getattr(lock, _HOLDERS, ()))


def install(notes: Notes) -> None:
    """Begin to take notes; may be called once."""
    if notes.installed:
        return
    notes.installed = True
    _watch_loops(notes)
    _watch_makers(notes)
    _watch_holders()


def _replace(owner: type[Any], name: str, function: Callable[..., Any]) -> None:
    setattr(owner, name, function)


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
    """Note who calls `acquire()`; `async with` goes past the note, for it can be seen without one."""
    kinds: tuple[type[Any], ...] = (asyncio.Lock, asyncio.Semaphore, asyncio.BoundedSemaphore)
    acquires: dict[type[Any], Callable[..., Any]] = {kind: kind.acquire for kind in kinds}
    releases: dict[type[Any], Callable[..., Any]] = {kind: kind.release for kind in kinds}
    mixin = private.context_mixin()
    for kind in kinds:
        if "acquire" in vars(kind):
            _replace(kind, "acquire", _noting_acquire(kind.acquire))
        if kind is not asyncio.BoundedSemaphore:  # its release ends in that of Semaphore
            _replace(kind, "release", _noting_release(kind.release))
    if mixin is not None:
        _replace(mixin, "__aenter__", _quiet_enter(acquires))
        _replace(mixin, "__aexit__", _quiet_exit(releases))


def _quiet_enter(ways: Mapping[type[Any], Callable[..., Any]]) -> Callable[..., Any]:
    async def __aenter__(self: Any) -> None:  # noqa: ANN401, N807 -- replaces the method of this name
        acquire = ways.get(type(self))
        await (acquire(self) if acquire is not None else self.acquire())

    return __aenter__


def _quiet_exit(ways: Mapping[type[Any], Callable[..., Any]]) -> Callable[..., Any]:
    async def __aexit__(self: Any, *_: object) -> None:  # noqa: ANN401, N807 -- replaces the method of this name
        release = ways.get(type(self))
        if release is not None and _HOLDERS not in self.__dict__:
            release(self)
        else:
            self.release()

    return __aexit__


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
        if _HOLDERS in self.__dict__:
            _forget(self)

    return release


def _forget(lock: Any) -> None:  # noqa: ANN401 -- a lock or a semaphore
    """Take the releasing task off the list; who releases for another one takes off the first."""
    held = lock.__dict__[_HOLDERS]
    task = _current() if len(held) > 1 else None
    index = next((number for number, each in enumerate(held) if each.task() is task), 0) if task is not None else 0
    del held[index]
    if not held:
        del lock.__dict__[_HOLDERS]


def _by_name(task: Task) -> tuple[int, str]:
    """`Task-2` before `Task-10`."""
    name = task.get_name()
    return len(name), name


def _current() -> Task | None:
    """The task that runs; None where no loop does."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
