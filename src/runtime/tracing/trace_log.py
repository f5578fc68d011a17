"""runtime_trace.log: every trace that was taken, one after the other, for its owner only and bounded in size."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.tracing.render import dump
from service_contract.atomic_files import make_private_dir

if TYPE_CHECKING:  # the agent writes here too, and need not bring along what asks it
    from runtime.tracing.trace import Trace

LOG_NAME = "runtime_trace.log"
MOST_BYTES = 5_000_000


def append(log: Path, at: str, traces: "Iterable[Trace]") -> None:
    """Write traces to the end of the log. Raises OSError."""
    lines = []
    for trace in traces:
        lines.append(f"{at} trace of process {trace.pid} {trace.name}".rstrip())
        if trace.seen is not None and trace.analysis is not None:
            lines += dump(trace.seen, trace.analysis)
        else:
            lines.append(f"Diagnosis: {trace.sentence}")
        lines.append("")
    append_lines(log, lines)


def append_lines(log: Path, lines: Sequence[str]) -> None:
    """Write lines to the end of the log. A log that is full becomes `runtime_trace.log.1`. Raises OSError."""
    make_private_dir(log.parent)
    if log.is_file() and log.stat().st_size > MOST_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("".join(f"{line}\n" for line in lines))
