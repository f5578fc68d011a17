"""The page of a cause: what it means, what shows it, what to do about it and what to type. `explain` prints it."""

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.causes.texts import TEXTS
from runtime.shadow.cause_texts import TEXTS as SHADOW_TEXTS
from runtime.soak.cause_texts import TEXTS as SOAK_TEXTS

_EXPLAIN = "risk-runtime explain"


@dataclass(frozen=True, slots=True)
class Page:
    """One page. commands: to type next, the most useful first."""

    means: str
    evidence: tuple[str, ...]
    to_do: tuple[str, ...]
    commands: tuple[str, ...]


def _read(block: str) -> tuple[str, Page]:
    name, *lines = block.splitlines()
    parts: dict[str, list[str]] = {"means": [], "shown by": [], "do": [], "next": []}
    for line in lines:
        title, _, text = line.partition(": ")
        parts[title].append(text)
    return name, Page(
        " ".join(parts["means"]), tuple(parts["shown by"]), tuple(parts["do"]), tuple(parts["next"]) or (_EXPLAIN,)
    )


_ALL = (TEXTS, SHADOW_TEXTS, SOAK_TEXTS)
PAGES: Mapping[str, Page] = dict(_read(block) for texts in _ALL for block in texts.strip().split("\n\n"))


def page(cause: str) -> Page:
    """The page of a cause; `cause` must be one of those in `causes.py`."""
    return PAGES[cause]
