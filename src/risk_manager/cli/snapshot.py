"""`risk-manager snapshot`: the state of an account as a file, and a file as the state of an account."""

import sys
from pathlib import Path

import click

from risk_manager.cli.recover import stamp
from risk_manager.cli.shared import account_option, account_state, data_dir_option, option, tell_failure
from risk_manager.clock import SystemClock
from risk_manager.core.manager import JOURNAL_NAME, LOCK_NAME, state_dir
from risk_manager.errors import RiskManagerError, StateError, StoreWriteFailed
from risk_manager.state.account_lock import AccountLock
from risk_manager.state.founding import found
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore, mark_path
from risk_manager.state.transfer import export_state, import_record, read_export
from service_contract.atomic_files import make_private_dir
from service_contract.exit_codes import ExitCode


@click.group()
def snapshot() -> None:
    """Carry an account's state from one place to another."""


@snapshot.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@account_option()
@data_dir_option()
@option("--account-as", metavar="NAME", default=None, help="The name that stands in the file instead of the account's.")
def export(file: Path, account: str | None, data_dir: Path, account_as: str | None) -> None:
    """Write the state as it stands, of a running manager too, to FILE."""
    try:
        directory = account_state(data_dir, account)
        store = SqliteStore.open_readonly(directory / JOURNAL_NAME)
        try:
            recovered = recover(store)
            position = store.hash_at(recovered.rows) or b""
        finally:
            store.close()
        name = directory.name
        export_state(file, recovered, account=name, as_account=account_as or name, position=position)
    except RiskManagerError as error:
        sys.exit(tell_failure(error))
    except OSError as error:
        sys.exit(tell_failure(StoreWriteFailed(f"{file}: {error.strerror}", hint="give a file you can write")))
    click.echo(f"{file}: the state of {account_as or name} at journal row {recovered.rows}")
    sys.exit(ExitCode.SUCCESS)


@snapshot.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@account_option()
@data_dir_option()
@option("--replace", is_flag=True, help="Set an existing state aside.")
@option("--yes", is_flag=True, help="Do not ask.")
def import_(file: Path, account: str | None, data_dir: Path, *, replace: bool, yes: bool) -> None:
    """Begin an account's journal with the state in FILE."""
    try:
        body = read_export(file)
        directory = make_private_dir(state_dir(data_dir, account or body.account))
        lock = AccountLock(directory / LOCK_NAME, directory.name)
        try:
            database = directory / JOURNAL_NAME
            if not replace and (database.exists() or mark_path(database).exists()):
                message = f"{database}: there is a state already"
                raise StateError(message, hint="set it aside with --replace, or choose another --account or --data-dir")
            _confirm(f"Begin the state of {directory.name} with {file} (row {body.seq} of its journal)?", yes=yes)
            clock = SystemClock()
            wall_ns = clock.wall_ns()
            aside = found(
                database,
                import_record(body, file),
                stamp=stamp(wall_ns),
                wall_ns=wall_ns,
                mono_ns=clock.monotonic_ns(),
            )
        finally:
            lock.release()
    except RiskManagerError as error:
        sys.exit(tell_failure(error))
    except OSError as error:
        sys.exit(tell_failure(StoreWriteFailed(f"{error.filename}: {error.strerror}", hint="check the disk")))
    kept = f"; the state before is kept in {aside}" if aside else ""
    click.echo(f"{directory.name}: {len(body.changes)} rows imported{kept}")
    sys.exit(ExitCode.SUCCESS)


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        message = "not on a terminal: confirm with --yes"
        raise click.UsageError(message)
    click.confirm(question, abort=True, err=True)
