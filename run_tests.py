#!/usr/bin/env python3
"""The menu: keys, flags and the commands they run. Without arguments it asks; with one it runs that and exits with
its code. What runs a command and keeps its report is src/runtime/menu/loop.py.
"""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
sys.path.insert(0, str(PROJECT / "src"))

from service_contract.dependencies import enter_project_venv, require_dependencies  # noqa: E402 -- needs the line above

PYTEST = ("{python}", "-m", "pytest", "--junitxml={junit}")
PARALLEL = ("-n", "2", "--dist", "worksteal")
RUNTIME = ("{python}", "-m", "runtime")

# key, label, hint, argv (empty: not there yet), flag for scripts, is it a pytest run
TABLE = (
    ("1", "all", "every test", (*PYTEST, *PARALLEL, "tests"), "--all", True),
    ("2", "unit", "pure, fast", (*PYTEST, "tests/unit", "tests/property"), "--unit", True),
    ("3", "integration", "processes", (*PYTEST, *PARALLEL, "tests/integration", "tests/zoo"), "--integration", True),
    ("4", "replay", "sessions", (*PYTEST, "tests/replay"), "--replay", True),
    ("5", "last failed", "again", (*PYTEST, "--last-failed", "--last-failed-no-failures=none"), "--last-failed", True),
    ("s", "smoke", "boot, breach, ledger", (*RUNTIME, "smoke"), "--smoke-test-only", False),
    ("r", "soak", "60 s, every threshold", (*RUNTIME, "soak"), "--soak-test", False),
    ("t", "trace", "who waits for what", (*RUNTIME, "trace"), "--trace", False),
    ("l", "logs", "the end, filter", (*RUNTIME, "logs"), "--view-logs", False),
    ("e", "environment", "snapshot, difference", (*RUNTIME, "env"), "--env-snapshot", False),
    ("g", "GATE", "all, one verdict", (*RUNTIME, "gate"), "--gate", False),
    ("d", "drill", "", (), "--drill", False),
    ("c", "chaos", "", (), "--chaos", False),
)


def main() -> int:
    """Check that everything is here, then let the menu work."""
    enter_project_venv(PROJECT, [str(Path(__file__).resolve()), *sys.argv[1:]])
    require_dependencies()
    from runtime.menu.loop import Menu
    from runtime.menu.screen import Entry

    return Menu([Entry(*row) for row in TABLE], PROJECT).main(sys.argv[1:])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
