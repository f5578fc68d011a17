"""The commands of `risk-runtime`. Each option has a variable RUNTIME_<OPTION>; a flag wins over its variable."""

import os
import sys
from collections.abc import Sequence

import click

from runtime.cli.options import Commands
from runtime.cli.running import Interrupted
from runtime.output.terminal import Paint, Terminal
from runtime.settings import WrongUsage, new_names
from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding
from service_contract.yaml_lines import YamlFaults


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def commands() -> None:
    """Prove from outside that a service is alive."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code; every error becomes words, never a traceback."""
    if instruction := os.environ.get("_RISK_RUNTIME_COMPLETE"):  # a shell asks what fits
        from runtime.cli.completion import complete

        return complete(commands, instruction)
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
        from runtime.output.smoke import print_faults

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
    from runtime.output.artifacts import pretty  # brings along all of smoke: only a failure pays for it
    from runtime.output.smoke import print_exit_code

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
