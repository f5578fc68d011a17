"""`risk-manager journal`: what was decided, as one JSON object a line."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from risk_manager.cli.shared import account_option, account_state, data_dir_option, option, tell_failure
from risk_manager.core.decided import Deciphering
from risk_manager.errors import RiskManagerError, StateCorrupt, StateError
from risk_manager.state.codec import DECISION, decode_decision
from risk_manager.state.recovery import WAYS_OUT
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import JournalRow, missing

JOURNAL_NAME = "journal.db"
_LOOK_S = 0.25
_Lines = Callable[[JournalRow], Iterator[str]]


@click.command()
@account_option()
@data_dir_option()
@option("--decisions", is_flag=True, help="Only decisions, without local times: equal for two replays of one session.")
@option("--decided", is_flag=True, help="Only what decisions came to, a line each: breaches, lockouts, orders wanted.")
@option("--verify", is_flag=True, help="Print nothing but whether every row from the first on can be believed.")
@option("--since", "after_seq", type=click.IntRange(0), default=0, help="Only rows behind this number.")
@option("--follow", is_flag=True, help="Go on with what is written later, until stopped; waits for a journal to begin.")
def journal(
    account: str | None,
    data_dir: Path,
    *,
    decisions: bool,
    decided: bool,
    verify: bool,
    after_seq: int,
    follow: bool,
) -> None:
    """Print an account's journal, each row verified against its hash."""
    if decisions + decided + verify > 1 or (verify and follow):
        raise click.UsageError("--decisions, --decided and --verify exclude each other, and --verify has an end")
    lines = _decided() if decided else _decision if decisions else _whole
    try:
        if follow:
            asyncio.run(_follow(data_dir, account, after_seq, lines))
            return
        store = _open(data_dir, account)
        try:
            if verify:
                _verify(store)
            else:
                _print(store, after_seq, lines)
        finally:
            store.close()
    except RiskManagerError as error:
        sys.exit(tell_failure(error))


def _print(store: SqliteStore, after_seq: int, lines: _Lines) -> int:
    """Print every row behind `after_seq`; the number of the last one."""
    for row in store.read(after_seq):
        after_seq = row.seq
        for line in lines(row):
            click.echo(line)
    return after_seq


async def _follow(data_dir: Path, account: str | None, after_seq: int, lines: _Lines) -> None:
    """Print what is there and what comes, until SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    store, waits_for = None, ""
    try:
        while not stop.is_set():
            try:
                store = store or _open(data_dir, account)
            except StateCorrupt:
                raise
            except StateError as error:
                if str(error) != waits_for:
                    waits_for = str(error)
                    click.echo(f"waiting: {waits_for}", err=True)
            if store is not None:
                after_seq = _print(store, after_seq, lines)
                sys.stdout.flush()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await stop.wait()
    finally:
        if store is not None:
            store.close()


def _open(data_dir: Path, account: str | None) -> SqliteStore:
    return SqliteStore.open_readonly(account_state(data_dir, account) / JOURNAL_NAME)


def _verify(store: SqliteStore) -> None:
    mark = store.mark()
    last = 0
    for row in store.read():
        last = row.seq
        if row.seq == mark.seq and row.hash != mark.hash:
            raise StateCorrupt(f"journal row {row.seq} is not the one that was acknowledged", hint=WAYS_OUT)
    if last < mark.seq:
        raise StateCorrupt(missing(last + 1, mark.seq, acknowledged=True), hint=WAYS_OUT)
    click.echo(f"{last} rows, each as it was written; {mark.seq} acknowledged")


def _decided() -> _Lines:
    """What decisions came to. It begins to know at the first row that it reads."""
    deciphering = Deciphering()

    def lines(row: JournalRow) -> Iterator[str]:
        if row.kind == DECISION:
            for each in deciphering.read(row, decode_decision(row.seq, row.payload)):
                yield msgspec.json.encode(each).decode()

    return lines


def _decision(row: JournalRow) -> Iterator[str]:
    if row.kind == DECISION:
        yield f'{{"seq":{row.seq},"decision":{row.payload.decode()}}}'


def _whole(row: JournalRow) -> Iterator[str]:
    line = {
        "seq": row.seq,
        "kind": row.kind,
        "wall_ns": row.wall_ns,
        "mono_ns": row.mono_ns,
        "hash": row.hash.hex(),
        "payload": msgspec.Raw(row.payload),
    }
    yield msgspec.json.encode(line).decode()
