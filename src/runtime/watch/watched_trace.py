"""What hangs in a watched service: its agent is asked before the process is stopped, while there is one to ask."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from runtime.clocks import utc_now, utc_text
from runtime.tracing.client import agents
from runtime.tracing.trace import Trace, trace_process
from runtime.tracing.trace_log import LOG_NAME, append
from service_contract.findings import Finding

_HANGS = frozenset({"WATCH-001", "WATCH-005"})


async def with_what_hangs(found: Finding, pid: int, environ: Mapping[str, str], log_dir: Path) -> Finding:
    """The finding, with what each task waits for and the frame that blocks, where the process has an agent.

    The trace is added to runtime_trace.log. A process that has no agent, or whose agent is silent, is told so.
    """
    if found.id not in _HANGS:
        return found
    path = agents(environ).get(pid)
    if path is None:
        return replace(found, evidence={**found.evidence, "trace": "the service runs without the trace agent"})
    trace = await trace_process(pid, path)
    problem = _keep(log_dir / LOG_NAME, trace)
    evidence = {
        **found.evidence,
        "trace": trace.sentence,
        "hangs": [each.as_json() for each in trace.findings],
        "parked": trace.parked(),
        **({"trace_log": problem} if problem else {}),
    }
    return replace(found, what=f"{found.what}; {trace.sentence.rstrip('.')}", evidence=evidence)


def _keep(log: Path, trace: Trace) -> str:
    """Add it to the log; that it cannot be kept is told, and stops nothing."""
    try:
        append(log, utc_text(utc_now()), [trace])
    except OSError as error:
        return f"{log}: {error.strerror or error}"
    return ""
