"""Compares a soak with the last good one, `last_good.json` beside the runs, and keeps the newest good one there.

Worse than before is a warning and never decides the exit code: two runs on a busy machine differ, thresholds decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from service_contract.atomic_files import write_atomically

FILE_NAME = "last_good.json"
_WORSE_RATIO = 1.5
# Below these a ratio says nothing: the noise of a quiet machine.
_LEAST_DIFFERENCE: Mapping[str, float] = {
    "MB": 5.0,
    "us": 5_000.0,
    "%": 10.0,
    "count": 3.0,
    "s": 0.5,
    "1/s": 0.0,
    "events": 50.0,
}


class Good(msgspec.Struct, frozen=True):
    """What is remembered of a good run. metrics: the 50th percentile after warm-up."""

    run: str
    service: str
    options: dict[str, str]
    started_at: str
    duration_s: float
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """One metric then and now."""

    metric: str
    unit: str
    before: float
    now: float
    worse: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against the last good one. problem: why there is nothing to compare with."""

    against: str = ""
    started_at: str = ""
    rows: tuple[Row, ...] = field(default_factory=tuple)
    problem: str = ""

    @property
    def worse(self) -> tuple[Row, ...]:
        """What got worse."""
        return tuple(row for row in self.rows if row.worse)

    def as_json(self) -> dict[str, object]:
        """For the JSON of the run."""
        rows = [
            {"metric": r.metric, "unit": r.unit, "before": r.before, "now": r.now, "worse": r.worse} for r in self.rows
        ]
        return {"against": self.against, "started_at": self.started_at, "problem": self.problem, "metrics": rows}


def compare(now: Good, file: Path, units: Mapping[str, str], *, more_is_better: frozenset[str]) -> Comparison:
    """Compare with the run in `file`; another service or other options cannot be compared."""
    try:
        before = msgspec.json.decode(file.read_bytes(), type=Good)
    except FileNotFoundError:
        return Comparison(problem=f"there is no good run yet ({file})")
    except (OSError, msgspec.MsgspecError) as error:
        return Comparison(problem=f"{file} cannot be read: {error}")
    if (before.service, before.options) != (now.service, now.options):
        chosen = " ".join(f"{name}={value}" for name, value in before.options.items())
        return Comparison(problem=f"the last good run was of {before.service} with {chosen or 'no options'}")
    rows = [
        _row(name, units.get(name, ""), before.metrics[name], now.metrics[name], better_up=name in more_is_better)
        for name in sorted(before.metrics.keys() & now.metrics.keys())
    ]
    return Comparison(before.run, before.started_at, tuple(rows))


def _row(metric: str, unit: str, before: float, now: float, *, better_up: bool) -> Row:
    high, low = (before, now) if better_up else (now, before)
    difference = high - low
    far = difference > _LEAST_DIFFERENCE.get(unit, 0.0) and high > low * _WORSE_RATIO
    return Row(metric, unit, before, now, worse=far)


def keep(now: Good, file: Path) -> None:
    """Remember a good run. Raises OSError."""
    write_atomically(file, msgspec.json.format(msgspec.json.encode(now), indent=2) + b"\n")
