"""Snapshots: the whole state as one document, written on a count of rows, at a day's end, at a stop and on request.

A snapshot stands in the same database as the journal: one transaction makes it durable together with its place in the
chain, and there is no second file that could be of another time. What that gives up: a database that cannot be opened
takes its snapshots with it. They would not help then, because the rows behind them are gone as well.
"""

from itertools import islice

import msgspec

from risk_manager.domain.state import AccountState, Change, Row
from risk_manager.errors import StateCorrupt
from risk_manager.state.store import Store, StoredSnapshot, snapshot_digest

SNAPSHOT_VERSION = 1
SNAPSHOT_EVERY_ROWS = 5_000
"""A restart replays at most about this many rows; a snapshot costs about as much as twenty of them."""


class Life(msgspec.Struct):
    """What recovery knows besides the tables.

    last_ns: the venue's time of the last journaled event, 0 for none. boots: how often the daemon began. clean: whether
    its last life ended in order. config_hash, decider_version: what the last decisions went by. unsettled: why the
    account is to be frozen (the state was begun anew after damage, its limits are not known), until it was.
    applied_hash: of the configuration that was last applied; unlike config_hash not of one that a boot only read.
    """

    last_ns: int = 0
    boots: int = 0
    clean: bool = True
    config_hash: str = ""
    decider_version: int = 0
    unsettled: str = ""
    applied_hash: str = ""


class _Document(msgspec.Struct, frozen=True):
    life: Life
    rows: tuple[tuple[str, str, Row], ...]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Document)


def take_snapshot(store: Store, state: AccountState, life: Life) -> StoredSnapshot:
    """The state as it stands after the store's last row."""
    seq, position = store.head
    payload = _encoder.encode(_Document(life, tuple(state.rows())))
    digest = snapshot_digest(seq, position, SNAPSHOT_VERSION, payload)
    return StoredSnapshot(seq, position, SNAPSHOT_VERSION, payload, digest)


def fault_of(snapshot: StoredSnapshot, position: bytes | None) -> str:
    """What is wrong with a snapshot, given the hash of the row it stands for; empty where nothing is."""
    if snapshot_digest(snapshot.seq, snapshot.position, snapshot.version, snapshot.payload) != snapshot.digest:
        return "its checksum is wrong"
    if snapshot.version != SNAPSHOT_VERSION:
        return f"its version is {snapshot.version}; this program knows {SNAPSHOT_VERSION}"
    if position is None:
        return "the row it stands for is missing"
    if position != snapshot.position:
        return "its place in the hash chain is not where it says"
    return ""


def open_snapshot(snapshot: StoredSnapshot) -> tuple[AccountState, Life]:
    """The state in a sound snapshot.

    Raises StateCorrupt where it cannot be read.
    """
    try:
        document = _decoder.decode(snapshot.payload)
        state = AccountState()
        for table, key, row in document.rows:
            state.apply(Change(table, key, None, row))
    except (msgspec.MsgspecError, KeyError) as error:
        message = f"the snapshot of row {snapshot.seq} cannot be read: {error}"
        raise StateCorrupt(message, hint="its checksum is right: was it written by another version?") from error
    return state, document.life


class SnapshotWriter:
    """Decides when a snapshot is due, and writes it."""

    def __init__(self, store: Store, state: AccountState, life: Life, *, every_rows: int = SNAPSHOT_EVERY_ROWS) -> None:
        self._store = store
        self._state = state
        self._every_rows = every_rows
        self._day = state.today.name if state.today else ""
        self._written_seq = max((each.seq for each in islice(store.snapshots(), 1)), default=0)
        self.life = life

    def turned(self) -> None:
        """After each turn: a snapshot where enough was journaled since the last one, or where the trading day ended.

        Raises StoreWriteFailed.
        """
        today = self._state.today
        day = today.name if today else ""
        if day != self._day:
            ended, self._day = bool(self._day), day
            if ended:
                self.write()
        elif self._store.head[0] - self._written_seq >= self._every_rows:
            self.write()

    def write(self) -> int:
        """Write one now, if anything was journaled since the last; returns the row it stands for.

        Raises StoreWriteFailed.
        """
        seq = self._store.head[0]
        if seq > self._written_seq:
            self._store.write_snapshot(take_snapshot(self._store, self._state, self.life))
            self._written_seq = seq
        return seq
