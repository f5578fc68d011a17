"""Where `python -m risk_manager` and the console script enter; standard library only, until packages are checked."""

import sys
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


if __name__ == "__main__":
    main()
