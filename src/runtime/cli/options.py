"""The options that several commands share, and the request that they describe."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runtime.settings import WrongUsage, smoke_request
from service_contract.exit_codes import help_table

if TYPE_CHECKING:  # reading a log must not wait for what smoke needs
    from runtime.smoke_test import SmokeRequest

# Named in the contract, built later; they say so instead of pretending.
LATER = ("drill", "chaos", "history", "report")

# Command -> the module that defines it under the same name. Loaded when it is asked for: each needs other packages.
LATE = {
    "smoke": "runtime.cli.smoke",
    "demo": "runtime.cli.smoke",
    "gate": "runtime.cli.gate",
    "soak": "runtime.cli.soak",
    "trace": "runtime.cli.trace",
    "logs": "runtime.cli.logs",
    "env": "runtime.cli.env",
    "explain": "runtime.cli.explain",
    "watch": "runtime.cli.watch",
    "replay": "runtime.cli.replay",
    "shadow": "runtime.cli.shadow",
    "completion": "runtime.cli.completion",
}

_SENTENCE = 200  # characters: click would cut at what is left of a line
_PATH = click.Path(path_type=Path)
_Command = Callable[..., int]


class Commands(click.Group):
    """The group: its help ends with the exit codes, and it knows which commands are still to come."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; one that is still to come is wrong usage."""
        if args and args[0] in LATER:
            raise click.UsageError(f"{args[0]} is not there yet", ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, by name."""
        return sorted({*super().list_commands(ctx), *LATE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command; its module is imported now where it is one of LATE."""
        if cmd_name in LATE:
            command: click.Command = getattr(import_module(LATE[cmd_name]), cmd_name)
            return command
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with its whole first sentence."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(_SENTENCE)) for name, each in found if each is not None])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- the signature is the one click calls
        """End the help with the exit codes."""
        write_exit_codes(formatter)


class Documented(click.Command):
    """A command whose help ends with the exit codes."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- the signature is the one click calls
        """End the help with the exit codes."""
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
    """What every command that starts the service and waits for a verdict takes."""
    positive = click.FloatRange(min=0, min_open=True)
    return option("--timeout", type=positive, help="Seconds until no verdict is a stall.")(start_options(command))


def start_options(command: _Command) -> _Command:
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
    return click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="Any other option.")(command)


def options_from(choices: dict[str, Any]) -> dict[str, str]:
    """The service's options that were given, by name. Raises WrongUsage."""
    given = {name: choices.get(name) for name in ("scenario", "venue", "session")}
    options = {name: value for name, value in given.items() if value}
    for text in choices["options"]:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise WrongUsage(f"--option {text!r}: write NAME=VALUE")
        options[name] = value
    return options


def request_from(choices: dict[str, Any], kind: str) -> "SmokeRequest":
    """The request that the options of a command describe."""
    return smoke_request(
        project=choices["project"],
        service=choices["service"],
        options=options_from(choices),
        timeout_s=choices["timeout"],
        reports_dir=choices["reports_dir"],
        log_dir=choices["log_dir"],
        kind=kind,
    )
