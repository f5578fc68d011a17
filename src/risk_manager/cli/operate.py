"""`risk-manager flatten`, `freeze`, `unfreeze`, `reload`: commands to a running manager, journaled like everything."""

import asyncio
import sys
from pathlib import Path

import click

from risk_manager.cli.shared import account_option, account_state, data_dir_option, option, tell_failure
from risk_manager.core.operator import Request, ask, socket_path
from risk_manager.errors import RiskManagerError
from service_contract.exit_codes import ExitCode


def _tell(data_dir: Path, account: str | None, request: Request) -> None:
    try:
        answer = asyncio.run(ask(socket_path(account_state(data_dir, account)), request))
    except RiskManagerError as error:
        sys.exit(tell_failure(error))
    click.echo(answer.words, err=not answer.done)
    sys.exit(ExitCode.SUCCESS if answer.done else ExitCode.EXCEPTION)


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        message = "not on a terminal: confirm with --yes"
        raise click.UsageError(message)
    click.confirm(question, abort=True, err=True)


@click.command()
@account_option()
@data_dir_option()
@option("--reason", default="", help="Why; journaled.")
@option("--yes", is_flag=True, help="Do not ask.")
def flatten(account: str | None, data_dir: Path, reason: str, *, yes: bool) -> None:
    """Close every position and cancel every working order, once, until the venue confirms."""
    _confirm("Close every position and cancel every working order?", yes=yes)
    _tell(data_dir, account, Request("flatten", reason=reason))


@click.command()
@account_option()
@data_dir_option()
@option("--reason", default="", help="Why; journaled.")
@option("--yes", is_flag=True, help="Do not ask.")
def freeze(account: str | None, data_dir: Path, reason: str, *, yes: bool) -> None:
    """Block new exposure until `unfreeze operator`. What is open may stay; reducing is allowed."""
    _confirm("Block new exposure until it is lifted by hand?", yes=yes)
    _tell(data_dir, account, Request("freeze", reason=reason))


@click.command()
@account_option()
@data_dir_option()
@click.argument("lockout", metavar="ID")
@option("--reason", required=True, help="Why; journaled.")
@option("--yes", is_flag=True, help="Do not ask.")
def unfreeze(account: str | None, data_dir: Path, lockout: str, reason: str, *, yes: bool) -> None:
    """Lift a lockout that waits for an operator (`risk-manager status` shows its ID). Hard lockouts are not lifted."""
    _confirm(f"Lift {lockout}?", yes=yes)
    _tell(data_dir, account, Request("unfreeze", lockout, reason))


@click.command()
@account_option()
@data_dir_option()
def reload(account: str | None, data_dir: Path) -> None:
    """Read the configuration again: applied as a whole between two events, or refused as a whole."""
    _tell(data_dir, account, Request("reload"))
