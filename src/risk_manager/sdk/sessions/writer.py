"""Writes a session file whole or not at all, the same bytes for the same events."""

import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from risk_manager.sdk.sessions.lines import ContractLine, Header, Line
from service_contract.atomic_files import write_atomically

_GZIP = 31
_LEVEL = 6
_LINES_AT_ONCE = 4096
_encoder = msgspec.json.Encoder()


def member(data: bytes) -> bytes:
    """A gzip member without a time stamp or name: the same bytes for the same data."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return deflate.compress(data) + deflate.flush()


def header_member(header: Header) -> bytes:
    """The header line as a gzip member of its own, so that it can be written after the body is known."""
    return member(_encoder.encode(header) + b"\n")


class Body:
    """The lines after the header, compressed as they come, with their digest and count."""

    def __init__(self) -> None:
        self.events = 0
        self._digest = hashlib.sha256()
        self._deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)

    def add(self, lines: Iterable[Line]) -> bytes:
        """Compress some lines; returns the bytes that are ready."""
        return self.add_text(b"".join(_encoder.encode(line) + b"\n" for line in lines))

    def add_text(self, text: bytes) -> bytes:
        """The same for lines that are encoded already."""
        self.events += text.count(b"\n")
        self._digest.update(text)
        return self._deflate.compress(text)

    def flush(self) -> bytes:
        """Bytes from which everything so far can be read, whatever happens to what follows."""
        return self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        """The last bytes."""
        return self._deflate.flush()

    @property
    def sha256(self) -> str:
        """Of the lines so far, uncompressed."""
        return self._digest.hexdigest()


def write_session(
    path: Path,
    lines: Iterable[Line],
    *,
    venue: str,
    zone: str,
    contracts: Iterable[ContractLine],
    start: str,
    end: str,
    source: str,
) -> Header:
    """Write a session file; returns its header. Raises OSError, the old file then stays as it was."""
    body = Body()
    packed = bytearray()
    some: list[Line] = []
    for line in lines:
        some.append(line)
        if len(some) >= _LINES_AT_ONCE:
            packed += body.add(some)
            some.clear()
    packed += body.add(some)
    packed += body.finish()
    header = Header(
        venue=venue,
        zone=zone,
        contracts=list(contracts),
        start=start,
        end=end,
        source=source,
        events=body.events,
        sha256=body.sha256,
    )
    write_atomically(path, header_member(header) + bytes(packed), mode=0o644)
    return header
