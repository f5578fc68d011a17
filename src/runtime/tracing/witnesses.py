"""Second witnesses, from outside the process: py-spy where it is installed, `python -m asyncio pstree` on 3.14.

They need nothing of the service, and answer also where its agent cannot. What is not available is UNKNOWN, by name.
"""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from runtime.observing.foreground import read_output

_DEADLINE_S = 1.5  # a trace is there within two seconds, whoever is late
_PSTREE = (3, 14)
_MOST_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Witness:
    """What one of them said. saw: None where it is UNKNOWN, and then `why` tells the reason."""

    name: str
    saw: str | None
    why: str


def py_spy(pid: int) -> Witness:
    """The stacks of its threads."""
    beside = Path(sys.executable).with_name("py-spy")
    program = str(beside) if beside.is_file() else shutil.which("py-spy")
    if program is None:
        return Witness("py-spy", None, "it is not installed (pip install py-spy)")
    said = read_output([program, "dump", "--nonblocking", "--pid", str(pid)], Path.cwd(), timeout_s=_DEADLINE_S)
    return Witness("py-spy", said, "" if said else "it may not look into this process (see ptrace_scope)")


def held_at(saw: str) -> list[str]:
    """The innermost frames of the thread that holds the interpreter, in what py-spy said; none where no thread does."""
    frames: list[str] = []
    inside = False
    for line in saw.splitlines():
        if line.startswith("Thread "):
            inside = "+gil)" in line
        elif inside and line.strip():
            frames.append(line.strip())
    return frames[:_MOST_FRAMES]


def pstree(pid: int, python: str | None) -> Witness:
    """The tree of its tasks. python: the version the service runs, as far as it is known."""
    name = "python -m asyncio pstree"
    ours = ".".join(map(str, sys.version_info[:2]))
    if sys.version_info[:2] < _PSTREE or python is None or not python.startswith(f"{ours}."):
        return Witness(name, None, f"it needs Python 3.14 on both sides (here {ours}, there {python or 'unknown'})")
    said = read_output([sys.executable, "-m", "asyncio", "pstree", str(pid)], Path.cwd(), timeout_s=_DEADLINE_S)
    return Witness(name, said, "" if said else "it may not look into this process")
