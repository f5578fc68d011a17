"""`risk-runtime replay`: recorded sessions on accumulated state, with restarts in their midst."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from runtime.cli.options import Documented, option, options_from, output_options
from runtime.cli.running import run_async
from runtime.contract.model import Contract
from runtime.contract.reader import load_contract
from runtime.harness.moments import Restart, WrongMoment, read_restart
from runtime.harness.replay import run_replay
from runtime.harness.report import ReplayReporter
from runtime.harness.result import Play, ReplayRequest
from runtime.harness.scenario import Part, Scenario, load_scenario
from runtime.paths import relative
from runtime.settings import (
    SERVICE_FILE,
    WrongUsage,
    choose,
    find_project,
    make_places,
    new_names,
    option_environment,
)

_PATH = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_SECONDS = click.FloatRange(min=0, min_open=True)
_LIMIT_S = 60.0
_SESSION = "session"


@click.command(cls=Documented)
@option("--session", multiple=True, metavar="NAME|FILE", help="A session; again for that of the next day.")
@option("--snapshot", type=_FILE, help="Begin with this state. [default: from nothing]")
@option(
    "--restart-at",
    multiple=True,
    metavar="WHEN[/SPAN][:HOW]",
    help="Restart there in each session: +60s, event:120, checkpoint:8/triggered; clean, term or kill. [default: kill]",
)
@option("--script", type=_FILE, help="What is traded, instead of the script beside the session.")
@option("--scenario-file", type=_FILE, help="All of this from a file (docs/reference/replay.md).")
@option("--export", type=_PATH, help="Write the state to this file at the end.")
@option("--account", metavar="NAME", help="The account. [default: the service's own]")
@option("--timeout", type=_SECONDS, default=_LIMIT_S, show_default=True, help="Seconds for each session.")
@option("--project", type=_PATH, help="The project's directory. [default: upwards from here]")
@option("--service", type=_PATH, help="Another service.yaml.")
@option("--reports-dir", type=_PATH, help="Where reports go. [default: data/reports]")
@option("--log-dir", type=_PATH, help="Where the service logs. [default: in the reports]")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the service.")
@output_options
def replay(*, json: bool, color: str, **choices: Any) -> int:  # noqa: ANN401 -- the options above, by name
    """Replay recorded sessions on carried state, restart here and there, and compare with the venue's ledger."""
    request = _request(choices)
    reporter = ReplayReporter(request, json=json, color=color)

    async def work() -> int:
        return reporter.finish(await run_replay(request, reporter.watch))

    return run_async(work())


def _request(choices: dict[str, Any]) -> ReplayRequest:
    """What the options describe. Raises YamlFaults, WrongUsage."""
    environ = {**os.environ, **new_names(os.environ)}
    root = find_project(choices["project"])
    contract = load_contract(choices["service"] or relative(root / SERVICE_FILE))
    if contract.harness is None:
        raise WrongUsage(f"{contract.file} has no section `harness`: it does not say how to replay this service")
    options = options_from({"options": choices["options"]})
    if choices["account"]:
        options["account"] = choices["account"]
    environ.pop(contract.options[_SESSION].env if _SESSION in contract.options else "", None)
    chosen = choose(contract, options, environ)
    environ |= option_environment(contract, chosen, root)
    scenario = _scenario(choices)
    places = make_places(contract, root, "replay", reports_dir=choices["reports_dir"], log_dir=choices["log_dir"])
    if choices["log_dir"] is None:
        places = replace(places, log_dir=places.run_dir / "log")
    return ReplayRequest(
        contract=contract,
        plan=contract.harness,
        places=places,
        environ=environ,
        plays=tuple(_play(contract, part, root) for part in scenario.parts),
        snapshot=None if scenario.snapshot is None else scenario.snapshot.resolve(),
        export=None if choices["export"] is None else choices["export"].resolve(),
        limit_s=choices["timeout"],
    )


def _scenario(choices: Mapping[str, Any]) -> Scenario:
    """From the file, or from the single options."""
    if choices["scenario_file"] is not None:
        if choices["session"] or choices["restart_at"] or choices["script"]:
            raise WrongUsage("--scenario-file says what is played; leave --session, --script and --restart-at out")
        scenario = load_scenario(choices["scenario_file"])
        return replace(scenario, snapshot=choices["snapshot"] or scenario.snapshot)
    if not choices["session"]:
        raise WrongUsage("say what to replay: --session NAME, for example demo-breach, or --scenario-file FILE")
    if choices["script"] is not None and len(choices["session"]) > 1:
        raise WrongUsage("--script belongs to one session; for several write a --scenario-file")
    restarts = _restarts(choices["restart_at"])
    parts = tuple(Part(session, choices["script"], restarts) for session in choices["session"])
    return Scenario(choices["snapshot"], parts)


def _restarts(texts: Sequence[str]) -> tuple[Restart, ...]:
    try:
        return tuple(read_restart(text) for text in texts)
    except WrongMoment as error:
        raise WrongUsage(f"--restart-at {error}") from error


def _play(contract: Contract, part: Part, root: Path) -> Play:
    """A session with its file found. Raises WrongUsage."""
    file = Path(part.session)
    if not file.is_file():
        if _SESSION not in contract.options:
            raise WrongUsage(f"there is no file {file}")
        option_ = contract.options[_SESSION]
        file = Path(option_environment(contract, {_SESSION: part.session}, root)[option_.env])
    script = None if part.script is None else part.script.resolve()
    return Play(part.session, file.resolve(), script, part.restarts)
