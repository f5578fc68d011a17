"""The port to a store: an append-only, hash-chained journal, snapshots of the state, a mark outside, and the intents.

Promises every store keeps, and `tests/…/test_store_contract.py` checks:

- `append` is one transaction. When it returns, all of it survives a power cut; when it raises, none of it was taken.
- Rows are numbered from 1 without gaps. Each row's hash covers the one before it and every column of its own.
- `read` gives back what was appended, or raises StateCorrupt naming the first row that cannot be believed.
- A failed write is final for the process: every later `append` raises as well. It is never retried, because after a
  failed fsync the kernel may call pages clean that never reached the disk.
- Before `append` returns, the mark outside the rows says how far it got: rows that vanish from under it are missed.
- `write_snapshot` is one transaction; a snapshot that is not newer than the stored one is rejected; at least the last
  three are kept.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Protocol

import msgspec

from risk_manager.domain.intents import Intent, IntentStatus

GENESIS = bytes(32)
GENERATIONS = 3
"""How many snapshots are kept: two of them may be damaged, and a restart is still quick."""


class Entry(msgspec.Struct, frozen=True):
    """A row to be appended. kind: see `codec`. wall_ns, mono_ns: local times, kept out of every comparison.

    intents: intents that came into being or moved with this row, each with the status it has now.
    """

    kind: str
    payload: bytes
    wall_ns: int
    mono_ns: int
    intents: tuple[tuple[Intent, IntentStatus], ...] = ()


class JournalRow(msgspec.Struct, frozen=True):
    """A row as read back."""

    seq: int
    kind: str
    payload: bytes
    wall_ns: int
    mono_ns: int
    hash: bytes


class StoredIntent(msgspec.Struct, frozen=True):
    """An intent with the status it has reached, and the journal row that says so."""

    intent: Intent
    status: IntentStatus
    seq: int


class StoredSnapshot(msgspec.Struct, frozen=True):
    """The whole state after row `seq`, whose hash is `position`. digest: SHA-256 over everything else."""

    seq: int
    position: bytes
    version: int
    payload: bytes
    digest: bytes


class Mark(msgspec.Struct, frozen=True):
    """What was acknowledged, as noted outside the rows.

    is_exact: nothing behind it was acknowledged; False where the machine was started anew since, so that the last
    second of the notes may be lost, and where one of them is damaged. fault: what was wrong with them, or empty.
    """

    seq: int
    hash: bytes
    is_exact: bool
    fault: str = ""


class Store(Protocol):
    """Where one account's journal lives. One writer."""

    @property
    def name(self) -> str:
        """Where it is, as messages say it."""

    @property
    def head(self) -> tuple[int, bytes]:
        """The last row's number and hash; (0, GENESIS) for an empty journal."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Make the entries durable, all or none. Raises StoreWriteFailed."""

    def read(self, after_seq: int = 0) -> Iterator[JournalRow]:
        """The rows behind `after_seq` in order, each verified against the one before. Raises StateCorrupt."""

    def read_unverified(self, after_seq: int = 0) -> Iterator[JournalRow]:
        """The rows behind `after_seq` as they stand. Raises StateCorrupt where the store itself cannot be read."""

    def hash_at(self, seq: int) -> bytes | None:
        """The stored hash of one row; None where there is no such row."""

    def mark(self) -> Mark:
        """What was acknowledged. Raises StateCorrupt where that cannot be known."""

    def write_snapshot(self, snapshot: StoredSnapshot) -> None:
        """Keep a snapshot. Raises StateError where it is not newer than the stored one, StoreWriteFailed."""

    def snapshots(self) -> Iterator[StoredSnapshot]:
        """The snapshots, newest first, as they stand. Raises StateCorrupt where they cannot be read at all."""

    def cut(self, after_seq: int, live: Sequence[Intent]) -> None:
        """Remove what was never acknowledged, behind `after_seq`; `live` is what was under way then.

        Raises StoreWriteFailed.
        """

    def sync(self) -> None:
        """Make the mark durable against a power cut as well; cheap where it is.

        Raises StoreWriteFailed, also where the store's files were taken away from under it.
        """

    def intents(self, *, live_only: bool = False) -> Sequence[StoredIntent]:
        """Intents as last written; with `live_only` those that are neither confirmed nor failed."""

    def close(self) -> None:
        """Let go of the store. May be called twice."""


def row_hash(previous: bytes, *, seq: int, kind: str, wall_ns: int, mono_ns: int, payload: bytes) -> bytes:
    """SHA-256 over the previous hash and every column, the key included; lengths keep the columns apart."""
    digest = sha256(previous)
    digest.update(f"{seq}|{wall_ns}|{mono_ns}|{kind}|{len(payload)}|".encode())
    digest.update(payload)
    return digest.digest()


def snapshot_digest(seq: int, position: bytes, version: int, payload: bytes) -> bytes:
    """SHA-256 over every column of a snapshot, the key included."""
    digest = sha256(f"snapshot|{seq}|{version}|{position.hex()}|{len(payload)}|".encode())
    digest.update(payload)
    return digest.digest()


def missing(first: int, last: int, *, acknowledged: bool = False) -> str:
    """Which rows are not there, in words."""
    if first == last:
        return f"journal row {first} {'was acknowledged and ' if acknowledged else ''}is missing"
    return f"journal rows {first} to {last} {'were acknowledged and ' if acknowledged else ''}are missing"


def link_fault(previous: bytes, expected_seq: int, row: JournalRow) -> str:
    """What is wrong with a row as the next one of the chain; empty where nothing is."""
    if row.seq != expected_seq:
        return missing(expected_seq, row.seq - 1)
    wanted = row_hash(
        previous, seq=row.seq, kind=row.kind, wall_ns=row.wall_ns, mono_ns=row.mono_ns, payload=row.payload
    )
    return "" if wanted == row.hash else f"journal row {row.seq} does not match its hash"
