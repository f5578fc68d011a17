"""The machine, its interpreter, and where we stand."""

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from runtime.environment.probes.item import Context, Item, State

_LEAST = (3, 11)


def probe(context: Context) -> Iterator[Item]:
    """Operating system, Python, working directory."""
    yield Item("OS", f"{platform.system()} {platform.release()}")
    yield Item("Machine", f"{platform.machine()}, {os.cpu_count()} processors")
    version = platform.python_version()
    enough = sys.version_info[:2] >= _LEAST
    state = State.OK if enough else State.FAULT
    yield Item("Python", f"{version} ({platform.python_implementation()})", state, cause="" if enough else "DEP-002")
    yield Item("Interpreter", sys.executable)
    yield Item("In a venv", sys.prefix != sys.base_prefix, text="yes" if sys.prefix != sys.base_prefix else "no")
    yield Item("Working Dir", str(Path.cwd()))
    yield Item("Project", str(context.project))
    yield Item("Encoding", sys.getfilesystemencoding())
