"""`risk-manager journal`: what was decided, as one JSON object a line."""

import sys
from pathlib import Path

import click
import msgspec

from risk_manager.cli.shared import account_option, data_dir_option, option, tell_failure
from risk_manager.errors import RiskManagerError, StateError
from risk_manager.state.codec import DECISION
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import JournalRow

JOURNAL_NAME = "journal.db"


@click.command()
@account_option()
@data_dir_option()
@option("--decisions", is_flag=True, help="Only decisions, without local times: equal for two replays of one session.")
@option("--since", "after_seq", type=click.IntRange(0), default=0, help="Only rows behind this number.")
def journal(account: str | None, data_dir: Path, *, decisions: bool, after_seq: int) -> None:
    """Print an account's journal, each row verified against its hash."""
    try:
        store = SqliteStore.open_readonly(_find(data_dir, account))
        try:
            for row in store.read(after_seq):
                if not decisions:
                    click.echo(_whole(row))
                elif row.kind == DECISION:
                    click.echo(f'{{"seq":{row.seq},"decision":{row.payload.decode()}}}')
        finally:
            store.close()
    except RiskManagerError as error:
        sys.exit(tell_failure(error))


def _whole(row: JournalRow) -> str:
    line = {
        "seq": row.seq,
        "kind": row.kind,
        "wall_ns": row.wall_ns,
        "mono_ns": row.mono_ns,
        "hash": row.hash.hex(),
        "payload": msgspec.Raw(row.payload),
    }
    return msgspec.json.encode(line).decode()


def _find(data_dir: Path, account: str | None) -> Path:
    """The journal of the account, or the only one there is."""
    states = data_dir / "state"
    if account is not None:
        return states / account / JOURNAL_NAME
    found = sorted(states.glob(f"*/{JOURNAL_NAME}"))
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.parent.name for path in found) or "none"
    message = f"{states}: journals of these accounts: {names}"
    raise StateError(message, hint="say which with --account, and where with --data-dir")
