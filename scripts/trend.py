"""Keeps how long things took from one CI job to the next, and prints the course as Markdown. Needs no package.

`python scripts/trend.py TREND REPORTS` appends what the last runs below REPORTS (data/reports) say to TREND, one JSON
object a line, and prints the table. The workflow carries TREND from job to job.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

KEPT = 200
SHOWN = 20
BARS = "▁▂▃▄▅▆▇█"
ROWS = (
    ("smoke", "smoke", "duration_s", "s"),
    ("gate", "gate", "duration_s", "s"),
    ("soak, growth", "soak", "memory_leak_mb", "MB"),
    ("soak, peak memory", "soak", "peak_memory_mb", "MB"),
)


def last_result(reports: Path, kind: str) -> Mapping[str, Any] | None:
    """The result of the last run of one kind; None where there is none that can be read."""
    directory = reports / kind
    try:
        name = (directory / "latest").read_text(encoding="utf-8").strip()
        found = json.loads((directory / name / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def record(reports: Path, commit: str) -> dict[str, Any]:
    """What this job has to say; a run that did not take place is left out."""
    found: dict[str, Any] = {"commit": commit[:9]}
    for title, kind, key, _ in ROWS:
        result = last_result(reports, kind)
        if result is None:
            continue
        found[f"{kind} verdict"] = str(result.get("verdict", "UNKNOWN"))
        value = result.get(key)
        if isinstance(value, int | float):
            found[title] = float(value)
    return found


def read(trend: Path) -> list[dict[str, Any]]:
    """The records so far; lines that are none are dropped, because a trend decides nothing."""
    try:
        lines = trend.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    records = []
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if isinstance(found, dict):
            records.append(found)
    return records


def sparkline(values: Sequence[float]) -> str:
    """The course of some numbers in one line of text."""
    least, most = min(values), max(values)
    span = most - least or 1.0
    return "".join(BARS[round((value - least) / span * (len(BARS) - 1))] for value in values)


def markdown(records: Sequence[Mapping[str, Any]]) -> str:
    """The table: the last value of each row, its median, and its course."""
    lines = ["### Trend", "", "| what | now | median | worst | course |", "| --- | --- | --- | --- | --- |"]
    for title, _, _, unit in ROWS:
        values = [each[title] for each in records[-SHOWN:] if isinstance(each.get(title), int | float)]
        if not values:
            lines.append(f"| {title} | NO DATA | | | |")
            continue
        middle = sorted(values)[len(values) // 2]
        now = f"{values[-1]:.2f} {unit}" if title in records[-1] else "NO DATA"
        lines.append(f"| {title} | {now} | {middle:.2f} {unit} | {max(values):.2f} {unit} | {sparkline(values)} |")
    marks = "".join("✅" if each.get("gate verdict") == "PASS" else "❌" for each in records[-SHOWN:])
    return "\n".join([*lines, "", f"The gate, the last {min(len(records), SHOWN)}: {marks}"]) + "\n"


def main(trend: Path, reports: Path) -> int:
    """Append and print."""
    records = [*read(trend), record(reports, os.environ.get("GITHUB_SHA", ""))][-KEPT:]
    trend.parent.mkdir(parents=True, exist_ok=True)
    trend.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    sys.stdout.write(markdown(records))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
