"""`risk-runtime shadow`: a candidate beside the live version, and the clock that says when it may take over."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from runtime.cli.options import Documented, option, options_from, output_options, start_options
from runtime.cli.running import run_async
from runtime.contract.reader import load_contract
from runtime.output.artifacts import pretty
from runtime.output.smoke import print_exit_code
from runtime.output.terminal import Paint, Terminal
from runtime.paths import relative
from runtime.settings import SERVICE_FILE, WrongUsage, find_project, smoke_request
from runtime.shadow.cutover import NS_PER_S, CutoverClock
from runtime.shadow.memory import StateUnusable
from runtime.shadow.panel import Panel
from runtime.shadow.record import ShadowConditions
from runtime.shadow.request import Attachment, Candidate, ShadowRequest
from runtime.shadow.result import as_json, code_of, groups, verdict
from runtime.shadow.run import Shadow
from runtime.watch.watched import Limits
from service_contract.atomic_files import make_private_dir, write_atomically

_PATH = click.Path(path_type=Path)
_SECONDS = click.FloatRange(min=0, min_open=True)
_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_READY_S = 30.0
_STATE = Path("data") / "shadow" / "clock.json"


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases of click
    """`90s`, `5m`, `72h`, `3d`; seconds inside."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 -- click's own signature
        """Read it. Raises UsageError for anything that is not above 0."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)([smhd])", str(value), re.ASCII)
        seconds = float(match[1]) * _UNITS_S[match[2]] if match else 0.0
        if seconds <= 0:
            self.fail(f"{value!r} is not a duration such as 90s, 5m or 72h", param, ctx)
        return seconds


@click.command(cls=Documented)
@start_options
@option("--candidate", type=_PATH, metavar="FILE", help="The candidate's service.yaml. [default: the live one's]")
@option("--candidate-tree", type=_PATH, metavar="DIR", help="Another checkout; its .venv where it has one.")
@option("--candidate-env", multiple=True, metavar="NAME=VALUE", help="Set for the candidate alone.")
@option("--attach", type=_PATH, metavar="STATE_DIR", help="The live version runs already, with its state there.")
@option("--socket-dir", type=_PATH, metavar="DIR", help="With --attach: where its venue's observer.sock is.")
@option(
    "--fresh", is_flag=True, help="With --attach: the candidate begins with nothing, not with the live one's state."
)
@option("--for", type=Duration(), help="End so long after both are ready. [default: until Ctrl-C]")
@option("--eligible-after", type=Duration(), default="72h", show_default=True, help="Without a fault or a difference.")
@option("--settle", type=_SECONDS, default=5.0, show_default=True, help="Seconds between the same decision of both.")
@option("--gap", type=Duration(), default="5m", show_default=True, help="Unwatched or unsure for longer: begin anew.")
@option("--heartbeat", type=_SECONDS, default=5.0, show_default=True, help="Seconds without WATCHDOG=1 too many.")
@option("--state", type=_PATH, metavar="FILE", help="Where the clock is kept. [default: data/shadow/clock.json]")
@output_options
def shadow(*, json: bool, color: str, **choices: Any) -> int:  # noqa: ANN401 -- the options above, by name
    """Run a candidate beside the live version on the same input; it sends nothing. Compare what both decide."""
    request = _request(choices)
    terminal = Terminal(sys.stderr if json else sys.stdout, color=color)
    return run_async(_run(request, choices, terminal, json=json))


async def _run(request: ShadowRequest, choices: dict[str, Any], terminal: Terminal, *, json: bool) -> int:
    places = request.places
    try:
        changed, panel = asyncio.Event(), Panel(terminal)
        sides, companions = request.sides(changed)
        conditions = ShadowConditions(
            settle_s=choices["settle"],
            for_s=choices["for"],
            state=(choices["state"] or places.project / _STATE).resolve(),
            identity=request.identity(),
            new_clock=CutoverClock(int(choices["eligible_after"] * NS_PER_S), int(choices["gap"] * NS_PER_S)),
            carries=request.attachment is not None and not choices["fresh"],
        )
        try:
            watching = Shadow(sides, companions, conditions, changed, tell=panel.tell, show=panel.show)
        except StateUnusable as error:
            raise WrongUsage(str(error)) from error
        make_private_dir(places.run_dir)
        terminal.line(
            f"shadow {request.contract.name}  live {conditions.identity.live}  candidate "
            f"{conditions.identity.candidate}  run {places.run}",
            Paint.STRONG,
        )
        report = await watching.run()
    finally:
        shutil.rmtree(places.socket_dir, ignore_errors=True)
    judged = verdict(report, sides)
    panel.finish(sides, report, groups(report, conditions.settle_s), judged)
    result = places.run_dir / "result.json"
    document = as_json(
        report,
        sides,
        conditions.identity,
        settle_s=conditions.settle_s,
        head={"service": request.contract.name, "run": places.run, "options": dict(request.chosen)},
        artifacts={"dir": str(places.run_dir), "result": str(result), "clock": str(conditions.state)},
    )
    write_atomically(result, pretty(document))
    write_atomically(places.run_dir.parent / "latest", f"{places.run_dir.name}\n".encode())
    terminal.line(f"  reports  {relative(places.run_dir)}", Paint.DIM)
    code = code_of(report, judged[0])
    print_exit_code(terminal, code)
    if json:
        sys.stdout.write(pretty(document).decode())
    return int(code)


def _request(choices: dict[str, Any]) -> ShadowRequest:
    """What was asked for. Raises WrongUsage, YamlFaults."""
    contract = load_contract(choices["service"] or relative(find_project(choices["project"]) / SERVICE_FILE))
    plan = contract.shadow
    if plan is None:
        message = f"{contract.file}: it has no section `shadow`, so nothing says how a candidate is kept from sending"
        raise WrongUsage(message)
    given = options_from({**choices, "session": None})
    smoke = smoke_request(
        project=choices["project"],
        service=choices["service"],
        options={**_defaults(plan.options, contract.options), **given},
        reports_dir=choices["reports_dir"],
        log_dir=choices["log_dir"],
        kind="shadow",
    )
    if (choices["attach"] is None) != (choices["socket_dir"] is None):
        raise WrongUsage(
            "--attach and --socket-dir belong together: the state of the live version, and its venue's sockets"
        )
    attachment = None
    if choices["attach"] is not None:
        attachment = Attachment(choices["attach"].resolve(), choices["socket_dir"].resolve())
    return ShadowRequest(
        contract=smoke.contract,
        plan=plan,
        places=smoke.places,
        chosen=smoke.chosen,
        environ=smoke.environ,
        candidate=Candidate(choices["candidate"], choices["candidate_tree"], _pairs(choices["candidate_env"])),
        attachment=attachment,
        limits=Limits(ready_s=_READY_S, heartbeat_s=choices["heartbeat"]),
    )


def _defaults(planned: Any, options: Any) -> dict[str, str]:  # noqa: ANN401 -- two mappings by option name
    """What the plan chooses, where the user's environment says nothing else."""
    return {name: value for name, value in planned.items() if not os.environ.get(options[name].env)}


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            message = f"--candidate-env {text!r}: write NAME=VALUE"
            raise WrongUsage(message)
        pairs[name] = value
    return pairs
