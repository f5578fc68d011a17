"""ASYNC_DEBUG=1: how a program that is started without the trace agent gets it. Standard library only."""

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence

VARIABLE = "ASYNC_DEBUG"
AGENT_MARK = "RUNTIME_AGENT_PID"  # set by the agent to the process it is in
_AGENT = "runtime.agent"
_OFF = {"", "0", "false", "no", "off"}


def switched_on(environ: Mapping[str, str], name: str) -> bool:
    """Whether a variable that is a switch is on."""
    return environ.get(name, "").strip().lower() not in _OFF


def asks_for_debug(environ: Mapping[str, str]) -> bool:
    """Whether ASYNC_DEBUG is switched on."""
    return switched_on(environ, VARIABLE)


def enter_agent(module: str, arguments: Sequence[str]) -> None:
    """Replace this process by the same one under the trace agent, if ASYNC_DEBUG asks for it and it is not there yet.

    module, arguments: as after `python -m`. Without the pack that brings the agent, one line says so.
    """
    if not asks_for_debug(os.environ) or os.environ.get(AGENT_MARK) == str(os.getpid()):
        return
    if importlib.util.find_spec(_AGENT.partition(".")[0]) is None:
        sys.stderr.write(f"{VARIABLE}: package {_AGENT.partition('.')[0]} is not installed; goes on without it\n")
        return
    os.execv(sys.executable, [sys.executable, "-m", _AGENT, "-m", module, *arguments])  # noqa: S606 -- there is no shell on purpose: the process stays the same one
