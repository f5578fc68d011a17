"""The list of commands, and what all of them share: usage errors exit 64, every help ends with the exit codes."""

from importlib import import_module
from typing import Any

import click

from risk_manager.cli.shared import tell_failure
from risk_manager.errors import FileUnreadable
from service_contract.exit_codes import ExitCode, help_table

# click would exit 2, which means STALLED here.
click.UsageError.exit_code = ExitCode.USAGE.value

COMMANDS = {
    "run": "risk_manager.cli.run",
    "exchange": "risk_manager.cli.exchange",
    "check-config": "risk_manager.cli.check_config",
    "status": "risk_manager.cli.status",
    "market": "risk_manager.cli.market",
    "flatten": "risk_manager.cli.operate",
    "freeze": "risk_manager.cli.operate",
    "unfreeze": "risk_manager.cli.operate",
    "reload": "risk_manager.cli.operate",
    "what-if": "risk_manager.cli.what_if",
    "journal": "risk_manager.cli.journal",
    "record": "risk_manager.cli.record",
    "snapshot": "risk_manager.cli.snapshot",
    "page": "risk_manager.cli.page",
    "recover": "risk_manager.cli.recover",
}
"""Command -> module that defines it, under the same name with underscores. Loaded late: each needs other packages."""


_SENTENCE = 200  # characters: click would cut at what is left of a line


class _LateGroup(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(import_module(module), cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 -- click's own signature
        """Run the command; a file that is not ours to read is told in words, whichever command met it."""
        try:
            return super().invoke(ctx)
        except PermissionError as error:
            ctx.exit(tell_failure(FileUnreadable(error.filename, error.strerror)))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with its whole first sentence."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(_SENTENCE)) for name, each in found if each is not None])


@click.group(
    name="risk-manager",
    cls=_LateGroup,
    epilog="\b\n" + help_table(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="risk-manager")
def root() -> None:
    """Guard a futures trading account: watch it, evaluate the rules, flatten until the venue confirms."""
