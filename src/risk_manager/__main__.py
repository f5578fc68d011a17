"""Where `python -m risk_manager` and the console script enter; standard library only, until packages are checked."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from service_contract.debugging import enter_agent
from service_contract.dependencies import enter_project_venv, require_dependencies
from service_contract.exit_codes import ExitCode


def main() -> None:
    """Check what is needed, then hand over to the command line."""
    enter_project_venv(Path(__file__).resolve().parents[2], ["-m", "risk_manager", *sys.argv[1:]])
    if sys.argv[1:2] == ["run"]:
        enter_agent("risk_manager", sys.argv[1:])
    try:
        require_dependencies()
        from risk_manager.cli.root import root

        root(prog_name="risk-manager")
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except OSError as error:
        # Each command tells its own files' faults in words: what is left is where it prints to, such as a full disk.
        with suppress(OSError):
            sys.stderr.write(f"{error.filename or 'the output'}: {error.strerror or error}\n")
        os._exit(ExitCode.EXCEPTION)  # the interpreter would try to print the rest once more


if __name__ == "__main__":
    main()
