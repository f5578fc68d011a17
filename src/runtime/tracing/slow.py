"""The slowest callbacks of the loops, timed for a few seconds while somebody asks, and never otherwise."""

import asyncio
import functools
import threading
from typing import Any

from runtime.clocks import monotonic_ns
from runtime.tracing.frames import place

MAX_SECONDS = 10.0
_MOST = 10


def slowest(seconds: float) -> list[dict[str, Any]]:
    """Time every callback for `seconds`; the worst by name, the slowest first."""
    original = asyncio.Handle._run  # noqa: SLF001 -- the one function through which every callback is run
    worst: dict[str, tuple[float, int]] = {}

    def timed(self: asyncio.Handle) -> None:
        name = _name(getattr(self, "_callback", None))
        begun_ns = monotonic_ns()
        try:
            original(self)
        finally:
            took_ms = (monotonic_ns() - begun_ns) / 1e6
            most_ms, count = worst.get(name, (0.0, 0))
            worst[name] = (max(most_ms, took_ms), count + 1)

    asyncio.Handle._run = timed  # type: ignore[method-assign] # noqa: SLF001 -- replaced for these seconds only
    try:
        threading.Event().wait(min(seconds, MAX_SECONDS))
    finally:
        asyncio.Handle._run = original  # type: ignore[method-assign] # noqa: SLF001 -- put back
    ranked = sorted(worst.items(), key=lambda item: -item[1][0])[:_MOST]
    return [{"callback": name, "worst_ms": round(most_ms, 3), "calls": count} for name, (most_ms, count) in ranked]


def _name(callback: object) -> str:
    """The task that a callback steps, else the function."""
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        frame = getattr(owner.get_coro(), "cr_frame", None)
        return f"task {owner.get_name()}" + (f" at {place(frame)}" if frame is not None else "")
    if isinstance(callback, functools.partial):
        callback = callback.func
    return str(getattr(callback, "__qualname__", type(callback).__name__))
