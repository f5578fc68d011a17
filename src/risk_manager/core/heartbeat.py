"""Signs of life that only a turning engine can give, and the numbers once a second."""

import asyncio
import os
from collections.abc import Callable

from risk_manager.clock import Clock
from risk_manager.notify import Notifier
from service_contract import messages

_EVERY_NS = 1_000_000_000
_TICK_S = 0.1


class Heartbeat:
    """`WATCHDOG=1` while the engine turns, at least twice per WATCHDOG_USEC where a supervisor set one."""

    def __init__(self, notifier: Notifier, clock: Clock) -> None:
        self._notifier = notifier
        self._clock = clock
        limit_us = os.environ.get("WATCHDOG_USEC", "")
        every_ns = int(limit_us) * 1000 // 3 if limit_us.isascii() and limit_us.isdigit() else _EVERY_NS
        self._every_ns = min(every_ns, _EVERY_NS)
        self._last_ns = 0

    def turned(self) -> None:
        """The engine has turned."""
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._last_ns >= self._every_ns:
            self._last_ns = now_ns
            self._notifier.say(WATCHDOG="1")


class Metrics:
    """Once a second: counters and gauges, as `service.yaml` declares them. A number that is not known is left out."""

    def __init__(self, notifier: Notifier, clock: Clock, run: str, read: Callable[[], dict[str, float | None]]) -> None:
        self._notifier = notifier
        self._clock = clock
        self._run = run
        self._read = read

    async def run(self) -> None:
        """Send for ever."""
        lag_ns = 0
        due_ns = self._clock.monotonic_ns() + _EVERY_NS
        while True:
            before_ns = self._clock.monotonic_ns()
            await asyncio.sleep(_TICK_S)
            now_ns = self._clock.monotonic_ns()
            lag_ns = max(lag_ns, now_ns - before_ns - int(_TICK_S * 1e9))
            if now_ns >= due_ns:
                due_ns = now_ns + _EVERY_NS
                self._send(lag_ns / 1000)
                lag_ns = 0

    def _send(self, loop_lag_us: float) -> None:
        values = {name: value for name, value in self._read().items() if value is not None}
        values |= {"loop_lag_us_max": loop_lag_us, "tasks": float(len(asyncio.all_tasks()))}
        t_ns, run = self._clock.monotonic_ns(), self._run
        self._notifier.send(lambda seq: messages.encode_metrics(messages.Metrics(t_ns, run, seq, values)))
