"""What the agent does for ASYNC_DEBUG=1: dumps of all tasks, and asyncio's debug mode except in production."""

import sys
from collections.abc import MutableMapping, Sequence
from pathlib import Path

from runtime.tracing.debug_dumps import DebugDumps
from runtime.tracing.production import given_on, why_production
from runtime.tracing.trace_log import LOG_NAME

_DEBUG_MODE = "PYTHONASYNCIODEBUG"


def begin_debug(name: str, argv: Sequence[str], environ: MutableMapping[str, str]) -> None:
    """Take dumps from now on. argv: the program's own arguments; `--log-dir` among them says where the log goes."""
    reason = why_production(argv, environ)
    if reason is None:
        environ[_DEBUG_MODE] = "1"  # asyncio asks for it whenever a loop is made
    elif environ.pop(_DEBUG_MODE, None) is not None:
        sys.stderr.write(f"ASYNC_DEBUG: asyncio's debug mode stays off in production: {reason}\n")
    log_dir = given_on("--log-dir", argv) or environ.get("RUNTIME_LOG_DIR") or "data/logs"
    DebugDumps(name, Path(log_dir).resolve() / LOG_NAME).start()
