"""How things are measured here: A and B take turns in one run, and what counts is the ratio of their medians.

A machine that is slow for a minute is then slow for both. An absolute time of one machine proves nothing about
another.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
DEADLINE_S = 300.0


class NoData(Exception):
    """A row could not be measured; says why. Never shown as if it had been."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    limit: the most that `value` may be; the least where `at_least`. number: by which the goal is known, 0 for none.
    """

    name: str
    value: float
    limit: float
    unit: str
    samples: int
    detail: dict[str, Any] = field(default_factory=dict)
    number: int = 0
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal is reached in this run."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def line(self) -> str:
        """The row as the table shows it."""
        number = str(self.number or "-")
        goal = f"{'>=' if self.at_least else '<='} {self.limit:.2f} {self.unit}"
        verdict = "PASS" if self.met else "FAIL"
        return f"{number:>3}  {self.name:<62} {self.value:>8.2f} {self.unit:<2} {goal:>12}  {verdict}"


def take_turns(rounds: int, *sides: Callable[[], float]) -> list[list[float]]:
    """Call each side once per round, after one round that is thrown away; the values of each side in order."""
    taken: list[list[float]] = [[] for _ in sides]
    for number in range(rounds + 1):
        for side, values in zip(sides, taken, strict=True):
            value = side()
            if number:
                values.append(value)
    return taken


def ratio(values: Sequence[float], against: Sequence[float]) -> float:
    """Median over median."""
    return statistics.median(values) / statistics.median(against)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most, for the report."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def clean_environment() -> dict[str, str]:
    """The environment without what would change what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("RISK_", "RUNTIME_"))}


def run(argv: Sequence[str | Path]) -> tuple[float, str]:
    """Run a program with this interpreter to its end: wall seconds and its standard output. Raises NoData."""
    command = [sys.executable, *map(str, argv)]
    start_s = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
    except subprocess.TimeoutExpired:
        raise NoData(f"{' '.join(command[1:])} still ran after {DEADLINE_S:.0f} s") from None
    took_s = time.perf_counter() - start_s
    if done.returncode:
        said = " | ".join((done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-2:])
        raise NoData(f"{' '.join(command[1:])} exited {done.returncode}: {said}")
    return took_s, done.stdout


def run_json(argv: Sequence[str | Path]) -> tuple[float, dict[str, Any]]:
    """The same for a program that prints one JSON object."""
    took_s, out = run(argv)
    try:
        return took_s, dict(json.loads(out))
    except ValueError as error:
        raise NoData(f"{' '.join(map(str, argv))}: standard output is not one JSON object ({error})") from error
