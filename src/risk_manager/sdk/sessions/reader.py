"""Reads a session file: verifies it whole before the first event is handed out, then decodes it in large pieces.

Verifying first costs one decompression (about a third of merely decoding the file) and means that nobody ever decides
anything on a file that turns out to be damaged in its middle. Damage and foreign files raise SessionFileInvalid. A
single line of a sound file that is not an event is something else: its recorder received it like that, so it comes out
as `Malformed`, in its place, to be refused and counted.
"""

import hashlib
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from risk_manager.domain.instruments import Instrument
from risk_manager.errors import SessionFileInvalid
from risk_manager.sdk.normalise import Unbelievable, shown, time_ns
from risk_manager.sdk.sessions.lines import SCHEMA, Header, Line, instruments_of

MAX_LINE_BYTES = 1 << 20
_PIECE_BYTES = 1 << 14
_GZIP = 31
_DEFAULT_SPAN_NS = 7 * 86_400 * 1_000_000_000
_HINT = "record it again, or name another file: demo-breach and demo-calm ship with the project"

_header_decoder = msgspec.json.Decoder(Header)
_line_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


class Malformed(msgspec.Struct, frozen=True):
    """A line that is not an event: where it stands, and why."""

    line: int
    why: str


class Session:
    """A verified session file.

    start_ns, end_ns: the span in which its events are believable. digest: the header's sha256, which identifies it.
    """

    def __init__(self, path: Path) -> None:
        """Verify the file. Raises SessionFileInvalid naming the file, the line and what is wrong."""
        self.path = path
        self._header_bytes = b""
        self.header = self._verify()
        self.digest = self.header.sha256
        try:
            self.instruments: dict[str, Instrument] = instruments_of(self.header)
            self.start_ns = time_ns(self.header.start)
            self.end_ns = self.start_ns + _DEFAULT_SPAN_NS if self.header.end is None else time_ns(self.header.end)
        except Unbelievable as error:
            raise self._invalid(1, str(error)) from error
        if self.end_ns < self.start_ns:
            raise self._invalid(1, f"ends ({self.header.end}) before it starts ({self.header.start})")

    @cached_property
    def events(self) -> int:
        """How many lines follow the header."""
        return self.header.events if self.header.events is not None else self._count_lines()

    def batches(self) -> Iterator[list[Line | Malformed]]:
        """All events in order, some thousand at a time. Blank lines are none."""
        number = 2
        skip = len(self._header_bytes)
        rest = b""
        for piece in self._pieces():
            text = rest + piece
            if skip:
                cut = min(skip, len(text))
                text, skip = text[cut:], skip - cut
            end = text.rfind(b"\n") + 1
            rest = text[end:]
            if end:
                batch = _decode(text[:end], number)
                number += len(batch)
                yield batch

    def _verify(self) -> Header:
        digest = hashlib.sha256()
        header: Header | None = None
        head = b""
        unended = 0
        for piece in self._pieces():
            body = piece
            if header is None:
                head += piece
                line, newline, body = head.partition(b"\n")
                if not newline:
                    self._refuse_long_line(len(head))
                    continue
                self._header_bytes = line + newline
                header = self._decode_header(line)
            digest.update(body)
            last = body.rfind(b"\n")
            unended = len(body) - last - 1 if last >= 0 else unended + len(body)
            self._refuse_long_line(unended)
        if header is None:
            raise self._invalid(1, "is empty" if not head else f"is not a session file: {shown(head[:40])}")
        if unended:
            raise self._invalid(self._count_lines() + 2, "is truncated: the last line has no end")
        if digest.hexdigest() != header.sha256:
            found = f"its {self._count_lines()} events have sha256 {digest.hexdigest()}"
            raise self._invalid(2, f"is corrupted: {found}, its header says {shown(header.sha256)}")
        return header

    def _count_lines(self) -> int:
        """How many lines follow the header; counted only where somebody has to be told."""
        return sum(piece.count(b"\n") for piece in self._pieces()) - 1

    def _refuse_long_line(self, length: int) -> None:
        if length > MAX_LINE_BYTES:
            raise self._invalid(None, f"has a line of more than {MAX_LINE_BYTES} bytes; is it a session file?")

    def _decode_header(self, line: bytes) -> Header:
        try:
            return _header_decoder.decode(line)
        except msgspec.ValidationError as error:
            raise self._invalid(1, f"is not a header of {SCHEMA}: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._invalid(1, f"is not a session file: {shown(line[:40])}") from error

    def _pieces(self) -> Iterator[bytes]:
        """The file decompressed; a file of several gzip members is one text."""
        unpacked = 0
        try:
            with self.path.open("rb") as stream:
                inflate = zlib.decompressobj(_GZIP)
                begun = False
                while packed := stream.read(_PIECE_BYTES):
                    while packed:
                        begun = True
                        piece = inflate.decompress(packed)
                        unpacked += len(piece)
                        yield piece
                        packed = inflate.unused_data
                        if inflate.eof:
                            inflate, begun = zlib.decompressobj(_GZIP), False
                if begun:
                    raise self._invalid(None, f"is truncated: gzip data end after {unpacked} bytes of text")
        except zlib.error as error:
            what = "is corrupted" if unpacked else "is not a gzip file"
            raise self._invalid(None, f"{what}: {error}") from error
        except OSError as error:
            raise self._invalid(None, f"cannot be read: {error.strerror}") from error

    def _invalid(self, line: int | None, what: str) -> SessionFileInvalid:
        where = f"{self.path}:{line}" if line else f"{self.path}"
        return SessionFileInvalid(f"{where}: {what}", hint=_HINT)


def _decode(text: bytes, number: int) -> list[Line | Malformed]:
    try:
        return _line_decoder.decode_lines(text)  # type: ignore[return-value]  # a list without malformed lines is one
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [_decode_line(line, number + index) for index, line in enumerate(text.split(b"\n")[:-1])]


def _decode_line(line: bytes, number: int) -> Line | Malformed:
    try:
        return _line_decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Malformed(number, f"line {number} {shown(line)}: {error}")
