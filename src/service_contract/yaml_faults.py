"""A fault of a file as people read it: where it stands, the line with a caret, what is wrong and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SHOWN_CHARS = 160

KeyPath = tuple[str | int, ...]


def dotted(path: KeyPath) -> str:
    """A key path as people write it: `rules.max_contracts.limits.ES`."""
    return ".".join(map(str, path))


def one_line(text: str) -> str:
    """The text with everything that would break or repaint a line of output written as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: 1-based line and column, and the text of that line."""

    line: int
    column: int
    text: str

    def pointed_at(self) -> tuple[str, str]:
        """The line and, under it, a caret at the column; of a very long line the part around the column."""
        first = max(0, self.column - 1 - _SHOWN_CHARS // 2) if len(self.text) > _SHOWN_CHARS else 0
        shown = self.text[first : first + _SHOWN_CHARS]
        text = "".join(char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in shown)
        lead = "".join("\t" if char == "\t" else " " for char in text[: self.column - 1 - first])
        return text.rstrip(), f"{lead}^"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a file: where, which key, what, the value seen, and what to do about it."""

    file: Path
    place: Place | None
    key: str
    message: str
    value: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.place.line}:{self.place.column}" if self.place else f"{self.file}"
        key = f" {self.key}:" if self.key else ""
        seen = f" (value: {self.value})" if self.value else ""
        return one_line(f"{where}:{key} {self.message}{seen}")

    def explain(self) -> str:
        """The fault with the offending line, a caret under the column, and the remedy."""
        lines = [str(self)]
        if self.place and self.place.text.strip():
            lines += [f"    {line}" for line in self.place.pointed_at()]
        if self.remedy:
            lines.append(f"    remedy: {one_line(self.remedy)}")
        return "\n".join(lines)


class YamlFaults(Exception):
    """A file that cannot be used; holds every fault that could be found, in order of line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)
