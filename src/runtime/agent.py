"""The launcher: `python -m runtime.agent -m risk_manager run …` runs any Python program with a trace agent beside it.

The program needs no line for it. It sees its own arguments, its own `__main__` and its own exit code. Before `-m` or
the file may stand `--debug-monitor[=PORT]`. ASYNC_DEBUG=1 adds dumps of all tasks.
"""

import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from runtime.tracing.debug_monitor import Refused, has_flag, open_monitor
from runtime.tracing.server import Agent
from service_contract.debugging import AGENT_MARK, asks_for_debug
from service_contract.dependencies import enter_project_venv
from service_contract.exit_codes import ExitCode

_USAGE = "usage: python -m runtime.agent [--debug-monitor[=PORT]] [-m MODULE | FILE] [ARGUMENTS...]\n"
_LEAST = {"-m": 2}


def main(arguments: Sequence[str]) -> None:
    """Start the agent, then become the program. Whatever the program raises or exits with goes through."""
    program = list(arguments[1:] if has_flag(arguments) else arguments)
    if len(program) < _LEAST.get(program[0] if program else "", 1) or program[0] in {"-h", "--help"}:
        sys.stderr.write(_USAGE)
        sys.exit(ExitCode.USAGE)
    enter_project_venv(Path(__file__).resolve().parents[2], ["-m", "runtime.agent", *arguments])
    is_module = program[0] == "-m"
    file = Path(program[0])
    if not is_module and not file.is_file():
        sys.stderr.write(f"runtime.agent: there is no file {file}\n{_USAGE}")
        sys.exit(ExitCode.USAGE)
    os.environ[AGENT_MARK] = str(os.getpid())
    sys.argv = program[1:] if is_module else program
    name = program[1] if is_module else file.name
    _prepare(name, arguments)
    if is_module:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
        return
    sys.path[0] = str(file.resolve().parent)  # as the interpreter does for a file
    runpy.run_path(str(file), run_name="__main__")


def _prepare(name: str, arguments: Sequence[str]) -> None:
    """The agent, and what else was asked for."""
    try:
        open_monitor(arguments, sys.argv[1:], os.environ)
    except Refused as refusal:
        sys.stderr.write(f"runtime.agent: {refusal}\nExit Code: {refusal.code.value} ({refusal.code.meaning})\n")
        sys.exit(refusal.code)
    Agent(name).start()
    if asks_for_debug(os.environ):
        from runtime.tracing.debug_mode import begin_debug  # brings what reads the contract

        begin_debug(name, sys.argv[1:], os.environ)


if __name__ == "__main__":
    main(sys.argv[1:])
