"""One look at a whole process: loops, tasks, queues, threads, deaths, as plain values that can be sent as JSON."""

import asyncio
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from runtime.clocks import monotonic_ns, seconds_between
from runtime.tracing import private
from runtime.tracing.frames import Place, await_chain, place, stack
from runtime.tracing.holding import holdings
from runtime.tracing.hooks import Notes, death
from runtime.tracing.private import Loop, Task
from runtime.tracing.pulse import Pulse
from runtime.tracing.waits import name_of, number_of, wait_of

SCHEMA = "runtime.snapshot/1"
MOST_TASKS = 2000


def snapshot(notes: Notes, pulse: Pulse, *, inside: bool = False) -> dict[str, Any]:
    """Everything that can be seen now. Loops that do not turn within half a second are blocked.

    inside: asked by code that the loop itself runs, so that waiting for the loop's answer would be in vain.
    """
    loops = pulse.loops()
    silences = {loop: 0.0 if inside else pulse.silence_s(loop) for loop in loops}
    pulse.look()
    live = [task for loop in loops for task in asyncio.all_tasks(loop)]
    held = holdings(live)
    live.sort(key=lambda task: number_of(task, notes))
    return {
        "schema": SCHEMA,
        "pid": os.getpid(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "t_ns": monotonic_ns(),
        "loops": [_loop(loop, silences[loop], notes) for loop in loops],
        "tasks_total": len(live),
        "tasks": [_task(task, notes, pulse, held) for task in live[:MOST_TASKS]],
        "queues": [_queue(queue, live[:MOST_TASKS], notes) for queue in list(notes.queues)],
        "dead": _dead(notes),
        "threads": _threads(loops),
    }


def _loop(loop: Loop, silent_s: float, notes: Notes) -> dict[str, Any]:
    current = asyncio.current_task(loop)
    thread = private.thread_of(loop)
    frames = _stack_of(thread) if silent_s else []
    return {
        "running": loop.is_running(),
        "silent_s": silent_s,
        "blocked": silent_s > 0,
        "thread": thread,
        "task": number_of(current, notes) if current is not None else None,
        "task_name": current.get_name() if current is not None else None,
        "blocked_at": _most_telling(frames),
        "stack": [asdict(each) for each in frames],
    }


def _stack_of(thread: int | None) -> list[Place]:
    """What a thread executes, the innermost first, as far as the loop that called it."""
    innermost = private.stacks().get(thread) if thread is not None else None
    found: list[Place] = []
    if innermost is None:
        return found
    for frame in stack(innermost):
        if frame.f_code.co_qualname.endswith("Handle._run") or frame.f_code.co_qualname == "BaseEventLoop._run_once":
            break
        found.append(place(frame))
    return found


def _most_telling(places: list[Place]) -> str:
    """The innermost line of the service itself; of Python's, where there is none."""
    chosen = next((each for each in places if each.own), places[0] if places else None)
    return str(chosen) if chosen is not None else ""


def _task(task: Task, notes: Notes, pulse: Pulse, held: Mapping[int, Sequence[Task]]) -> dict[str, Any]:
    now_ns = monotonic_ns()
    chain = await_chain(task)
    places = [place(frame) for frame in chain]
    wait = wait_of(task, chain, notes, held)
    running = asyncio.current_task(task.get_loop()) is task
    born = notes.born.get(task)
    return {
        "number": number_of(task, notes),
        "name": task.get_name(),
        "state": "running" if running else "waiting" if wait is not None else "ready",
        "cancelling": task.cancelling() > 0,
        "age_s": seconds_between(born[1], now_ns) if born is not None and notes.installed else None,
        "waits": wait,
        "waits_s": pulse.waits_for_s(task, now_ns) if wait is not None else 0.0,
        "at": _most_telling(list(reversed(places))),
        "chain": [asdict(each) for each in places],
    }


def _queue(queue: asyncio.Queue[Any], tasks: list[Task], notes: Notes) -> dict[str, Any]:
    getters, putters = private.queue_waiters(queue)
    frames = [frame for task in tasks for frame in await_chain(task)] if getters or putters else []
    return {
        "name": name_of(queue, frames, notes),
        "depth": queue.qsize(),
        "limit": queue.maxsize or None,
        "getters": getters,
        "putters": putters,
    }


def _dead(notes: Notes) -> list[dict[str, Any]]:
    """Tasks that died of an exception at which nobody looked: those that are still kept, and those that are gone."""
    kept = [
        death(task, error) for task in private.known_tasks() if (error := private.unretrieved_error(task)) is not None
    ]
    seen = {(each.task, each.error) for each in kept}
    gone = [each for each in list(notes.deaths) if (each.task, each.error) not in seen]
    return [{"name": each.task, "error": each.error, "at": each.at} for each in (*kept, *gone)]


def _threads(loops: list[Loop]) -> list[dict[str, Any]]:
    """Every thread but this one, with the line it stands at."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    of_loops = {private.thread_of(loop) for loop in loops}
    found = []
    for number, innermost in private.stacks().items():
        if number == threading.get_ident():
            continue
        places = [place(frame) for frame in stack(innermost)]
        found.append(
            {
                "name": names.get(number, str(number)),
                "runs_loop": number in of_loops,
                "at": _most_telling(places),
                "stack": [asdict(each) for each in places],
            }
        )
    return found
