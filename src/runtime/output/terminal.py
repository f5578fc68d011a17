"""How the pack writes to a terminal or a pipe: colour only where it is wanted, ASCII where the encoding needs it."""

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping
from enum import Enum
from typing import TextIO


class Paint(Enum):
    """Colours by meaning. Meaning is never carried by colour alone: the word is always there too."""

    GOOD = "32"
    BAD = "31"
    DOUBT = "33"
    DIM = "2"
    STRONG = "1"


# Longest first, so that the warning sign goes together with its variation selector.
_ASCII = (
    ("⚠️", "[WARN]"), ("⚠", "[WARN]"), ("✅", "[OK]"), ("❌", "[FAIL]"), ("🚀", ">>"), ("📨", "[EVENT]"),
    ("🔍", "[RULE]"), ("…", "..."), ("→", "->"), ("≤", "<="), ("≥", ">="),
)  # fmt: skip


def wants_color(choice: str | None, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """`--color` always or never, else NO_COLOR, FORCE_COLOR, and whether this is a terminal that can."""
    if choice in {"always", "never"}:
        return choice == "always" and not environ.get("NO_COLOR")
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


_REDRAW = re.compile(rb"\x1b\[(\d+)F\x1b\[J")
_ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


def as_it_stood(output: bytes) -> bytes:
    """What a terminal showed at the end, for a file: lines that were drawn again stand once, without colours."""
    lines: list[bytes] = [b""]
    parts = _REDRAW.split(output.replace(b"\r\n", b"\n"))
    for text, up in zip(parts[::2], [*parts[1::2], b"0"], strict=True):
        first, *more = text.split(b"\n")
        lines = [*lines[:-1], lines[-1] + first, *more]
        if int(up):
            lines = [*lines[: max(0, len(lines) - 1 - int(up))], b""]
    return b"\n".join(_ESCAPE.sub(b"", line).rpartition(b"\r")[2] for line in lines)


def speaks_ascii_only(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Was this terminal told to be ASCII (LANG=C)? Python itself then writes UTF-8 all the same (PEP 538, PEP 540)."""
    chosen = environ.get("LC_ALL") or environ.get("LANG")
    own = environ.get("LC_CTYPE", "C.UTF-8")  # what Python puts there in the locale C
    return stream.isatty() and chosen in {"C", "POSIX"} and (bool(environ.get("LC_ALL")) or own == "C.UTF-8")


class Terminal:
    """A stream that takes lines. What its encoding cannot write becomes ASCII, never an exception."""

    def __init__(self, stream: TextIO, *, color: str | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self.stream = stream
        self.color = wants_color(color, stream, environ)
        self.ascii_only = speaks_ascii_only(stream, environ)
        self._encoding = "ascii" if self.ascii_only else stream.encoding or "ascii"

    def line(self, text: str = "", paint: Paint | None = None) -> None:
        """Write one line. A reader that has gone away (`| head`) is no reason to fail."""
        try:
            self.stream.write(self.writable(self.painted(text, paint)) + "\n")
            self.stream.flush()
        except BrokenPipeError:
            self.stream = _nowhere()

    def row(self, text: str, paint: Paint | None = None) -> None:
        """A line of a table: on a terminal it is cut at its width, because a table that wraps cannot be read."""
        width = self._width()
        self.line(text if width is None or len(text) <= width else text[: width - 1] + "…", paint)

    def prose(self, text: str, paint: Paint | None = None, *, hang: int = 4) -> None:
        """Words: on a terminal the line breaks between two of them and goes on `hang` columns in."""
        width = self._width()
        if width is None or len(text) <= width:
            self.line(text, paint)
            return
        indent = " " * min(hang, width // 2)
        wrapper = textwrap.TextWrapper(
            width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, expand_tabs=False
        )
        for line in wrapper.wrap(text):
            self.line(line, paint)

    def _width(self) -> int | None:
        """Columns less one, because an emoji takes two; None where this is no terminal."""
        return max(20, shutil.get_terminal_size().columns - 1) if self.stream.isatty() else None

    def painted(self, text: str, paint: Paint | None) -> str:
        """The text in its colour, where colour is wanted."""
        return f"\x1b[{paint.value}m{text}\x1b[0m" if paint is not None and self.color and text else text

    def writable(self, text: str) -> str:
        """The text as this stream can write it."""
        try:
            text.encode(self._encoding)
        except UnicodeEncodeError:
            for fancy, plain in _ASCII:
                text = text.replace(fancy, plain)
            return text.encode(self._encoding, "replace").decode(self._encoding)
        return text


def _nowhere() -> TextIO:
    """A stream for what nobody reads any more; standard output goes there too, or the interpreter complains at exit."""
    stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 -- it lives as long as the process
    os.dup2(stream.fileno(), sys.stdout.fileno())
    return stream
