"""The high-water mark: how far the journal was acknowledged, noted outside the database.

A damaged write-ahead log can drop committed rows while every check of the database says ok. So each acknowledgement is
preceded by a small write to a file of its own: number and hash of the last row, in two slots that take turns, each with
a checksum. The page cache survives a SIGKILL, so no sync is needed for that; against a power cut the file is synced
once a second and at every clean stop. Both slots may be half-written when the power goes, so each sync goes to one of
two further slots, and the other of these is whole. A database behind the mark is corruption; a mark behind the database
is fine.

The mark also notes which start of the machine wrote it: within one start it is exact, after another it may be late.
"""

import os
import struct
from hashlib import sha256
from pathlib import Path
from typing import Self

from risk_manager.errors import StateCorrupt, StateError
from risk_manager.state.store import GENESIS, Mark
from service_contract.atomic_files import write_atomically

_MAGIC = b"RM-MARK1"
_SLOT = struct.Struct("<8sQ32s16s")
_CHECK_BYTES = 16
_SLOT_BYTES = _SLOT.size + _CHECK_BYTES
_RUNNING_OFFSETS = (0, 1024)
_SYNCED_OFFSETS = (2048, 3072)
_FILE_BYTES = 4096
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_HINT = "see what is left with `risk-manager recover`; do not delete anything"


class HighWaterMark:
    """The open file of one store."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        """Open the mark. Raises FileNotFoundError where there is none, StateError where it cannot be opened."""
        self.path = path
        self._next_running = 0
        self._next_synced = 0
        self._last = (0, GENESIS)
        self._is_synced = True
        self._start = machine_start()
        try:
            self._descriptor = os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise
        except OSError as error:
            message = f"{path}: cannot be opened: {error.strerror}"
            raise StateError(message, hint="check that it is a file, its owner and its mode") from error

    @classmethod
    def create(cls, path: Path, seq: int, row_hash: bytes) -> Self:
        """Make a mark that stands at a row, durably, with its name. Raises OSError."""
        slot = _encode(seq, row_hash, machine_start())
        content = bytearray(_FILE_BYTES)
        for offset in (*_RUNNING_OFFSETS, *_SYNCED_OFFSETS):
            content[offset : offset + _SLOT_BYTES] = slot
        write_atomically(path, bytes(content))
        made = cls(path, writable=True)
        made.read()
        return made

    def read(self) -> Mark:
        """The highest of the notes. Raises StateCorrupt where none can be believed."""
        running = [self._slot(offset) for offset in _RUNNING_OFFSETS]
        synced = [self._slot(offset) for offset in _SYNCED_OFFSETS]
        sound = [slot for slot in (*running, *synced) if slot is not None]
        if not sound:
            message = f"{self.path}: none of its notes can be believed: what was acknowledged is not known"
            raise StateCorrupt(message, hint=_HINT)
        seq, row_hash, start = max(sound, key=lambda slot: slot[0])
        self._last = (seq, row_hash)
        self._next_running, self._next_synced = _older(running), _older(synced)
        damaged = len(running) + len(synced) - len(sound)
        fault = f"{self.path}: {damaged} of its 4 notes damaged; the others say row {seq}" if damaged else ""
        return Mark(seq, row_hash, is_exact=not damaged and bool(self._start) and start == self._start, fault=fault)

    def _slot(self, offset: int) -> tuple[int, bytes, bytes] | None:
        return _decode(os.pread(self._descriptor, _SLOT_BYTES, offset))

    def note(self, seq: int, row_hash: bytes) -> None:
        """Write the mark down where a SIGKILL cannot undo it. Raises OSError."""
        _write_at(self._descriptor, _encode(seq, row_hash, self._start), _RUNNING_OFFSETS[self._next_running])
        self._next_running = 1 - self._next_running
        self._last = (seq, row_hash)
        self._is_synced = False

    def sync(self) -> None:
        """Make it durable, if it is not. Raises OSError."""
        if not self._is_synced:
            _write_at(self._descriptor, _encode(*self._last, self._start), _SYNCED_OFFSETS[self._next_synced])
            _sync(self._descriptor)
            self._next_synced = 1 - self._next_synced
            self._is_synced = True

    def close(self) -> None:
        """Let go of the file. May be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def machine_start() -> bytes:
    """What tells this start of the machine from the one before; empty where the system does not say."""
    try:
        return sha256(_BOOT_ID.read_bytes()).digest()[:16]
    except OSError:
        return b""


def _older(slots: list[tuple[int, bytes, bytes] | None]) -> int:
    """The one of two slots to be written next: the damaged one, or the older."""
    first, second = ((-1 if slot is None else slot[0]) for slot in slots)
    return 0 if first <= second else 1


def _encode(seq: int, row_hash: bytes, start: bytes) -> bytes:
    body = _SLOT.pack(_MAGIC, seq, row_hash, start)
    return body + sha256(body).digest()[:_CHECK_BYTES]


def _decode(slot: bytes) -> tuple[int, bytes, bytes] | None:
    body, check = slot[: _SLOT.size], slot[_SLOT.size :]
    if len(slot) != _SLOT_BYTES or sha256(body).digest()[:_CHECK_BYTES] != check:
        return None
    magic, seq, row_hash, start = _SLOT.unpack(body)
    if magic != _MAGIC or (seq == 0) != (row_hash == GENESIS):
        return None
    return seq, row_hash, start


def _write_at(descriptor: int, data: bytes, offset: int) -> None:
    written = os.pwrite(descriptor, data, offset)
    if written != len(data):
        message = f"only {written} of {len(data)} bytes were written"
        raise OSError(message)


def _sync(descriptor: int) -> None:
    os.fsync(descriptor)
