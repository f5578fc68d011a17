"""The launcher: `python -m runtime.agent -m risk_manager run …` runs any Python program with a trace agent beside it.

The program needs no line for it. It sees its own arguments, its own `__main__` and its own exit code.
"""

import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from runtime.tracing.server import Agent
from service_contract.dependencies import enter_project_venv
from service_contract.exit_codes import ExitCode

_USAGE = "usage: python -m runtime.agent [-m MODULE | FILE] [ARGUMENTS...]\n"
_LEAST = {"-m": 2}


def main(arguments: Sequence[str]) -> None:
    """Start the agent, then become the program. Whatever the program raises or exits with goes through."""
    if len(arguments) < _LEAST.get(arguments[0] if arguments else "", 1) or arguments[0] in {"-h", "--help"}:
        sys.stderr.write(_USAGE)
        sys.exit(ExitCode.USAGE)
    enter_project_venv(Path(__file__).resolve().parents[2], ["-m", "runtime.agent", *arguments])
    if arguments[0] == "-m":
        module, rest = arguments[1], arguments[2:]
        Agent(module).start()
        sys.argv = [module, *rest]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return
    file = Path(arguments[0])
    if not file.is_file():
        sys.stderr.write(f"runtime.agent: there is no file {file}\n{_USAGE}")
        sys.exit(ExitCode.USAGE)
    Agent(file.name).start()
    sys.argv = list(arguments)
    sys.path[0] = str(file.resolve().parent)  # as the interpreter does for a file
    runpy.run_path(str(file), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
