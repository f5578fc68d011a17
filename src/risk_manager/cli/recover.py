"""`risk-manager recover`: what is wrong with a state, and the explicit way out of damage that cannot be repaired."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from risk_manager.cli.shared import account_option, account_state, data_dir_option, option, tell_failure
from risk_manager.clock import SystemClock
from risk_manager.core.manager import JOURNAL_NAME, LOCK_NAME
from risk_manager.errors import RiskManagerError, StateCorrupt, StoreWriteFailed
from risk_manager.state import codec
from risk_manager.state.account_lock import AccountLock
from risk_manager.state.founding import Findings, examine, found
from risk_manager.state.refusals import DISK
from service_contract.exit_codes import ExitCode

_HINT = (
    "put back a copy of the whole directory {directory} made after the daemon last ran; or, once you know how the "
    "account stands at the venue, begin anew: risk-manager recover --from-venue"
)


@click.command()
@account_option()
@data_dir_option()
@option("--from-venue", is_flag=True, help="Set the damaged state aside; begin anew from what the venue says, frozen.")
@option("--yes", is_flag=True, help="Do not ask.")
def recover(account: str | None, data_dir: Path, *, from_venue: bool, yes: bool) -> None:
    """Say what is wrong with an account's state; with --from-venue, begin anew without what was lost.

    Lockouts that can still be believed are carried over. The next start reconciles with the venue and freezes the
    account: nothing new is opened until `risk-manager unfreeze`. The damaged files are kept under `aside/`.
    """
    try:
        directory = account_state(data_dir, account)
        lock = AccountLock(directory / LOCK_NAME, directory.name)
        try:
            findings = examine(directory / JOURNAL_NAME)
            if not findings.fault:
                click.echo("the state is sound: nothing is to be recovered")
                return
            if not from_venue:
                carried = f"lockouts that can still be believed: {_carried(findings)}"
                raise StateCorrupt(f"{findings.fault}\n  {carried}", hint=_HINT.format(directory=directory))
            click.echo(f"what is wrong: {findings.fault}", err=True)
            _confirm(findings, yes=yes)
            _begin_anew(directory, findings)
        finally:
            lock.release()
    except RiskManagerError as error:
        sys.exit(tell_failure(error))
    except OSError as error:
        where = error.filename or data_dir
        sys.exit(tell_failure(StoreWriteFailed(f"{where}: {error.strerror}", hint=DISK)))
    sys.exit(ExitCode.SUCCESS)


def _carried(findings: Findings) -> str:
    return ", ".join(change.key for change in findings.lockouts) or "none"


def _confirm(findings: Findings, *, yes: bool) -> None:
    click.echo(
        f"lost for good: what rules remember, attempts under way, lockouts except: {_carried(findings)}. "
        "The day's trades, orders and positions are asked of the venue.",
        err=True,
    )
    if yes:
        return
    if not sys.stdin.isatty():
        message = "not on a terminal: confirm with --yes"
        raise click.UsageError(message)
    click.confirm("Begin anew from what the venue says, frozen?", abort=True, err=True)


def _begin_anew(directory: Path, findings: Findings) -> None:
    clock = SystemClock()
    wall_ns = clock.wall_ns()
    words = f"the state was begun anew after damage ({findings.fault}); check the account, then unfreeze operator"
    aside = found(
        directory / JOURNAL_NAME,
        codec.FoundingRecord("recover", words, findings.lockouts),
        stamp=stamp(wall_ns),
        wall_ns=wall_ns,
        mono_ns=clock.monotonic_ns(),
    )
    click.echo(f"begun anew; the damaged files are kept in {aside}; start with: risk-manager run")


def stamp(wall_ns: int) -> str:
    """A name for what is set aside now."""
    return datetime.fromtimestamp(wall_ns / 1e9, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
