"""`gate.yaml` as a frozen GateConfig: the stages, the profiles that choose among them, and what is skipped."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.expand import unknown_placeholders
from runtime.yaml_fields import Reader
from service_contract.yaml_lines import KeyPath, load

KINDS = ("command", "smoke", "pytest", "lock")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. argv: for `command` and `smoke`. paths, arguments: for `pytest`. file: for `lock`."""

    name: str
    kind: str
    timeout_s: float
    argv: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    file: str = ""


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


def load_gate(file: Path) -> GateConfig:
    """The gate in `file`. Raises YamlFaults with everything that is wrong with it."""
    reader = Reader(load(file))
    if not reader.mapping((), required=("stages", "profiles"), optional=("skips",)):
        reader.finish()
    stages = {name: _stage(reader, ("stages", name), name) for name in reader.keys(("stages",))}
    profiles = {name: _profile(reader, ("profiles", name), name, stages) for name in reader.keys(("profiles",))}
    skips = tuple(_skip(reader, path, stages) for path in reader.items(("skips",)))
    reader.finish()
    return GateConfig(file, stages, profiles, skips)


_FIELDS = {
    "command": (("argv",), ()),
    "smoke": (("argv",), ()),
    "pytest": (("paths",), ("arguments",)),
    "lock": (("file",), ()),
}


def _stage(reader: Reader, path: KeyPath, name: str) -> Stage:
    kind = reader.text((*path, "kind"))
    if kind and kind not in KINDS:
        reader.fault((*path, "kind"), "no such kind of stage", value=kind, remedy=f"known here: {', '.join(KINDS)}")
        return Stage(name, "command", 1.0)
    required, optional = _FIELDS.get(kind, ((), ()))
    reader.mapping(path, required=("kind", "timeout_s", *required), optional=optional)
    return Stage(
        name=name,
        kind=kind,
        timeout_s=reader.seconds((*path, "timeout_s"), 1.0),
        argv=_argv(reader, (*path, "argv"), needed="argv" in required),
        paths=reader.texts((*path, "paths"), least=1 if "paths" in required else 0),
        arguments=_argv(reader, (*path, "arguments"), needed=False),
        file=reader.text((*path, "file")),
    )


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
