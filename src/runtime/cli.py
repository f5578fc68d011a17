"""The commands of `risk-runtime`. Each option has a variable RUNTIME_<OPTION>; a flag wins over its variable."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import click

from runtime.artifacts import pretty
from runtime.report import SmokeReporter, print_exit_code, print_faults
from runtime.settings import WrongUsage, new_names, smoke_request
from runtime.smoke_test import SmokeRequest, run_smoke
from runtime.terminal import Paint, Terminal
from service_contract.exit_codes import ExitCode, help_table
from service_contract.findings import Finding
from service_contract.yaml_lines import YamlFaults

# Named in the contract, built later; they say so instead of pretending.
LATER = ("soak", "trace", "logs", "env", "watch", "explain", "drill", "chaos", "shadow", "history", "report")

_PATH = click.Path(path_type=Path)
_Command = Callable[..., int]


class _Commands(click.Group):
    """The group: its help ends with the exit codes, and it knows which commands are still to come."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in LATER:
            raise click.UsageError(f"{args[0]} is not there yet", ctx)
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's own signature
        write_exit_codes(formatter)


class _Documented(click.Command):
    """A command whose help ends with the exit codes."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's own signature
        write_exit_codes(formatter)


def write_exit_codes(formatter: click.HelpFormatter) -> None:
    """The table of exit codes, as it stands."""
    formatter.write("\n" + help_table() + "\n")


def option(name: str, **settings: Any) -> Callable[[_Command], _Command]:  # noqa: ANN401 -- handed on to click as it is
    """An option with its variable, both shown in the help."""
    variable = "RUNTIME_" + name.lstrip("-").split("/")[0].replace("-", "_").upper()
    return click.option(name, envvar=variable, show_envvar=True, **settings)


def output_options(command: _Command) -> _Command:
    """`--json` and `--color`, which every command has."""
    command = option("--json", is_flag=True, help="One JSON object on standard output; words on standard error.")(
        command
    )
    choice = click.Choice(["auto", "always", "never"])
    return option("--color", type=choice, default="auto", help="Colour: auto means on a terminal.")(command)


def run_options(command: _Command) -> _Command:
    """What every command that starts the service takes."""
    for name, text in (
        ("--project", "The project's directory. [default: upwards from here, where config/service.yaml is]"),
        ("--service", "Another service.yaml."),
        ("--reports-dir", "Where reports go. [default: data/reports]"),
        ("--log-dir", "Where the service logs. [default: data/logs]"),
    ):
        command = option(name, type=_PATH, help=text)(command)
    command = option("--scenario", help="What the simulated venue does.")(command)
    command = option("--venue", help="Which venue.")(command)
    command = click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="Any other option.")(
        command
    )
    positive = click.FloatRange(min=0, min_open=True)
    return option("--timeout", type=positive, help="Seconds until no verdict is a stall.")(command)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def commands() -> None:
    """Prove from outside that a service is alive."""


@commands.command(cls=_Documented)
@run_options
@output_options
def smoke(*, json: bool, color: str, **choices: Any) -> int:  # noqa: ANN401 -- what run_options lists, handed on by name
    """Start the service, watch it reach every checkpoint, ask the witness, stop it."""
    request = request_from(choices, "smoke")
    reporter = SmokeReporter(request, json=json, color=color)
    return run_async(_smoke(request, reporter))


async def _smoke(request: SmokeRequest, reporter: SmokeReporter) -> int:
    return reporter.finish(await run_smoke(request, reporter.watch))


def request_from(choices: dict[str, Any], kind: str) -> SmokeRequest:
    """The request that the options of a command describe."""
    given = {name: choices.get(name) for name in ("scenario", "venue", "session")}
    options = {name: value for name, value in given.items() if value}
    for text in choices["options"]:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise WrongUsage(f"--option {text!r}: write NAME=VALUE")
        options[name] = value
    return smoke_request(
        project=choices["project"],
        service=choices["service"],
        options=options,
        timeout_s=choices["timeout"],
        reports_dir=choices["reports_dir"],
        log_dir=choices["log_dir"],
        kind=kind,
    )


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
