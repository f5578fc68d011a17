"""Can the program begin? Checks the packages it needs, using the standard library only."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from service_contract.exit_codes import ExitCode

# Name on the package index -> least version. `tests/test_tidy.py` holds it equal to pyproject.toml.
REQUIRED = {
    "apsw": "3.51.3",
    "click": "8.2",
    "msgspec": "0.20",
    "psutil": "7.0",
    "pydantic": "2.12",
    "PyYAML": "6.0.2",
    "tzdata": "2026.1",
}
_LEAST_PYTHON = (3, 11)
_INSTALLED = ".dist-info"
_REEXEC_MARK = "RISK_MANAGER_VENV_ENTERED"


@dataclass(frozen=True, slots=True)
class MissingDependency:
    """A package that is not there (`found` is None) or too old."""

    name: str
    least: str
    found: str | None

    def __str__(self) -> str:
        state = "is not installed" if self.found is None else f"is {self.found}"
        return f"DEP-001 package {self.name} {state}; {self.least} or newer is needed"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])


def missing_dependencies() -> list[MissingDependency]:
    """Every required package that is absent or older than its bound."""
    seen = _versions_by_directory()
    missing = []
    for name, least in REQUIRED.items():
        found = seen.get(_normalized(name)) or _recorded_version(name)
        if found is None or _numbers(found) < _numbers(least):
            missing.append(MissingDependency(name, least, found))
    return missing


def _versions_by_directory() -> dict[str, str]:
    """Version by normalized name, from the names of the `.dist-info` directories; the first on the path counts.

    importlib.metadata would take a third of the time in which a command starts.
    """
    seen: dict[str, str] = {}
    for place in sys.path:
        for each in _names_in(Path(place or ".")):
            if each.endswith(_INSTALLED):
                name, _, version = each.removesuffix(_INSTALLED).partition("-")
                seen.setdefault(_normalized(name), version)
    return seen


def _names_in(directory: Path) -> list[str]:
    """What is in a directory; nothing where it is a zip archive or not there at all."""
    try:
        return [each.name for each in directory.iterdir()]
    except OSError:
        return []


def _recorded_version(name: str) -> str | None:
    """The version as the installer recorded it, for whatever is installed in another way; None where it is not."""
    import importlib.metadata  # slow to import, and hardly ever needed

    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def require_dependencies() -> None:
    """Return if everything needed is here; otherwise say what to install and exit with DEPENDENCY_ERROR."""
    if sys.version_info[:2] < _LEAST_PYTHON:
        running = ".".join(str(part) for part in sys.version_info[:3])
        _refuse(f"DEP-002 Python is {running}; 3.11 or newer is needed", "install Python 3.11, then: make setup")
    missing = missing_dependencies()
    if missing:
        specs = " ".join(f"'{item.name}>={item.least}'" for item in missing)
        _refuse("\n".join(map(str, missing)), f"make setup    (or: {sys.executable} -m pip install {specs})")


def _refuse(what: str, remedy: str) -> None:
    code = ExitCode.DEPENDENCY_ERROR
    print(f"{what}\n  install: {remedy}\nExit Code: {code.value} ({code.meaning})", file=sys.stderr)
    raise SystemExit(code)


def enter_project_venv(root: Path, argv: list[str]) -> None:
    """Replace this process by the same one under `root/.venv`, if there is one and we are not in it already.

    argv: what follows the interpreter, for example `["run_tests.py", "--gate"]` or `["-m", "runtime", "smoke"]`.
    Somebody who typed `python run_tests.py` should not need to know about virtual environments.
    """
    python = root / ".venv" / "bin" / "python"
    inside = Path(sys.prefix).resolve() == (root / ".venv").resolve()
    if inside:
        os.environ.pop(_REEXEC_MARK, None)  # it has done its work, and is no variable that anybody chose
    if inside or os.environ.get(_REEXEC_MARK) or not (python.is_file() and os.access(python, os.X_OK)):
        return
    os.environ[_REEXEC_MARK] = "1"
    os.execv(python, [str(python), *argv])
