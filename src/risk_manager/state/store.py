"""The port to a store: an append-only, hash-chained journal, and the intents with their life.

Promises every store keeps, and `tests/…/test_store_contract.py` checks:

- `append` is one transaction. When it returns, all of it survives a power cut; when it raises, none of it was taken.
- Rows are numbered from 1 without gaps. Each row's hash covers the one before it and every column of its own.
- `read` gives back what was appended, or raises StateCorrupt naming the first row that cannot be believed.
- A failed write is final for the process: every later `append` raises as well. It is never retried, because after a
  failed fsync the kernel may call pages clean that never reached the disk.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Protocol

import msgspec

from risk_manager.domain.intents import Intent, IntentStatus

GENESIS = bytes(32)


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


class Store(Protocol):
    """Where one account's journal lives. One writer."""

    @property
    def head(self) -> tuple[int, bytes]:
        """The last row's number and hash; (0, GENESIS) for an empty journal."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Make the entries durable, all or none. Raises StoreWriteFailed."""

    def read(self, after_seq: int = 0) -> Iterator[JournalRow]:
        """The rows behind `after_seq` in order, each verified against the one before. Raises StateCorrupt."""

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
