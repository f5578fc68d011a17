"""What is installed, against what the lock pins."""

import importlib.metadata
import re
import tomllib
from collections.abc import Iterator

from runtime.environment.lock import LockReport, compare
from runtime.environment.probes.item import Context, Item, State

LOCK = "requirements.lock"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def probe(context: Context) -> Iterator[Item]:
    """The lock first, then each package; on the screen only what the project names itself."""
    yield _lock(context)
    named = _named(context)
    for name, version in sorted(installed().items()):
        yield Item(name, version, hidden=name not in named)


def installed() -> dict[str, str]:
    """Every distribution that this interpreter would import, the first on its path where there are two."""
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(_normal(name), distribution.version)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _named(context: Context) -> set[str]:
    """The packages that pyproject.toml names."""
    try:
        project = tomllib.loads((context.project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return set()
    return {_normal(match[0]) for text in project.get("dependencies", []) if (match := _NAME.match(text))}


def _lock(context: Context) -> Item:
    try:
        report = compare(context.project / LOCK)
    except OSError:
        return Item("Lock", "there is none", State.SKIP, f"SKIP: there is no {LOCK} here")
    state, text, cause = _of(report)
    return Item("Lock", text, state, text, cause, moves=True)  # what differs is told by the packages themselves


def _of(report: LockReport) -> tuple[State, str, str]:
    if report.wrong:
        more = f" (+{len(report.wrong) - 1} more)" if len(report.wrong) > 1 else ""
        return State.WARNING, f"{report.wrong[0]}{more}", "DEP-001"
    if report.open or not report.compared:
        return State.UNKNOWN, report.open[0] if report.open else "it pins nothing", "DEP-001"
    return State.OK, f"{report.compared} of {report.compared} packages as pinned", ""
