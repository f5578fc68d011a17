"""`risk-runtime soak`: run the real service for a while, and judge how it holds up."""

import os
import re
from collections.abc import Coroutine
from typing import Any

import click

from runtime.cli.options import Documented, option, options_from, output_options, run_options
from runtime.cli.running import run_async
from runtime.soak.report import SoakReporter
from runtime.soak.request import soak_request
from runtime.soak_test import run_soak

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*([smh]?)")


class Seconds(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases of click
    """`60`, `30s`, `5m` or `8h`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """In seconds."""
        if isinstance(value, int | float):
            return float(value)
        match = _DURATION.fullmatch(str(value).strip())
        seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
        if seconds <= 0:
            self.fail(f"{value!r} is not a duration; write 60, 30s, 5m or 8h", param, ctx)
        return seconds


@click.command(cls=Documented)
@option("--duration", type=Seconds(), help="How long, from readiness on: 60, 30s, 5m. [default: soak.duration_s]")
@option("--compare", is_flag=True, help="Compare with the last good run of the same service and options.")
@option("--tracemalloc", is_flag=True, help="Trace allocations of a Python service, to name the lines that leak.")
@run_options
@output_options
def soak(*, duration: float | None, compare: bool, tracemalloc: bool, json: bool, color: str, **choices: Any) -> int:  # noqa: ANN401 -- what run_options lists, handed on by name
    """Run the service for a while under a lively session; judge memory, resources and latencies."""
    request = soak_request(
        environ=os.environ,
        project=choices["project"],
        service=choices["service"],
        options=options_from(choices),
        duration_s=duration,
        boot_s=choices["timeout"],
        reports_dir=choices["reports_dir"],
        log_dir=choices["log_dir"],
        compare=compare,
        allocations=tracemalloc,
    )
    reporter = SoakReporter(request, json=json, color=color)

    async def work() -> int:
        return reporter.finish(await run_soak(request, reporter.watch))

    running: Coroutine[Any, Any, int] = work()
    return run_async(running)
