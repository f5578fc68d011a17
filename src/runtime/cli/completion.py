"""`risk-runtime completion`: what a shell needs to complete the commands and options of this program."""

import sys

import click
from click.shell_completion import get_completion_class, shell_complete

from runtime.cli.options import Documented

PROGRAM = "risk-runtime"
VARIABLE = "_RISK_RUNTIME_COMPLETE"


@click.command(cls=Documented)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the script that completes commands and options, for bash, zsh or fish.

    Put it where your shell reads it, for example: risk-runtime completion bash >> ~/.bashrc
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click completes no {shell}", context)
    sys.stdout.write(found(context.find_root().command, {}, PROGRAM, VARIABLE).source() + "\n")
    return 0


def complete(group: click.Command, instruction: str) -> int:
    """Answer the shell, which runs the program with `VARIABLE` set to an instruction such as `bash_complete`."""
    return shell_complete(group, {}, PROGRAM, VARIABLE, instruction)
