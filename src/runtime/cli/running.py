"""Runs the work of a command in a loop, so that a signal ends it in order."""

import signal
from collections.abc import Coroutine
from typing import Any


class Interrupted(Exception):
    """Ctrl-C, SIGTERM or a closed terminal, after everything that was started has been stopped."""


def run_async(work: Coroutine[Any, Any, int]) -> int:
    """Run to the end; a signal cancels the work, which stops what it started. Raises Interrupted."""
    import asyncio  # a command that only reads a log does without

    async def guarded() -> int:
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, lambda: task.cancel() if task else None)
        try:
            return await work
        except asyncio.CancelledError as error:
            raise Interrupted from error

    return asyncio.run(guarded())
