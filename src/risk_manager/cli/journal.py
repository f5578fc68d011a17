"""`risk-manager journal`: what was decided, as one JSON object a line."""

import sys
from pathlib import Path

import click
import msgspec

from risk_manager.cli.shared import account_option, account_state, data_dir_option, option, tell_failure
from risk_manager.errors import RiskManagerError, StateCorrupt
from risk_manager.state.codec import DECISION
from risk_manager.state.recovery import WAYS_OUT
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import JournalRow

JOURNAL_NAME = "journal.db"


@click.command()
@account_option()
@data_dir_option()
@option("--decisions", is_flag=True, help="Only decisions, without local times: equal for two replays of one session.")
@option("--verify", is_flag=True, help="Print nothing but whether every row from the first on can be believed.")
@option("--since", "after_seq", type=click.IntRange(0), default=0, help="Only rows behind this number.")
def journal(account: str | None, data_dir: Path, *, decisions: bool, verify: bool, after_seq: int) -> None:
    """Print an account's journal, each row verified against its hash."""
    try:
        store = SqliteStore.open_readonly(account_state(data_dir, account) / JOURNAL_NAME)
        try:
            if verify:
                _verify(store)
                return
            for row in store.read(after_seq):
                if not decisions:
                    click.echo(_whole(row))
                elif row.kind == DECISION:
                    click.echo(f'{{"seq":{row.seq},"decision":{row.payload.decode()}}}')
        finally:
            store.close()
    except RiskManagerError as error:
        sys.exit(tell_failure(error))


def _verify(store: SqliteStore) -> None:
    mark = store.mark()
    last = 0
    for row in store.read():
        last = row.seq
        if row.seq == mark.seq and row.hash != mark.hash:
            raise StateCorrupt(f"journal row {row.seq} is not the one that was acknowledged", hint=WAYS_OUT)
    if last < mark.seq:
        raise StateCorrupt(f"journal rows {last + 1} to {mark.seq} were acknowledged and are missing", hint=WAYS_OUT)
    click.echo(f"{last} rows, each as it was written; {mark.seq} acknowledged")


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
