"""Frames as text, and the await chain of a task from its first coroutine to the innermost one.

Only file, line and name of a function leave this file: never an argument, never a local variable.
"""

import asyncio
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from runtime.tracing.private import Task, unwrapped

MAX_DEPTH = 60
ASYNCIO_DIR = str(Path(asyncio.__file__).parent)
_PACK_DIR = str(Path(__file__).parent)
_FOREIGN = (
    *{str(Path(sysconfig.get_path(name))) for name in ("stdlib", "platstdlib", "purelib", "platlib")},
    "<frozen",
    _PACK_DIR,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A line that is being executed. own: it belongs to the service, not to Python or an installed package."""

    file: str
    line: int
    function: str
    own: bool

    def __str__(self) -> str:
        return f"{self.function} {self.file}:{self.line}"


def place(frame: FrameType) -> Place:
    """Where a frame stands."""
    code = frame.f_code
    own = not code.co_filename.startswith(_FOREIGN)
    return Place(_short(code.co_filename), frame.f_lineno or code.co_firstlineno, code.co_qualname, own)


def _short(file: str) -> str:
    """The path from the current directory if it lies below it; a file of Python from its package on."""
    path = Path(file)
    here = Path.cwd()
    if path.is_relative_to(here):
        return str(path.relative_to(here))
    return str(Path(*path.parts[-2:])) if file.startswith(_FOREIGN) else file


def await_chain(task: Task) -> list[FrameType]:
    """The frames of a suspended task, the outermost first. A task that runs right now shows only those it entered."""
    frames = [frame for _, frame in awaitables(task)]
    return [frame for frame in frames if not frame.f_code.co_filename.startswith(_PACK_DIR)]  # ours take notes


def awaitables(task: Task) -> list[tuple[object, FrameType]]:
    """Each coroutine or generator of a task with its frame, the outermost first."""
    found: list[tuple[object, FrameType]] = []
    awaited: object | None = task.get_coro()
    while awaited is not None and len(found) < MAX_DEPTH:
        awaited = unwrapped(awaited) or awaited
        frame = _frame_of(awaited)
        if frame is None:
            break
        found.append((awaited, frame))
        awaited = _awaited_by(awaited)
    return found


def _frame_of(awaitable: object) -> FrameType | None:
    for name in ("cr_frame", "gi_frame", "ag_frame"):
        frame = getattr(awaitable, name, None)
        if isinstance(frame, FrameType):
            return frame
    return None


def _awaited_by(awaitable: object) -> object | None:
    for name in ("cr_await", "gi_yieldfrom", "ag_await"):
        found: object | None = getattr(awaitable, name, None)
        if found is not None:
            return found
    return None


def stack(innermost: FrameType) -> Iterator[FrameType]:
    """The frames of a running thread, the innermost first, at most MAX_DEPTH."""
    frame: FrameType | None = innermost
    for _ in range(MAX_DEPTH):
        if frame is None:
            return
        yield frame
        frame = frame.f_back
