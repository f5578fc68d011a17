"""Who holds a lock: read off suspended coroutines, so that taking one costs the service nothing.

`async with lock:` keeps the bound method `lock.__aexit__` on the value stack of the coroutine until the block is left,
and the garbage collector's view of the coroutine shows it. A coroutine that is still entering the block has it there
too; it is told by the `__aenter__` that it awaits. What was taken with a plain `await lock.acquire()` leaves no such
trace; those, and only those, `hooks` notes as they happen.
"""

import asyncio
import gc
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from types import FrameType, MethodType
from typing import Any

from runtime.tracing.frames import awaitables
from runtime.tracing.hooks import Holder, noted_holders
from runtime.tracing.private import Task, exits_of, lock_of

_DEEPEST = 4


def holdings(tasks: Sequence[Task]) -> dict[int, list[Task]]:
    """The tasks that are inside an `async with` of a lock, by the identity of the lock or semaphore."""
    found: dict[int, list[Task]] = {}
    for task in tasks:
        chain = awaitables(task)
        for index, (awaitable, _) in enumerate(chain):
            entering = _entering(chain[index + 1][1]) if index + 1 < len(chain) else None
            for thing in _entered(awaitable, 0):
                if thing is not entering:
                    found.setdefault(id(thing), []).append(task)
    return found


def holders(lock: object, held: Mapping[int, Sequence[Task]]) -> list[Holder]:
    """Who holds this lock or semaphore: those seen inside its block, and those noted when they took it."""
    seen = [Holder(weakref.ref(task), task.get_name(), None) for task in held.get(id(lock), ())]
    noted = noted_holders(lock)
    return seen if seen and isinstance(lock, asyncio.Lock) else [*seen, *noted]


def _entering(frame: FrameType) -> object:
    """The lock that an `__aenter__` is just taking."""
    return lock_of(frame.f_locals.get("self")) if frame.f_code.co_name == "__aenter__" else None


def _entered(awaitable: object, depth: int) -> Iterator[object]:
    """The locks and semaphores whose block a coroutine is in, also inside another context manager."""
    for each in gc.get_referents(awaitable):
        if isinstance(each, MethodType) and each.__name__ == "__aexit__":
            yield from _behind(each.__self__, depth)


def _behind(manager: Any, depth: int) -> Iterator[object]:  # noqa: ANN401 -- any context manager
    lock = lock_of(manager)
    if lock is not None:
        yield lock
    elif depth < _DEEPEST:
        if isinstance(manager, AsyncExitStack):
            for inner in exits_of(manager):
                yield from _behind(inner, depth + 1)
        elif hasattr(manager, "gen"):  # made by contextlib.asynccontextmanager
            yield from _entered(manager.gen, depth + 1)
