"""A small language for snapshots, so that a test of the analysis needs one line."""

import pytest


def waiting(name, *, on=(), lock=None, any_of=False, bounded=False, ended=()):
    """A task that waits for other tasks by name, or for a lock that they hold."""
    return {"name": name, "on": on, "lock": lock, "any": any_of, "bounded": bounded, "ended": ended}


def build(*tasks, dead=(), loops=None):
    numbers = {task["name"]: number for number, task in enumerate(tasks, 1)}
    built = []
    for task in tasks:
        idle = not task["on"] and task["lock"] is None
        holders = [
            {"task": numbers.get(name), "name": name, "ended": name in task["ended"], "held_s": None}
            for name in (*task["on"], *task["ended"])
        ]
        text = f"lock {task['lock']}" if task["lock"] else f"task {', '.join(task['on'])}"
        waits = {
            "kind": "lock" if task["lock"] else "task", "text": text, "object": task["lock"],
            "holders": holders if task["lock"] else [], "on": [numbers[name] for name in task["on"]],
            "any": task["any"], "bounded": task["bounded"],
        }  # fmt: skip
        place = {"file": "service.py", "line": numbers[task["name"]], "function": task["name"], "own": True}
        built.append(
            {
                "number": numbers[task["name"]], "name": task["name"], "state": "ready" if idle else "waiting",
                "cancelling": False, "age_s": 1.0, "waits": None if idle else waits, "waits_s": 0.5,
                "at": f"{task['name']} service.py:{numbers[task['name']]}", "chain": [place],
            }
        )  # fmt: skip
    turning = {
        "running": True, "silent_s": 0.0, "blocked": False, "thread": 1, "task": None, "task_name": None,
        "blocked_at": "", "stack": [],
    }  # fmt: skip
    return {
        "schema": "runtime.snapshot/1", "pid": 1, "python": "3.11.7", "t_ns": 1, "tasks_total": len(built),
        "loops": [turning] if loops is None else loops, "tasks": built, "queues": [], "dead": list(dead), "threads": [],
    }  # fmt: skip


@pytest.fixture
def snap():
    return build


@pytest.fixture
def task():
    return waiting
