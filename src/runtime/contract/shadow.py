"""Reads the `shadow` section of a service.yaml, strictly."""

import re
from collections.abc import Callable, Collection, Mapping

from runtime.assertions import Assertion
from runtime.contract.model import Companion, Option
from runtime.shadow.plan import Asked, ShadowPlan
from runtime.yaml_fields import Reader
from service_contract.yaml_lines import KeyPath

_PATH: KeyPath = ("shadow",)
_REQUIRED = ("candidate", "decisions")
_OPTIONAL = ("options", "companions", "sent_nothing", "attached", "events", "faults")
_FAULT = re.compile(r"[a-z][a-z0-9_]*")


def read_shadow(
    reader: Reader,
    *,
    companions: tuple[Companion, ...],
    candidate: tuple[str, ...],
    assertion: Callable[[KeyPath], Assertion],
    probes: Collection[str],
    metrics: Collection[str],
    options: Mapping[str, Option],
) -> ShadowPlan | None:
    """The plan; None where the file has no such section: then this service cannot be shadowed.

    companions, candidate: read already, as they are elsewhere in the file. assertion: reads one of `require`.
    """
    if not reader.has(_PATH):
        return None
    reader.mapping(_PATH, required=_REQUIRED, optional=_OPTIONAL)
    decisions = reader.text((*_PATH, "decisions"))
    _known(reader, (*_PATH, "decisions"), decisions, probes, "probe")
    events = reader.text((*_PATH, "events")) or None
    _known(reader, (*_PATH, "events"), events or "", metrics, "metric")
    return ShadowPlan(
        options={name: _choice(reader, name, options) for name in reader.keys((*_PATH, "options"))},
        companions=companions,
        candidate=candidate,
        decisions=decisions,
        sent_nothing=_asked(reader, "sent_nothing", assertion, probes),
        attached=_asked(reader, "attached", assertion, probes),
        events=events,
        faults={name: _patterns(reader, name) for name in reader.keys((*_PATH, "faults"))},
    )


def _asked(
    reader: Reader, name: str, assertion: Callable[[KeyPath], Assertion], probes: Collection[str]
) -> Asked | None:
    path: KeyPath = (*_PATH, name)
    if not reader.has(path):
        return None
    reader.mapping(path, required=("probe", "require"))
    probe = reader.text((*path, "probe"))
    _known(reader, (*path, "probe"), probe, probes, "probe")
    return Asked(probe, tuple(assertion(item) for item in reader.items((*path, "require"), least=1)))


def _patterns(reader: Reader, name: str) -> tuple[re.Pattern[str], ...]:
    path: KeyPath = (*_PATH, "faults", name)
    if not _FAULT.fullmatch(name):
        reader.fault(path, "must be lower-case letters, digits and _", value=name, at_key=True)
    patterns = []
    for item in reader.items(path, least=1):
        text = reader.text(item)
        try:
            patterns.append(re.compile(text))
        except re.error as error:
            reader.fault(item, f"is not a regular expression: {error}", value=text)
    return tuple(patterns)


def _choice(reader: Reader, name: str, options: Mapping[str, Option]) -> str:
    path: KeyPath = (*_PATH, "options", name)
    value = reader.text(path)
    _known(reader, path, name, options, "option")
    if name in options and options[name].choices:
        _known(reader, path, value, options[name].choices, "choice")
    return value


def _known(reader: Reader, path: KeyPath, value: str, known: Collection[str], what: str) -> None:
    if value and value not in known:
        reader.fault(path, f"no such {what}", value=value, remedy=f"known here: {', '.join(known) or 'none'}")
