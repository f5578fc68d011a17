"""A snapshot as text: the dump, for a terminal and for runtime_trace.log. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from runtime.tracing.analysis import Analysis, Snapshot

_ALIKE = 4  # from so many tasks that stand in the same place on, one is shown for all
_MOST_NAMES = 3
_MOST_QUEUES = 20


def dump(seen: Snapshot, analysis: Analysis, *, whole: bool = True) -> list[str]:
    """The lines of a dump. whole: every task; otherwise one for many that are alike."""
    lines = [f"=== Async Task Dump ({seen['tasks_total']} tasks) ==="]
    lines += [f"Process: {seen.get('name', 'this one')}, pid {seen['pid']}, Python {seen['python']}"]
    lines += [_loop(loop) for loop in seen["loops"]]
    for loop in seen["loops"]:
        lines += [f"  {_place(each)}" for each in loop["stack"]]
    for alike in _grouped(seen["tasks"], whole=whole):
        lines += _task(alike)
    if seen["tasks_total"] > len(seen["tasks"]):
        lines.append(f"({seen['tasks_total'] - len(seen['tasks'])} more tasks were not looked at)")
    lines += [_queue(queue) for queue in seen["queues"][:_MOST_QUEUES]]
    for circle in analysis.cycles:
        lines += ["Deadlock:", *(f"  {link} (at {link.at})" for link in circle)]
    lines += [f"Bystander: {each}" for each in analysis.bystanders]
    lines += [f"Dead task: {each['name']}: {each['error']} (raised at {each['at']})" for each in seen["dead"]]
    if not seen["loops"]:
        lines += [f"Thread: {each['name']} at {each['at']}" for each in seen["threads"]]
    return [*lines, "=== End Task Dump ===", f"Diagnosis: {analysis.sentence}"]


def parked(seen: Snapshot) -> list[str]:
    """One line per group of tasks: who is parked where, for a report that has little room."""
    return [f"parked: {each['tasks']}: {each['state']}; {' > '.join(each['chain'])}" for each in parked_json(seen)]


def parked_json(seen: Snapshot) -> list[dict[str, Any]]:
    """The same as plain values: the names, what they wait for, and the await chain, the outermost function first."""
    return [
        {
            "tasks": _names(alike),
            "count": len(alike),
            "state": _state(alike[0]),
            "chain": [_place(each) for each in alike[0]["chain"] if each["own"]] or [alike[0]["at"]],
        }
        for alike in _grouped(seen["tasks"], whole=False)
    ]


def _grouped(tasks: Sequence[Mapping[str, Any]], *, whole: bool) -> Iterator[list[Mapping[str, Any]]]:
    if whole:
        yield from ([task] for task in tasks)
        return
    ranked = sorted(tasks, key=_standing)  # sorted is stable: the oldest of each group stays first
    groups = [list(group) for _, group in groupby(ranked, key=_standing)]
    split = [part for group in groups for part in ([group] if len(group) >= _ALIKE else [[task] for task in group])]
    yield from sorted(split, key=lambda group: int(group[0]["number"]))


def _standing(task: Mapping[str, Any]) -> tuple[str, str]:
    """Where a task stands and for what: tasks that agree in it are alike."""
    wait = task["waits"]
    kind = f"{wait['kind']} {wait['object'] or ''}" if wait else task["state"]
    return kind, " ".join(_place(each) for each in task["chain"])


def _names(alike: Sequence[Mapping[str, Any]]) -> str:
    names = ", ".join(task["name"] for task in alike[:_MOST_NAMES])
    return names if len(alike) <= _MOST_NAMES else f"{names} and {len(alike) - _MOST_NAMES} more"


def _task(alike: Sequence[Mapping[str, Any]]) -> list[str]:
    task = alike[0]
    age = f", {task['age_s']:.1f}s old" if task["age_s"] is not None else ""
    lines = [f"Task: {_names(alike)}", f"  State: PENDING ({_state(task)}{age})"]
    return [*lines, *(f"    {_place(each)}" for each in task["chain"])]


def _state(task: Mapping[str, Any]) -> str:
    wait = task["waits"]
    if not wait:
        return "runs now" if task["state"] == "running" else "about to run"
    text = f"waits {task['waits_s']:.1f}s for {wait['text']}"
    if wait["holders"]:
        held = [
            f"{each['name']}{' (which has ended)' if each['ended'] else ''}"
            + (f" for {each['held_s']:.1f}s" if each["held_s"] is not None else "")
            for each in wait["holders"]
        ]
        text += f", held by {', '.join(held)}"
    return text + (", being cancelled" if task["cancelling"] else "")


def _place(each: Mapping[str, Any]) -> str:
    return f"{each['function']} {each['file']}:{each['line']}"


def _loop(loop: Mapping[str, Any]) -> str:
    if loop["blocked"]:
        who = f"task {loop['task_name']}" if loop["task_name"] else "a callback"
        return f"Loop: BLOCKED for at least {loop['silent_s']:.1f}s by {who} at {loop['blocked_at']}"
    return "Loop: turns" if loop["running"] else "Loop: does not run"


def _queue(queue: Mapping[str, Any]) -> str:
    limit = f" of {queue['limit']}" if queue["limit"] else ""
    waiting = f", {queue['getters']} wait to get, {queue['putters']} to put"
    return f"Queue: {queue['name']}: {queue['depth']}{limit}{waiting}"
