"""What a snapshot means: who can never go on, which of them wait in a circle, who only stands behind them. Pure.

A task is stuck when what it waits for can only come from tasks that are stuck. That is the largest set which nothing
from outside can set free: begin with every task that waits for others, and take out, again and again, whoever waits
for a task that may still move. Of a semaphore with several holders one that moves is enough. In what is left every
circle is a deadlock, and whoever is not in a circle is a bystander.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service_contract.findings import Finding

Snapshot = Mapping[str, Any]
_Task = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a circle: this task waits for a thing that the next one holds (or for the next one itself)."""

    number: int
    task: str
    waits_for: str
    on: str
    at: str

    def __str__(self) -> str:
        return f"{self.task} waits for {self.waits_for}" + (f", held by {self.on}" if self._held else "")

    @property
    def _held(self) -> bool:
        return not self.waits_for.startswith("task")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is wrong, most telling first. `cycles`: each a circle of links. `bystanders`: stuck behind a circle."""

    findings: tuple[Finding, ...]
    cycles: tuple[tuple[Link, ...], ...]
    bystanders: tuple[str, ...]
    sentence: str


def analyse(seen: Snapshot, *, cycles: Sequence[tuple[Link, ...]] | None = None) -> Analysis:
    """The meaning of one snapshot. cycles: those that were confirmed by a second look, where there was one."""
    tasks: dict[int, _Task] = {task["number"]: task for task in seen["tasks"]}
    stuck = _stuck(tasks)
    circles = tuple(find_cycles(seen) if cycles is None else cycles)
    in_circles = {link.number for circle in circles for link in circle}
    behind = tuple(str(_link(tasks[number], tasks)) for number in sorted(stuck - in_circles)) if circles else ()
    findings = (
        *(_blocked(loop, seen) for loop in seen["loops"] if loop["blocked"]),
        *(_deadlock(circle, behind) for circle in circles),
        *(_orphan(tasks[number]) for number in sorted(stuck) if _held_by_the_dead(tasks[number])),
        *(_dead(each) for each in seen["dead"]),
    )
    return Analysis(findings, circles, behind, _sentence(seen, findings))


def find_cycles(seen: Snapshot) -> list[tuple[Link, ...]]:
    """Every circle of stuck tasks, each once, beginning with the task that was seen first."""
    tasks: dict[int, _Task] = {task["number"]: task for task in seen["tasks"]}
    stuck = _stuck(tasks)
    found: dict[frozenset[int], tuple[int, ...]] = {}
    for start in sorted(stuck):
        circle = _circle_from(start, tasks, stuck)
        if circle:
            found.setdefault(frozenset(circle), circle)
    return [tuple(_link(tasks[number], tasks, circle) for number in circle) for circle in found.values()]


def confirmed(first: Sequence[tuple[Link, ...]], second: Sequence[tuple[Link, ...]]) -> list[tuple[Link, ...]]:
    """The circles seen twice: a snapshot of a moving process may show one that never was."""
    again = {frozenset((link.number, link.waits_for) for link in circle) for circle in second}
    return [circle for circle in first if frozenset((link.number, link.waits_for) for link in circle) in again]


def _waits_for(task: _Task, tasks: Mapping[int, _Task]) -> list[int]:
    wait = task["waits"]
    return [number for number in wait["on"] if number in tasks] if wait else []


def _held_by_the_dead(task: _Task) -> bool:
    """Every holder of what it waits for has ended without letting go."""
    wait = task["waits"]
    return bool(wait and wait["holders"] and not wait["bounded"] and all(each["ended"] for each in wait["holders"]))


def _stuck(tasks: Mapping[int, _Task]) -> set[int]:
    ended = {number for number, task in tasks.items() if _held_by_the_dead(task)}
    stuck = {
        number
        for number, task in tasks.items()
        if number in ended or (_waits_for(task, tasks) and not task["waits"]["bounded"])
    }
    while True:
        free = {number for number in stuck - ended if _may_move(tasks[number], tasks, stuck)}
        if not free:
            return stuck
        stuck -= free


def _may_move(task: _Task, tasks: Mapping[int, _Task], stuck: set[int]) -> bool:
    moving = [number not in stuck for number in _waits_for(task, tasks)]
    return any(moving) if task["waits"]["any"] else all(moving)


def _circle_from(start: int, tasks: Mapping[int, _Task], stuck: set[int]) -> tuple[int, ...]:
    """The shortest way from a task over those it waits for back to itself; empty where there is none."""
    ways: list[tuple[int, ...]] = [(start,)]
    seen = {start}
    while ways:
        way = ways.pop(0)
        for number in _waits_for(tasks[way[-1]], tasks):
            if number == start:
                return way
            if number in stuck and number not in seen:
                seen.add(number)
                ways.append((*way, number))
    return ()


def _link(task: _Task, tasks: Mapping[int, _Task], circle: Sequence[int] = ()) -> Link:
    """One step; in a circle the next one is the member of the circle that it waits for."""
    targets = _waits_for(task, tasks)
    if circle:
        following = circle[(circle.index(task["number"]) + 1) % len(circle)]
        targets = [following] if following in targets else targets
    names = [tasks[number]["name"] for number in targets] or [each["name"] for each in task["waits"]["holders"]]
    return Link(task["number"], task["name"], task["waits"]["text"], ", ".join(names), task["at"])


def _blocked(loop: Mapping[str, Any], seen: Snapshot) -> Finding:
    who = f"task {loop['task_name']}" if loop["task_name"] else "a callback that is no task"
    where = loop["blocked_at"] or "code without a frame"
    what = f"the event loop is blocked: {who} at {where} has not let go for at least {loop['silent_s']:.1f}s"
    calls = [f"{each['function']} {each['file']}:{each['line']}" for each in loop["stack"][:8]]
    waiting = seen["tasks_total"] - (1 if loop["task_name"] else 0)
    return Finding(
        "LOOP-002", what, {"frame": where, "task": loop["task_name"], "calls": calls, "tasks_kept_waiting": waiting}
    )


def _deadlock(circle: Sequence[Link], behind: Sequence[str]) -> Finding:
    names = [link.task for link in circle]
    evidence: dict[str, object] = {"cycle": [f"{link} (at {link.at})" for link in circle]}
    if behind:
        evidence["bystanders"] = list(behind)
    return Finding("TASK-001", f"deadlock: {' -> '.join([*names, names[0]])}: {'; '.join(map(str, circle))}", evidence)


def _orphan(task: _Task) -> Finding:
    names = ", ".join(each["name"] for each in task["waits"]["holders"])
    what = f"deadlock: {task['name']} waits for {task['waits']['text']}, held by {names}, which has ended"
    return Finding("TASK-001", what, {"at": task["at"], "holders": task["waits"]["holders"]})


def _dead(dead: Mapping[str, Any]) -> Finding:
    what = f"task {dead['name']} died, and nobody looked at its exception: {dead['error']}"
    return Finding("TASK-002", what, {"raised_at": dead["at"], "error": dead["error"]})


def _sentence(seen: Snapshot, findings: Sequence[Finding]) -> str:
    if findings:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        return f"{findings[0].id} {findings[0].what}{more}."
    if not seen["loops"]:
        main = next((each["at"] for each in seen["threads"] if each["name"] == "MainThread"), "nowhere")
        return f"no event loop runs in this process; its main thread is at {main}."
    waiting = [task for task in seen["tasks"] if task["waits"]]
    if not waiting:
        return f"nothing is stuck: the loop turns, and none of {seen['tasks_total']} tasks waits."
    longest = max(waiting, key=lambda task: task["waits_s"])
    return (
        f"nothing is stuck: the loop turns, {len(waiting)} of {seen['tasks_total']} tasks wait, the longest, "
        f"{longest['name']}, for {longest['waits_s']:.1f}s for {longest['waits']['text']}."
    )
