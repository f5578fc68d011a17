"""`gate.yaml` as a frozen GateConfig: the stages, the profiles that choose among them, and what is skipped."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.assertions import Assertion
from runtime.contract.expand import unknown_placeholders
from runtime.contract.model import Condition, Option
from runtime.contract.reader import read_assertion, read_condition
from runtime.yaml_fields import Reader
from service_contract.yaml_lines import KeyPath, load

# Kind -> the keys it needs besides `kind`, and those it may have.
_FIELDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "command": (("timeout_s", "argv"), ()),
    "smoke": (("timeout_s", "argv"), ()),
    "soak": (("timeout_s", "argv"), ()),
    "pytest": (("timeout_s", "paths"), ("arguments",)),
    "lock": (("file",), ("timeout_s",)),
    "probe": (("timeout_s", "argv", "require"), ()),
    "evidence": (("file", "max_age_days"), ()),
    "clean_tree": ((), ()),
}
_NEVER_S = 60.0  # what reads a file or two needs no bound of its own


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    argv: for `command`, `smoke`, `soak` and `probe`. require: for `probe`. paths, arguments: for `pytest`.
    file: for `lock` and `evidence`. max_age_days: for `evidence`.
    when: the service's options under which it applies; otherwise: the reason it is a SKIP under others.
    """

    name: str
    kind: str
    timeout_s: float
    argv: tuple[str, ...] = ()
    require: tuple[Assertion, ...] = ()
    paths: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    file: str = ""
    max_age_days: float = 0.0
    when: Condition = field(default_factory=dict)
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """Which stages run, in which order. junit: a report of the same commit that stands in for running tests again."""

    name: str
    stages: tuple[str, ...]
    stop_at_failure: bool
    junit: str | None


@dataclass(frozen=True, slots=True)
class Skip:
    """A stage that somebody decided not to run: why, and until which day that holds."""

    stage: str
    reason: str
    until: dt.date


@dataclass(frozen=True, slots=True)
class GateConfig:
    """Everything in gate.yaml."""

    file: Path
    stages: Mapping[str, Stage]
    profiles: Mapping[str, Profile]
    skips: tuple[Skip, ...]


def load_gate(file: Path, options: Mapping[str, Option] | None = None) -> GateConfig:
    """The gate in `file`; options: those of the service, the only ones that a stage's `when` may name. None: any.

    Raises YamlFaults with everything that is wrong with it.
    """
    reader = Reader(load(file))
    if not reader.mapping((), required=("stages", "profiles"), optional=("skips",)):
        reader.finish()
    stages = {name: _stage(reader, ("stages", name), name, options) for name in reader.keys(("stages",))}
    profiles = {name: _profile(reader, ("profiles", name), name, stages) for name in reader.keys(("profiles",))}
    skips = tuple(_skip(reader, path, stages) for path in reader.items(("skips",)))
    reader.finish()
    return GateConfig(file, stages, profiles, skips)


def _stage(reader: Reader, path: KeyPath, name: str, options: Mapping[str, Option] | None) -> Stage:
    kind = reader.text((*path, "kind"))
    if kind and kind not in _FIELDS:
        reader.fault((*path, "kind"), "no such kind of stage", value=kind, remedy=f"known here: {', '.join(_FIELDS)}")
        return Stage(name, "command", 1.0)
    required, optional = _FIELDS.get(kind, ((), ()))
    reader.mapping(path, required=("kind", *required), optional=(*optional, "when", "otherwise"))
    if reader.has((*path, "when")) != reader.has((*path, "otherwise")):
        reader.fault(path, "`when` and `otherwise` belong together: no stage is left out without a reason", at_key=True)
    return Stage(
        name=name,
        kind=kind,
        timeout_s=reader.seconds((*path, "timeout_s"), _NEVER_S),
        argv=_argv(reader, (*path, "argv"), needed="argv" in required),
        require=tuple(
            read_assertion(reader, item)
            for item in reader.items((*path, "require"), least=1 if "require" in required else 0)
        ),
        paths=reader.texts((*path, "paths"), least=1 if "paths" in required else 0),
        arguments=_argv(reader, (*path, "arguments"), needed=False),
        file=reader.text((*path, "file")),
        max_age_days=_days(reader, (*path, "max_age_days")),
        when=_when(reader, (*path, "when"), options),
        otherwise=reader.text((*path, "otherwise")),
    )


def _days(reader: Reader, path: KeyPath) -> float:
    value = reader.raw(path)
    if not reader.has(path):
        return 0.0
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
        reader.fault(path, "must be a number of days greater than 0", value=value)
        return 0.0
    return float(value)


def _when(reader: Reader, path: KeyPath, options: Mapping[str, Option] | None) -> Condition:
    """A condition on the service's options; a value that no option can have would be a stage that never runs."""
    if options is None:
        return read_condition(reader, path, reader.keys(path))
    condition = read_condition(reader, path, options)
    for name, values in condition.items():
        choices = options[name].choices if name in options else ()
        for value in values:
            if choices and value != "*" and value not in choices:
                reader.fault((*path, name), "no such choice", value=value, remedy=f"known: {', '.join(choices)}")
    return condition


def _argv(reader: Reader, path: KeyPath, *, needed: bool) -> tuple[str, ...]:
    argv = reader.texts(path, least=1 if needed else 0)
    for index, text in enumerate(argv):
        for name in unknown_placeholders(text):
            if name != "python":
                reader.fault((*path, index), f"unknown placeholder {{{name}}}", value=text)
    return argv


def _profile(reader: Reader, path: KeyPath, name: str, stages: Mapping[str, Stage]) -> Profile:
    reader.mapping(path, required=("stages", "on_failure"), optional=("junit",))
    chosen = reader.texts((*path, "stages"), least=1)
    for index, stage in enumerate(chosen):
        if stage and stage not in stages:
            known = ", ".join(stages) or "none"
            reader.fault((*path, "stages", index), "no such stage", value=stage, remedy=f"known here: {known}")
    on_failure = reader.text((*path, "on_failure"), "stop")
    if on_failure not in {"stop", "go_on"}:
        reader.fault((*path, "on_failure"), "must be stop or go_on", value=on_failure)
    return Profile(name, chosen, on_failure == "stop", reader.text((*path, "junit")) or None)


def _skip(reader: Reader, path: KeyPath, stages: Mapping[str, Stage]) -> Skip:
    reader.mapping(path, required=("stage", "reason", "until"))
    stage = reader.text((*path, "stage"))
    if stage and stage not in stages:
        reader.fault((*path, "stage"), "no such stage", value=stage)
    until = dt.date.min
    text = reader.text((*path, "until"))
    try:
        until = dt.date.fromisoformat(text)
    except ValueError:
        if text:
            reader.fault((*path, "until"), "must be a day", value=text, remedy='for example "2026-12-31"')
    return Skip(stage, reader.text((*path, "reason")), until)
