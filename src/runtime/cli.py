"""The commands of `risk-runtime`. Each option has a variable RUNTIME_<OPTION>; a flag wins over its variable."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import click

from runtime.artifacts import pretty
from runtime.cli_options import Commands, Documented, option, output_options, request_from, run_options
from runtime.contract_reader import load_contract
from runtime.demo import StoryTeller
from runtime.gate import GATE_FILE, run_gate
from runtime.gate_config import load_gate
from runtime.gate_report import GateReporter
from runtime.paths import relative
from runtime.report import SmokeReporter, print_exit_code, print_faults
from runtime.settings import SERVICE_FILE, WrongUsage, choose, find_project, new_names
from runtime.smoke_test import SmokeRequest, run_smoke
from runtime.terminal import Paint, Terminal
from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding
from service_contract.yaml_lines import YamlFaults

_PATH = click.Path(path_type=Path)
_DEMO_TIMEOUT_S = 60.0  # a story may take longer than a test


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def commands() -> None:
    """Prove from outside that a service is alive."""


@commands.command(cls=Documented)
@run_options
@output_options
def smoke(*, json: bool, color: str, **choices: Any) -> int:  # noqa: ANN401 -- what run_options lists, handed on by name
    """Start the service, watch it reach every checkpoint, ask the witness, stop it."""
    request = request_from(choices, "smoke")
    reporter = SmokeReporter(request, json=json, color=color)
    return run_async(_watched(request, reporter))


@commands.command(cls=Documented)
@run_options
@option("--session", help="A session file of data/sessions instead of the one that ships.")
@output_options
def demo(*, json: bool, color: str, **choices: Any) -> int:  # noqa: ANN401 -- what run_options lists, handed on by name
    """The same as smoke, told as a story: boot, breach, enforcement, and what the venue's ledger says."""
    if choices["timeout"] is None:
        choices["timeout"] = _DEMO_TIMEOUT_S
    request = request_from(choices, "demo")
    return run_async(_watched(request, StoryTeller(request, json=json, color=color)))


@commands.command(cls=Documented)
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
    reporter = GateReporter(config.profiles[profile], root, json=json, color=color)

    async def work() -> int:
        result = await run_gate(
            config,
            config.profiles[profile],
            project=root,
            reports_dir=(reports_dir or root / "data" / "reports").resolve(),
            environ=os.environ,
            chosen=choose(contract, {}, os.environ) if contract is not None else {},
            watch=reporter.watch,
        )
        code = reporter.finish(result, contract, root)
        if code == ExitCode.SUCCESS and any(
            stage.name == "environment" and stage.word == "PASS" for stage in result.stages
        ):
            from runtime.environment import keep_as_passed

            keep_as_passed(root / "data" / "reports")  # where its stage has written it
        return code

    return run_async(work())


async def _watched(request: SmokeRequest, reporter: SmokeReporter | StoryTeller) -> int:
    return reporter.finish(await run_smoke(request, reporter.watch))


class Interrupted(Exception):
    """Ctrl-C, SIGTERM or a closed terminal, after everything that was started has been stopped."""


def run_async(work: Coroutine[Any, Any, int]) -> int:
    """Run to the end; a signal cancels the work, which stops what it started. Raises Interrupted."""

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


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code; every error becomes words, never a traceback."""
    os.environ.update(new_names(os.environ))
    terminal = Terminal(sys.stderr)
    as_json = "--json" in arguments
    try:
        with commands.make_context("risk-runtime", list(arguments)) as context:
            return int(commands.invoke(context) or 0)
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.Abort, Interrupted):
        return _fail(
            terminal, ExitCode.INTERRUPTED, "interrupted; everything that was started is stopped", as_json=as_json
        )
    except YamlFaults as error:
        print_faults(terminal, error.faults)
        findings = [
            Finding("CFG-001", str(fault), next=[fault.remedy] if fault.remedy else []) for fault in error.faults
        ]
        return _fail(terminal, ExitCode.CONFIG_ERROR, "", findings, as_json=as_json)
    except click.exceptions.NoArgsIsHelpError as error:
        terminal.line(error.format_message())
        return _fail(terminal, ExitCode.USAGE, "", as_json=as_json)
    except click.UsageError as error:
        if error.ctx is not None:
            terminal.line(error.ctx.get_usage())
        return _fail(terminal, ExitCode.USAGE, error.format_message(), as_json=as_json)
    except WrongUsage as error:
        return _fail(terminal, ExitCode.USAGE, str(error), as_json=as_json)
    except OSError as error:
        return _fail(
            terminal, ExitCode.EXCEPTION, f"{error.filename or ''} {error.strerror or error}".strip(), as_json=as_json
        )


def _fail(terminal: Terminal, code: ExitCode, error: str, findings: Sequence[Finding] = (), *, as_json: bool) -> int:
    if error:
        terminal.line(f"risk-runtime: {error}", Paint.BAD)
    print_exit_code(terminal, code)
    if as_json:
        failure: dict[str, object] = {
            "schema": "runtime.error/1",
            "verdict": "UNKNOWN" if code is ExitCode.INTERRUPTED else "FAIL",
            "exit_code": int(code),
            "error": error or "; ".join(finding.what for finding in findings),
            "checkpoints": [],
            "diagnosis": [finding.as_json() for finding in findings],
            "artifacts": {},
        }
        sys.stdout.write(pretty(failure).decode())
    return int(code)
