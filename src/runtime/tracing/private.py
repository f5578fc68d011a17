"""All that tracing reads of asyncio and the interpreter without having been invited: one function each.

Each works on CPython 3.11 to 3.13 and gives None or nothing where a name is not there; a test asks all of them of the
interpreter that runs it, so that a new one is noticed.
"""

import asyncio
import gc
import sys
from collections.abc import Iterable
from types import FrameType
from typing import Any

Task = asyncio.Task[Any]
Loop = asyncio.AbstractEventLoop

_WRAPPERS = {"async_generator_asend", "async_generator_athrow", "coroutine_wrapper", "anext_awaitable"}


def waited_future(task: Task) -> asyncio.Future[Any] | None:
    """What the task is suspended on."""
    found = getattr(task, "_fut_waiter", None)
    return found if asyncio.isfuture(found) else None


def unretrieved_error(task: Task) -> BaseException | None:
    """The exception that a task died of, if nobody has looked at it. `task.exception()` would count as a look."""
    if not task.done() or task.cancelled() or not getattr(task, "_log_traceback", False):
        return None
    error = getattr(task, "_exception", None)
    return error if isinstance(error, BaseException) else None


def gathered(future: asyncio.Future[Any]) -> list[asyncio.Future[Any]]:
    """The children of what `asyncio.gather` returned; none for anything else."""
    return list(getattr(future, "_children", None) or ())


def group_members(group: object) -> list[Task]:
    """The tasks that a TaskGroup still waits for."""
    return [task for task in list(getattr(group, "_tasks", None) or ()) if isinstance(task, asyncio.Task)]


def known_tasks() -> list[Task]:
    """Every task that somebody still refers to, the ones that are done too."""
    weak = [getattr(asyncio.tasks, name, None) for name in ("_all_tasks", "_scheduled_tasks")]
    refs = [ref for each in weak for ref in list(getattr(each, "data", ()))]
    tasks = [task for ref in refs if isinstance(task := ref(), asyncio.Task)]
    return [
        *tasks,
        *(task for task in list(getattr(asyncio.tasks, "_eager_tasks", ())) if isinstance(task, asyncio.Task)),
    ]


def lock_of(thing: object) -> asyncio.Lock | asyncio.Semaphore | None:
    """The lock that a context manager is, or that it stands for."""
    if isinstance(thing, asyncio.Condition):
        thing = getattr(thing, "_lock", None)
    return thing if isinstance(thing, asyncio.Lock | asyncio.Semaphore) else None


def exits_of(stack: object) -> list[object]:
    """The context managers that an AsyncExitStack has entered."""
    callbacks = [callback for _, callback in list(getattr(stack, "_exit_callbacks", ()))]
    return [manager for each in callbacks if (manager := getattr(each, "__self__", None)) is not None]


def context_mixin() -> type[Any] | None:
    """The class through which locks and semaphores are entered."""
    found = getattr(asyncio.locks, "_ContextManagerMixin", None)
    return found if isinstance(found, type) else None


def queue_waiters(queue: object) -> tuple[int, int]:
    """How many wait to get from a queue and how many to put into it."""
    waiting = [list(getattr(queue, name, None) or ()) for name in ("_getters", "_putters")]
    getters, putters = (sum(1 for each in futures if not each.done()) for futures in waiting)
    return getters, putters


def thread_of(loop: Loop) -> int | None:
    """The thread in which a loop runs."""
    found = getattr(loop, "_thread_id", None)
    return found if isinstance(found, int) else None


def stacks() -> dict[int, FrameType]:
    """The innermost frame of each thread."""
    return sys._current_frames()  # noqa: SLF001 -- the only way to see another thread's frame


def caller_outside(folder: str) -> FrameType | None:
    """The frame that called into code of `folder` and of this package."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- the interpreter's documented way to its caller
    here = __file__.rpartition("private.py")[0]
    while frame is not None and frame.f_code.co_filename.startswith((folder, here)):
        frame = frame.f_back
    return frame


def unwrapped(awaited: object) -> object | None:
    """What is behind an awaitable that shows no frame of its own, such as one step of an asynchronous generator."""
    if type(awaited).__name__ not in _WRAPPERS:
        return None
    behind: Iterable[object] = gc.get_referents(awaited)
    return next((each for each in behind if hasattr(each, "ag_frame") or hasattr(each, "cr_frame")), None)
