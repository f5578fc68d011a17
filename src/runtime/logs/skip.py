"""Which blocks of a log need not be taken apart: those that cannot hold a line that is wanted.

Looking for a few bytes in a block costs a hundredth of parsing its lines, so a rare line is found in a large log at the
speed of the disk. A block is passed over only where that is certain; the filter has the last word on each line.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from runtime.logs.entries import LEVELS, LogEntry
from runtime.logs.filters import SLACK_S, Filter

# Without letters that JSON writes in another way.
_PLAIN = re.compile(r"[A-Za-z0-9_ .:,/=-]+")
_DOT = "."  # in a pattern it is any letter
# Letters beyond ASCII that a search without regard to capitals takes for these: Kelvin, long s, i with and without dot.
_TWINS = {"k": "\u212a", "s": "\u017f", "i": "\u0130\u0131"}
_UNKNOWN_WEIGHS = 20  # a word that is no level weighs as INFO, so below WARNING nothing is certain


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A line that is wanted holds one of these. fold: whether capitals count as small letters."""

    needles: tuple[bytes, ...]
    fold: bool = False

    def may_be_in(self, block: bytes) -> bool:
        """Does the block hold one?"""
        where = block.lower() if self.fold else block
        return any(needle in where for needle in self.needles)


def _folded(word: str) -> AnyOf:
    """A word in small letters; where its twins stand, the word may too."""
    twins = [twin.encode() for letter, letters in _TWINS.items() if letter in word for twin in letters]
    return AnyOf((word.encode(), *twins), fold=True)


def needed(
    *, least: int, grep: str | None, rule: str | None, checkpoint: int | None, lines: Mapping[int, str]
) -> tuple[AnyOf, ...]:
    """What each line that is wanted must hold, as far as that can be said of its bytes; all of them must be there."""
    found = []
    if least > _UNKNOWN_WEIGHS:
        found.append(AnyOf(tuple(name.encode() for name, weight in LEVELS.items() if weight >= least)))
    if rule and _PLAIN.fullmatch(rule):
        found.append(AnyOf((rule.encode(),)))
    if grep and _PLAIN.fullmatch(grep) and _DOT not in grep:
        found.append(_folded(grep) if grep == grep.lower() else AnyOf((grep.encode(),)))
    if checkpoint is not None and checkpoint in lines:
        found.append(AnyOf((lines[checkpoint].encode(), f'"checkpoint":{checkpoint}'.encode())))
    return tuple(found)


def skipper(wanted: Filter, read: Callable[[Iterable[bytes]], Iterable[LogEntry]]) -> Callable[[bytes], bool]:
    """Says of a block of whole lines whether it can be passed over. read: takes lines of this log apart."""
    ends = [end for end in (wanted.until_s, wanted.window[1] if wanted.window else None) if end is not None]
    until_s = min(ends) + SLACK_S if ends else None

    def is_later(line: bytes) -> bool:
        entry = next(iter(read([line])), None)
        return entry is not None and entry.t_s is not None and until_s is not None and entry.t_s > until_s

    def can_be_skipped(block: bytes) -> bool:
        if not all(each.may_be_in(block) for each in wanted.needed):
            return True
        first, last = block.partition(b"\n")[0], block.rpartition(b"\n")[2]
        return until_s is not None and is_later(first) and is_later(last)

    return can_be_skipped
