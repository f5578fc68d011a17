"""A trace of one process: its agent asked, twice where a circle shows, and what the answers mean."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from runtime.tracing.analysis import Analysis, Snapshot, analyse, confirmed, find_cycles
from runtime.tracing.client import NoAnswer, ask
from runtime.tracing.render import parked, parked_json
from runtime.verdict import Verdict
from service_contract.findings import Finding

_SECOND_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Trace:
    """What a trace found. seen, analysis: None where the agent did not answer, and then `problem` says why."""

    pid: int
    name: str
    seen: Snapshot | None
    analysis: Analysis | None
    problem: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """PASS: everything may move. FAIL: something named cannot. UNKNOWN: nobody answered."""
        if self.analysis is None:
            return Verdict.UNKNOWN
        return Verdict.FAIL if self.findings else Verdict.PASS

    @property
    def sentence(self) -> str:
        """The diagnosis."""
        return self.analysis.sentence if self.analysis is not None else f"unknown: {self.problem}."

    def parked(self) -> list[str]:
        """One line per group of tasks: who is parked where."""
        return parked(self.seen) if self.seen is not None else []

    def parked_json(self) -> list[dict[str, Any]]:
        """The same as plain values."""
        return parked_json(self.seen) if self.seen is not None else []


async def trace_process(pid: int, path: Path) -> Trace:
    """Ask the agent of a process, and judge. Never raises for a process that does not answer."""
    try:
        seen = await ask(path, {"ask": "snapshot"})
        cycles = find_cycles(seen)
        if cycles:
            await asyncio.sleep(_SECOND_LOOK_S)
            cycles = confirmed(cycles, find_cycles(await ask(path, {"ask": "snapshot"})))
    except NoAnswer as error:
        return Trace(pid, "", None, None, str(error), (_silent(pid, str(error)),))
    analysis = analyse(seen, cycles=cycles)
    return Trace(pid, str(seen.get("name", "")), seen, analysis, "", analysis.findings)


def with_second_sight(trace: Trace, frames: Sequence[str]) -> Trace:
    """A trace whose agent was silent, with what py-spy saw hold the interpreter, the innermost frame first."""
    if trace.analysis is not None or not frames:
        return trace
    held = f"py-spy saw {' called by '.join(frames)} hold the interpreter"
    findings = [
        replace(each, what=f"{each.what}; {held}", evidence={**each.evidence, "held_at": list(frames)})
        for each in trace.findings
    ]
    return replace(trace, problem=f"{trace.problem}; {held}", findings=tuple(findings))


def _silent(pid: int, problem: str) -> Finding:
    """Why an agent is silent, as far as the system knows."""
    try:
        status = psutil.Process(pid).status()
    except psutil.Error:
        return Finding("WATCH-003", f"process {pid} has ended", {"agent": problem})
    if status == psutil.STATUS_STOPPED:
        return Finding("WATCH-002", f"process {pid} is stopped (SIGSTOP)", {"status": status, "agent": problem})
    what = f"process {pid} is alive, but not even its agent's thread runs: code in C holds the interpreter"
    return Finding("WATCH-001", what, {"status": status, "agent": problem})


def as_json(trace: Trace) -> dict[str, Any]:
    """One service in the JSON of `trace`; its schema is docs/reference/schemas/trace.schema.json."""
    analysis = trace.analysis
    return {
        "pid": trace.pid,
        "name": trace.name,
        "verdict": trace.verdict.name,
        "problem": trace.problem,
        "snapshot": dict(trace.seen) if trace.seen is not None else None,
        "cycles": [[asdict(link) for link in circle] for circle in analysis.cycles] if analysis else [],
        "bystanders": list(analysis.bystanders) if analysis else [],
        "diagnosis": [finding.as_json() for finding in trace.findings],
        "sentence": trace.sentence,
    }
