"""Where `python -m runtime` and the console script `risk-runtime` begin: standard library only until it is known that
every package is here.
"""

import sys
from pathlib import Path

from service_contract.dependencies import enter_project_venv, require_dependencies
from service_contract.exit_codes import ExitCode


def main() -> int:
    """Run the command line; the value is the exit code."""
    arguments = sys.argv[1:]
    # The console script's own path is of no use to another interpreter; the module is.
    enter_project_venv(Path(__file__).resolve().parents[2], ["-m", "runtime", *arguments])
    try:
        require_dependencies()
        from runtime.cli.root import run

        return run(arguments)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except SystemExit as stopped:
        if "--json" in arguments and stopped.code == ExitCode.DEPENDENCY_ERROR:
            import json

            failure = {
                "schema": "runtime.error/1",
                "verdict": "FAIL",
                "exit_code": int(stopped.code),
                "error": "DEP-001",
            }
            sys.stdout.write(json.dumps(failure) + "\n")
        raise


if __name__ == "__main__":
    sys.exit(main())
