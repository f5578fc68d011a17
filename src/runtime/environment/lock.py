"""Is what is installed what the lock names? Compares versions; an absent package that the lock wants here counts."""

import importlib.metadata
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(?:;\s*(.*?))?\s*\\?")
_MARKER = re.compile(r"(\w+)\s*(==|!=)\s*['\"]([^'\"]*)['\"]")


@dataclass(frozen=True, slots=True)
class LockReport:
    """compared: how many pins were looked at. wrong: pins that are not met. open: pins whose condition is unknown."""

    compared: int
    wrong: tuple[str, ...]
    open: tuple[str, ...]


def compare(lock: Path) -> LockReport:
    """Compare this interpreter's packages with the lock. Raises OSError where the file cannot be read."""
    compared, wrong, unclear = 0, [], []
    for line in lock.read_text(encoding="utf-8").splitlines():
        match = _PIN.fullmatch(line.strip())
        if match is None:
            continue
        name, version, marker = match.groups()
        wanted = _applies(marker) if marker else True
        if wanted is False:
            continue
        installed = _installed(name)
        compared += 1
        if installed == version:
            continue
        if wanted is None and installed is None:
            unclear.append(f"{name}: condition {marker!r} is not understood")
        else:
            wrong.append(f"{name} {'is missing' if installed is None else f'is {installed}'}, the lock says {version}")
    return LockReport(compared, tuple(wrong), tuple(unclear))


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _applies(marker: str) -> bool | None:
    """One comparison of a known name; None for anything more."""
    match = _MARKER.fullmatch(marker.strip())
    if match is None:
        return None
    name, operator, value = match.groups()
    here = {
        "sys_platform": sys.platform,
        "platform_system": platform.system(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_machine": platform.machine(),
    }.get(name)
    if here is None:
        return None
    return (here == value) is (operator == "==")
