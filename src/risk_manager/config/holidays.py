"""`holidays.yaml`: per product group, the days without a close and those that close early, each with its source."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from risk_manager.config import values
from risk_manager.config.model import HolidayGroup
from risk_manager.config.values import Clash
from service_contract.yaml_lines import Fault

if TYPE_CHECKING:
    from pydantic import BaseModel

    from risk_manager.config.reading import Read


def judge_holidays(file: "Read") -> tuple[Mapping[str, HolidayGroup] | None, tuple[Fault, ...]]:
    """The groups of a file that has been read, and every fault in it."""
    from risk_manager.config.reading import judge

    if file.tree is None:
        return None, file.faults
    found, faults = judge(file.tree, _schema())
    if found is None or file.faults:
        return None, (*file.faults, *faults)
    return {name: _group(name, group) for name, group in found.groups.items()}, ()


def _schema() -> type["BaseModel"]:
    from risk_manager.config.schema import Key, block, list_of, map_of

    said = {
        "date": Key(values.day, says="the day, in the group's zone"),
        "name": Key(values.text, says="what is celebrated"),
        "source": Key(values.text, says="where it is known from"),
    }
    early = {**said, "close": Key(values.time_of_day, says='the close of that day, "12:00"')}
    period = {
        "first": Key(values.day, says="the first day for which the lists are complete"),
        "last": Key(values.day, says="the last day for which the lists are complete"),
    }
    group = {
        "timezone": Key(values.zone, says="the exchange's zone"),
        "covers": Key(list_of(block("period", period)), says="for which days the lists are complete"),
        "closed": Key(list_of(block("closed day", said)), says="days that have no close at all"),
        "early_closes": Key(list_of(block("early close", early)), says="days that close early"),
    }
    return block(
        "holidays file", {"groups": Key(map_of(block("group", group, check=_clashes)), says="a block for each group")}
    )


def _clashes(group: Any) -> Iterator[Clash]:  # noqa: ANN401 -- a model made at run time
    """What cannot stand together in one group."""
    yield from _clashing_periods(group.covers)
    seen: dict[date, str] = {}
    for key in ("closed", "early_closes"):
        for index, entry in enumerate(getattr(group, key)):
            here = (key, index, "date")
            if entry.date in seen:
                yield Clash(here, "names a day twice", f"it stands under {seen[entry.date]} already; keep one")
            seen.setdefault(entry.date, key)
            if not any(period.first <= entry.date <= period.last for period in group.covers):
                yield Clash(here, "is in none of the periods under covers", "widen covers, or remove the day")


def _clashing_periods(periods: Sequence[Any]) -> Iterator[Clash]:
    if not periods:
        yield Clash(("covers",), "is empty", "say for which days the lists are complete")
    for index, period in enumerate(periods):
        if period.first > period.last:
            yield Clash(("covers", index, "last"), "is before first", f"first is {period.first}")
    for index, (before, after) in enumerate(pairwise(periods), start=1):
        if after.first <= before.last:
            here = ("covers", index, "first")
            yield Clash(here, "must be after the period before it", f"that one ends on {before.last}")


def _group(name: str, group: Any) -> HolidayGroup:  # noqa: ANN401 -- a model made at run time
    return HolidayGroup(
        name=name,
        zone=group.timezone,
        covers=tuple((period.first, period.last) for period in group.covers),
        closed=frozenset(entry.date for entry in group.closed),
        early_closes={entry.date: entry.close for entry in group.early_closes},
    )
