"""`risk-runtime smoke` and `risk-runtime demo`: start the service, and judge what it shows."""

from typing import Any

import click

from runtime.cli.options import Documented, option, output_options, request_from, run_options
from runtime.cli.running import run_async
from runtime.demo import StoryTeller
from runtime.output.smoke import SmokeReporter
from runtime.smoke_test import SmokeRequest, run_smoke

_DEMO_TIMEOUT_S = 60.0  # a story may take longer than a test


@click.command(cls=Documented)
@run_options
@output_options
def smoke(*, json: bool, color: str, **choices: Any) -> int:  # noqa: ANN401 -- what run_options lists, handed on by name
    """Start the service, watch it reach every checkpoint, ask the witness, stop it."""
    request = request_from(choices, "smoke")
    reporter = SmokeReporter(request, json=json, color=color)
    return run_async(_watched(request, reporter))


@click.command(cls=Documented)
@run_options
@option("--session", help="A session file of data/sessions instead of the one that ships.")
@output_options
def demo(*, json: bool, color: str, **choices: Any) -> int:  # noqa: ANN401 -- what run_options lists, handed on by name
    """The same as smoke, told as a story: boot, breach, enforcement, and what the venue's ledger says."""
    if choices["timeout"] is None:
        choices["timeout"] = _DEMO_TIMEOUT_S
    request = request_from(choices, "demo")
    return run_async(_watched(request, StoryTeller(request, json=json, color=color)))


async def _watched(request: SmokeRequest, reporter: SmokeReporter | StoryTeller) -> int:
    return reporter.finish(await run_smoke(request, reporter.watch))
