"""Where agents listen: a private directory per user, one socket per process, found by its pid.

The directory is 0700 and ours, or it is not used: a directory that somebody else prepared could hold somebody else's
socket. It lies under $XDG_RUNTIME_DIR or under the directory for temporary files; who asks looks into both, because a
service and a shell may have different environments.
"""

import os
import re
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from service_contract.atomic_files import make_private_dir

# The kernel's limit for a socket's path is 108 bytes on Linux and 104 on macOS.
MAX_PATH_BYTES = 100
_SOCKET = re.compile(r"(\d+)\.sock")


class NoPlace(Exception):
    """There is no directory in which an agent may listen; says which were tried and why not."""


def directories(environ: Mapping[str, str]) -> list[Path]:
    """The directories in which agents of this user listen, the preferred one first; they need not exist."""
    bases = [environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()]
    found = [Path(base) / f"rm-agent-{os.getuid()}" for base in bases if base and Path(base).is_dir()]
    return list(dict.fromkeys(found))


def why_not_private(directory: Path) -> str:
    """Why this directory may not be trusted; empty where it may."""
    try:
        status = directory.lstat()
    except OSError as error:
        return error.strerror or str(error)
    if not stat.S_ISDIR(status.st_mode):
        return "it is not a directory"
    if status.st_uid != os.getuid():
        return f"it belongs to user {status.st_uid}"
    if status.st_mode & 0o077:
        return f"others have access (mode {stat.S_IMODE(status.st_mode):04o})"
    return ""


def place_for(pid: int, environ: Mapping[str, str]) -> Path:
    """The path on which the agent of process `pid` is to listen; its directory exists. Raises NoPlace."""
    reasons = []
    for directory in directories(environ):
        path = directory / f"{pid}.sock"
        if len(os.fsencode(path)) >= MAX_PATH_BYTES:
            reasons.append(f"{directory}: too long for a socket's path")
            continue
        try:
            make_private_dir(directory)
        except OSError as error:
            reasons.append(f"{directory}: {error.strerror}")
            continue
        why = why_not_private(directory)
        if not why:
            return path
        reasons.append(f"{directory}: {why}")
    raise NoPlace("; ".join(reasons) or "neither XDG_RUNTIME_DIR nor a directory for temporary files is there")


def sockets(environ: Mapping[str, str]) -> dict[int, Path]:
    """The sockets of agents whose process is alive, by pid; those of dead processes are removed."""
    found: dict[int, Path] = {}
    for directory in directories(environ):
        if why_not_private(directory):
            continue
        for path in sorted(directory.iterdir()):
            match = _SOCKET.fullmatch(path.name)
            if match is None:
                continue
            if _alive(int(match[1])):
                found.setdefault(int(match[1]), path)
            else:
                with suppress(OSError):
                    path.unlink()
    return found


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
