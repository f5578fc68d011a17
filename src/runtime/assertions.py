"""Assertions over a JSON document, written as data: where to look, which entries, and what must hold there.

    {at: /flat, equals: true}
    {at: /working_orders, count: 0}
    {at: /orders, where: {origin: manager, status: [filled, partially_filled]}, at_least: 1}

`at` is a JSON pointer (RFC 6901). A place that is not there is no evidence: the answer is None, never True.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class Relation(Enum):
    """How the observed is compared with the expected; the three last ones compare the number of entries."""

    EQUALS = "equals"
    COUNT = "count"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Assertion:
    """One claim about a JSON document. `where` keeps only the entries of a list that agree with it."""

    at: str
    relation: Relation
    expected: object
    where: Mapping[str, object]

    def __str__(self) -> str:
        which = " where " + ", ".join(f"{key}={value}" for key, value in self.where.items()) if self.where else ""
        return f"{self.at}{which} {self.relation.value.replace('_', ' ')} {_plain(self.expected)}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an assertion found. holds: None where the document has no such place. matched: the entries it kept."""

    assertion: Assertion
    holds: bool | None
    observed: object
    matched: Sequence[object] = ()

    def __str__(self) -> str:
        word = {True: "holds", False: "does NOT hold", None: "cannot be told"}[self.holds]
        return f"{self.assertion}: {word} (observed {_plain(self.observed)})"

    def spoken(self) -> str:
        """`/working_orders count 0: holds` as a person says it: no working orders. What does not hold is said whole."""
        asked = self.assertion
        name = asked.at.strip("/").replace("_", " ")
        if not self.holds:
            return str(self)
        if asked.relation is Relation.EQUALS:
            return name if asked.expected is True else str(self)
        which = ", ".join(f"{key} {_plain(value)}" for key, value in asked.where.items())
        return f"{self.observed or 'no'} {name}{f' ({which})' if which else ''}"


def ask(assertion: Assertion, document: object) -> Answer:
    """Compare a document with an assertion."""
    found, value = resolve(document, assertion.at)
    if not found:
        return Answer(assertion, None, "nothing there")
    if assertion.where or assertion.relation is not Relation.EQUALS:
        if not isinstance(value, list):
            return Answer(assertion, None, f"no list but {_plain(value)}")
        matched = [entry for entry in value if agrees(entry, assertion.where)]
        observed: object = len(matched)
    else:
        matched, observed = [], value
    return Answer(assertion, _compare(assertion, observed), observed, matched)


def _compare(assertion: Assertion, observed: object) -> bool:
    expected = assertion.expected
    if assertion.relation in {Relation.EQUALS, Relation.COUNT}:
        # True == 1 in Python; in JSON they differ
        return type(observed) is type(expected) and observed == expected
    if not isinstance(observed, int) or not isinstance(expected, int):
        return False
    return observed >= expected if assertion.relation is Relation.AT_LEAST else observed <= expected


def agrees(entry: object, where: Mapping[str, object]) -> bool:
    """Has the entry these values? A list of values means any of them."""
    if not where:
        return True
    if not isinstance(entry, dict):
        return False
    return all(
        key in entry and (entry[key] in wanted if isinstance(wanted, list | tuple) else entry[key] == wanted)
        for key, wanted in where.items()
    )


def resolve(document: object, pointer: str) -> tuple[bool, object]:
    """What stands at a JSON pointer, and whether anything does."""
    value = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isascii() and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return False, None
    return True, value


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
