"""`make bench`: measures what performance is promised, as ratios taken side by side, and writes them down.

`benchmarks/run.py NAME…` measures some of them. Exits 0 when every row was measured, whether or not its goal was met:
the table says that. A row that could not be
measured is NO DATA with its reason, and the exit code is 2.
"""

import json
import platform
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import agent_overhead
import invariants
import log_viewer
import quotes
import start_and_smoke
import store
from measure import PROJECT, NoData, Row

import replay
from service_contract.atomic_files import make_private_dir, write_atomically
from service_contract.exit_codes import ExitCode

MEASUREMENTS: dict[str, Callable[[], Iterable[Row]]] = {
    "logs": log_viewer.rows,
    "quotes": quotes.rows,
    "start and smoke": start_and_smoke.rows,
    "replay": replay.rows,
    "trace agent": agent_overhead.rows,
    "invariants": invariants.rows,
    "durable events": store.rows,
    "restart": store.restart_rows,
}


def main() -> int:
    """Measure everything, print the table, write the report."""
    print(f"{'row':>3}  {'what':<62} {'value':>8}    {'goal':>12}  verdict")
    report: list[dict[str, Any]] = []
    complete = True
    for name, measure in _chosen(sys.argv[1:]).items():
        try:
            for row in measure():
                print(row.line(), flush=True)
                report.append({**vars(row), "met": row.met})
        except NoData as why:
            complete = False
            print(f"  -  {name:<62} NO DATA: {why}", flush=True)
            report.append({"name": name, "no_data": str(why)})
    print(f"\nreport  {_write(report)}")
    return ExitCode.SUCCESS if complete else ExitCode.STALLED


def _chosen(names: Sequence[str]) -> dict[str, Callable[[], Iterable[Row]]]:
    """Those that were named, or all."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        sys.stderr.write(f"no such measurement: {', '.join(unknown)}; there are: {', '.join(MEASUREMENTS)}\n")
        sys.exit(ExitCode.USAGE)
    return {name: MEASUREMENTS[name] for name in names or MEASUREMENTS}


def _write(rows: list[dict[str, Any]]) -> str:
    stamp = datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%dT%H%M%SZ")
    path = make_private_dir(PROJECT / "data" / "reports" / "bench" / stamp) / "result.json"
    machine = {"python": platform.python_version(), "system": platform.platform(), "processor": platform.machine()}
    document = {"schema": "bench/1", "at": stamp, "machine": machine, "rows": rows}
    write_atomically(path, json.dumps(document, indent=2).encode() + b"\n")
    return str(path.relative_to(PROJECT))


if __name__ == "__main__":
    sys.exit(main())
