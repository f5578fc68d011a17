"""Records a venue's stream: the market as a session file, what happened on the account as its script.

While it runs the lines go to `OUT.part`, flushed so that all but the last second survives a crash; the header, whose
digest is known only at the end, is written in front of them when the recording is finished. A recorder that finds an
`OUT.part` takes over what is readable of it and goes on behind it.
"""

import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from risk_manager.domain.events import Event, MarketStatus, MarketTrade, Quote
from risk_manager.errors import DataDirUnusable, SessionFileInvalid
from risk_manager.sdk.normalise import iso
from risk_manager.sdk.sessions.lines import ContractLine, Header, Line, QuoteLine, StatusLine, TradeLine
from risk_manager.sdk.sessions.script_writer import ScriptWriter
from risk_manager.sdk.sessions.writer import Body, header_member
from service_contract.atomic_files import make_private_dir, write_atomically

_GZIP = 31
_SUFFIX = ".jsonl.gz"
_RESCUE_BYTES = 4096


class Recorder:
    """One recording. `take` what the venue sends, `flush` once a second, `finish` at the end."""

    def __init__(self, out: Path, contracts: Sequence[ContractLine], *, venue: str, start_ns: int) -> None:
        """Raises SessionFileInvalid where `out` is there already, DataDirUnusable where it cannot be written."""
        if not out.name.endswith(_SUFFIX):
            raise SessionFileInvalid(f"{out}: a session's name ends with {_SUFFIX}", hint=f"write {out}{_SUFFIX}")
        if out.exists():
            raise SessionFileInvalid(f"{out}: is there already", hint="name another file, or move it away")
        self.out = out
        self._part = out.with_name(f"{out.name}.part")
        self._venue = venue
        self._contracts = {contract.id: contract for contract in contracts}
        self._instruments = {contract.id: contract.instrument() for contract in contracts}
        self._body = Body()
        self._start_ns = self._end_ns = start_ns
        self._lasts: dict[str, int | None] = {}
        self._script = ScriptWriter(out.with_name(out.name.removesuffix(_SUFFIX) + ".script.yaml"), self._instruments)
        try:
            make_private_dir(out.parent)
            rescued = _rescue(self._part)
            self._stream: BinaryIO = self._part.open("wb")
            if rescued:
                self._stream.write(self._body.add_text(rescued))
        except OSError as error:
            raise DataDirUnusable(f"{self._part}: {error.strerror}", hint="name a file you may write") from error

    @property
    def events(self) -> int:
        """How many lines of market data it has."""
        return self._body.events

    def take(self, events: Iterable[Event], local_ns: int) -> None:
        """Write down what the venue sent; it arrived at `local_ns`."""
        lines: list[Line] = []
        for event in events:
            line = self._line(event, local_ns)
            if line is None:
                self._script.take(event, self._body.events + len(lines))
            else:
                lines.append(line)
            self._end_ns = max(self._end_ns, event.t_ns)
        self._stream.write(self._body.add(lines))

    def connection_lost(self) -> None:
        """The venue closed the connection: a replay does so, too."""
        self._script.disconnected(self._body.events)

    def flush(self) -> None:
        """Let what was taken survive a crash."""
        self._stream.write(self._body.flush())
        self._stream.flush()

    def finish(self) -> Header:
        """Put header and lines together, and the script beside them. Raises DataDirUnusable."""
        try:
            self._stream.write(self._body.finish())
            self._stream.close()
            header = Header(
                venue=self._venue,
                zone="UTC",
                contracts=list(self._contracts.values()),
                start=iso(self._start_ns),
                end=iso(self._end_ns),
                source="recorded",
                events=self._body.events,
                sha256=self._body.sha256,
            )
            write_atomically(self.out, header_member(header) + self._part.read_bytes(), mode=0o600)
            self._script.write()
            self._part.unlink()
        except OSError as error:
            raise DataDirUnusable(f"{self.out}: {error.strerror}", hint=f"{self._part} has the lines") from error
        return header

    def _line(self, event: Event, local_ns: int) -> Line | None:
        if isinstance(event, MarketTrade):
            self._lasts[event.contract] = event.price_ticks
            price = self._instruments[event.contract].price_text(event.price_ticks)
            return TradeLine(event.t_ns, local_ns, event.contract, price, event.size)
        if isinstance(event, Quote):
            return self._quote(event, local_ns)
        if isinstance(event, MarketStatus):
            return StatusLine(event.t_ns, local_ns, event.contract, event.status)
        return None

    def _quote(self, event: Quote, local_ns: int) -> QuoteLine:
        text = self._instruments[event.contract].price_text
        told = event.last_ticks if event.last_ticks != self._lasts.get(event.contract) else None
        self._lasts[event.contract] = event.last_ticks
        bid, ask, last = (None if t is None else text(t) for t in (event.bid_ticks, event.ask_ticks, told))
        return QuoteLine(event.t_ns, local_ns, event.contract, bid, ask, last)


def _rescue(part: Path) -> bytes:
    """The whole lines of an unfinished recording, as far as they can be read."""
    if not part.exists():
        return b""
    inflate = zlib.decompressobj(_GZIP)
    text = bytearray()
    packed = part.read_bytes()
    with suppress(zlib.error):  # where the damage begins; what came before it is kept
        for at in range(0, len(packed), _RESCUE_BYTES):
            text += inflate.decompress(packed[at : at + _RESCUE_BYTES])
    return bytes(text[: text.rfind(b"\n") + 1])
