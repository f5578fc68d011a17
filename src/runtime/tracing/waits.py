"""What a suspended task waits for, read off its innermost frames: a lock and its holders, another task, a queue, time.

Of the frames of asyncio itself one variable each is read (`self`, or the tasks it waits for), and only to find out
which object it is. Of the service's frames only names are taken: those under which they know that object.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from runtime.clocks import monotonic_ns, seconds_between
from runtime.tracing import private
from runtime.tracing.frames import ASYNCIO_DIR, place
from runtime.tracing.holding import holders
from runtime.tracing.hooks import Notes
from runtime.tracing.private import Task

# (file of asyncio, function) -> kind; the innermost frame that is in this table tells.
_KINDS: Mapping[tuple[str, str], str] = {
    ("locks.py", "Lock.acquire"): "lock",
    ("locks.py", "Semaphore.acquire"): "semaphore",
    ("locks.py", "Event.wait"): "event",
    ("locks.py", "Condition.wait"): "condition",
    ("locks.py", "Barrier._block"): "barrier",
    ("locks.py", "Barrier._wait"): "barrier",
    ("queues.py", "Queue.get"): "queue_get",
    ("queues.py", "Queue.put"): "queue_put",
    ("queues.py", "Queue.join"): "queue_join",
    ("tasks.py", "sleep"): "sleep",
    ("tasks.py", "wait_for"): "task",
    ("tasks.py", "_wait"): "tasks",
    ("taskgroups.py", "TaskGroup.__aexit__"): "task_group",
    ("taskgroups.py", "TaskGroup._aexit"): "task_group",
    ("threads.py", "to_thread"): "thread",
    ("streams.py", "StreamReader._wait_for_data"): "socket_read",
    ("streams.py", "FlowControlMixin._drain_helper"): "socket_write",
    ("base_subprocess.py", "BaseSubprocessTransport._wait"): "process",
}
_WORDS: Mapping[str, str] = {
    "queue_get": "an item of", "queue_put": "room in", "queue_join": "the end of the work of", "thread": "a thread",
    "socket_read": "data from a socket", "socket_write": "a socket to take data", "process": "the end of a process",
    "socket": "a socket", "task_group": "its task group",
}  # fmt: skip
_SYNCHRONISERS = {"lock", "semaphore", "event", "condition", "barrier", "queue_get", "queue_put", "queue_join"}


def wait_of(
    task: Task, chain: Sequence[FrameType], notes: Notes, held: Mapping[int, Sequence[Task]]
) -> dict[str, Any] | None:
    """What the task waits for; None where it is about to run.

    held: who is inside which lock.
    on: the tasks it waits for, by number. any: one of them is enough. bounded: a time-out will end the wait.
    """
    future = private.waited_future(task)
    if future is None:
        return None
    bounded = any(_asyncio_name(frame) == ("tasks.py", "wait_for") for frame in chain)
    for index in range(len(chain) - 1, -1, -1):
        kind = _kind(chain[index])
        if kind:
            break
    else:
        return {**_of_future(future, chain, notes), "bounded": bounded}
    frame = chain[index]
    if kind in _SYNCHRONISERS:
        found = _of_synchroniser(kind, frame.f_locals.get("self"), chain[:index], notes, held)
    elif kind == "sleep":
        found = _of_sleep(frame)
    elif kind in {"task", "tasks", "task_group"}:
        found = _of_tasks(kind, frame, future, notes)
    else:
        found = _wait(kind, _WORDS[kind])
    return {**found, "bounded": found["bounded"] or bounded}


def _asyncio_name(frame: FrameType) -> tuple[str, str] | None:
    code = frame.f_code
    if not code.co_filename.startswith(ASYNCIO_DIR):
        return None
    return Path(code.co_filename).name, code.co_qualname


def _kind(frame: FrameType) -> str:
    name = _asyncio_name(frame)
    if name is None:
        return ""
    if "sock_" in name[1]:
        return "socket"
    return _KINDS.get(name, "")


def _wait(kind: str, text: str, *, bounded: bool = False) -> dict[str, Any]:
    return {"kind": kind, "text": text, "object": None, "holders": [], "on": [], "any": False, "bounded": bounded}


def _of_synchroniser(
    kind: str, thing: object, outside: Sequence[FrameType], notes: Notes, held: Mapping[int, Sequence[Task]]
) -> dict[str, Any]:
    name = name_of(thing, outside, notes)
    noun = _WORDS.get(kind)
    found = _wait(kind, f"{noun} queue {name}" if noun else f"{kind} {name}")
    found["object"] = name
    if kind in {"lock", "semaphore"}:
        now_ns = monotonic_ns()
        for holder in holders(thing, held):
            task = holder.task()
            found["holders"].append(
                {
                    "task": number_of(task, notes) if task is not None else None,
                    "name": holder.name,
                    "ended": task is None or task.done(),
                    "held_s": seconds_between(holder.since_ns, now_ns) if holder.since_ns is not None else None,
                }
            )
        found["on"] = [each["task"] for each in found["holders"] if each["task"] is not None]
        found["any"] = kind == "semaphore"
    elif kind.startswith("queue") and isinstance(thing, asyncio.Queue):
        found["text"] += f" ({thing.qsize()} in it)" if thing.maxsize <= 0 else f" ({thing.qsize()} of {thing.maxsize})"
    return found


def _of_sleep(frame: FrameType) -> dict[str, Any]:
    timer = frame.f_locals.get("h")
    loop = frame.f_locals.get("loop")
    if isinstance(timer, asyncio.TimerHandle) and isinstance(loop, asyncio.AbstractEventLoop):
        left_s = max(0.0, timer.when() - loop.time())
        return _wait("sleep", f"time to pass ({left_s:.1f}s left)", bounded=True)
    return _wait("sleep", "time to pass", bounded=True)


def _of_tasks(kind: str, frame: FrameType, future: asyncio.Future[Any], notes: Notes) -> dict[str, Any]:
    values = frame.f_locals
    if kind == "task_group":
        waited: Iterable[Any] = private.group_members(values.get("self"))
    elif kind == "tasks":
        waited = values.get("fs") or ()
    else:
        waited = [values.get("fut"), future]
    found = _on_tasks(list(waited), notes) or _wait("future", "a future")
    if kind == "tasks":
        found["any"] = values.get("return_when") != asyncio.ALL_COMPLETED
        found["bounded"] = values.get("timeout") is not None
    return found


def _of_future(future: asyncio.Future[Any], chain: Sequence[FrameType], notes: Notes) -> dict[str, Any]:
    waited = private.gathered(future) or [future]
    found = _on_tasks(waited, notes)
    if found is not None:
        return found
    own = [frame for frame in chain if place(frame).own] or list(chain)
    name = name_of(future, own, notes) if own else ""
    return _wait("future", f"future {name}".strip())


def _on_tasks(waited: Iterable[object], notes: Notes) -> dict[str, Any] | None:
    tasks = [each for each in waited if isinstance(each, asyncio.Task) and not each.done()]
    if not tasks:
        return None
    tasks.sort(key=lambda task: number_of(task, notes))
    names = ", ".join(task.get_name() for task in tasks[:5]) + (f" and {len(tasks) - 5} more" if len(tasks) > 5 else "")  # noqa: PLR2004 -- more names than that nobody reads
    found = _wait("task", f"task{'s' if len(tasks) > 1 else ''} {names}")
    found["on"] = [number_of(task, notes) for task in tasks]
    return found


def number_of(task: Task, notes: Notes) -> int:
    """A number that stays with a task; names may be given twice."""
    noted = notes.born.get(task)
    return noted[0] if noted is not None else id(task)


def name_of(thing: object, outside: Sequence[FrameType], notes: Notes) -> str:
    """The name under which the waiting code knows the object, and where it was made."""
    known = next((name for frame in reversed(outside) if (name := _known_as(thing, frame))), "")
    origin = notes.origins.get(thing) if type(thing).__hash__ is not None else None
    made = f"(made at {origin.file}:{origin.line})" if origin is not None else ""
    return f"{known} {made}".strip() or f"<{type(thing).__name__}>"


def _known_as(thing: object, frame: FrameType) -> str:
    if frame.f_code.co_filename.startswith((ASYNCIO_DIR, str(Path(__file__).parent))):
        return ""
    values = frame.f_locals
    for name, value in values.items():
        if value is thing:
            return name
    for name, value in values.items():
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict) and not isinstance(value, type):
            for attribute, held in list(attributes.items()):
                if held is thing:
                    return f"{name}.{attribute}"
    return next((name for name, value in list(frame.f_globals.items()) if value is thing), "")
