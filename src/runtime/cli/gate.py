"""`risk-runtime gate`: run a profile's stages, print the table, give the exit code."""

import os
from pathlib import Path

import click

from runtime.cli.options import Documented, option, output_options
from runtime.cli.running import run_async
from runtime.contract.reader import load_contract
from runtime.gate.config import load_gate
from runtime.gate.report import GateReporter
from runtime.gate.run import GATE_FILE, run_gate
from runtime.paths import relative
from runtime.settings import SERVICE_FILE, WrongUsage, choose, find_project
from service_contract.exit_codes import ExitCode

_PATH = click.Path(path_type=Path)


@click.command(cls=Documented)
@option("--profile", default="deploy", show_default=True, help="Of gate.yaml, for example quick, deploy or ci.")
@option("--project", type=_PATH, help="The project's directory. [default: upwards from here]")
@option("--reports-dir", type=_PATH, help="Where reports go. [default: data/reports]")
@output_options
def gate(*, profile: str, project: Path | None, reports_dir: Path | None, json: bool, color: str) -> int:
    """Run every stage of a profile and say whether this may be deployed."""
    root = find_project(project)
    contract = load_contract(relative(root / SERVICE_FILE)) if (root / SERVICE_FILE).is_file() else None
    config = load_gate(relative(root / GATE_FILE), contract.options if contract is not None else {})
    if profile not in config.profiles:
        raise WrongUsage(f"no profile {profile!r} in {config.file}; it has: {', '.join(config.profiles)}")
    reports = (reports_dir or root / "data" / "reports").resolve()
    reporter = GateReporter(config.profiles[profile], root, reports, json=json, color=color)

    async def work() -> int:
        result = await run_gate(
            config,
            config.profiles[profile],
            project=root,
            reports_dir=reports,
            environ=os.environ,
            chosen=choose(contract, {}, os.environ) if contract is not None else {},
            watch=reporter.watch,
            tick=reporter.tick,
        )
        code = reporter.finish(result, contract, root)
        if code == ExitCode.SUCCESS and any(
            stage.name == "environment" and stage.word == "PASS" for stage in result.stages
        ):
            from runtime.environment.snapshot import keep_as_passed

            keep_as_passed(root / "data" / "reports")  # where its stage has written it
        return code

    return run_async(work())
