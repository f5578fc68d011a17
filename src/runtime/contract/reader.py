"""Reads a `service.yaml` into a Contract, strictly, and reports all of its faults at once."""

import re
from collections.abc import Collection
from pathlib import Path

from runtime.assertions import Assertion, Relation
from runtime.causes.catalogue import CAUSES
from runtime.contract.expand import PLACEHOLDERS, unknown_placeholders
from runtime.contract.harness import read_harness
from runtime.contract.model import (
    Companion,
    Condition,
    Contract,
    Deadlines,
    ListReference,
    Option,
    Outcome,
    Step,
)
from runtime.contract.shadow import read_shadow
from runtime.contract.soak import read_soak
from runtime.observing.launch import takes_agent
from runtime.yaml_fields import Reader
from service_contract.yaml_lines import KeyPath, load

_REQUIRED = ("name", "argv", "checkpoints", "ready", "log")
_OPTIONAL = (
    "env", "companions", "agent", "outcome", "deadlines", "metrics", "state_dir", "probes", "options", "page",
    "entry_points", "production", "remedies", "story", "soak", "harness", "shadow",
)  # fmt: skip
_STATE_DIR = "{run_dir}/state"
_ENV_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
_LIST_REFERENCE = re.compile(r"([1-9][0-9]*)\.detail\.([a-z_][a-z0-9_]*)")
_ENTRY_POINT = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def load_contract(file: Path) -> Contract:
    """The contract in `file`. Raises YamlFaults with everything that is wrong with it."""
    reader = Reader(load(file))
    contract = _contract(reader, file)
    reader.finish()
    return contract


def _contract(reader: Reader, file: Path) -> Contract:
    if not reader.mapping((), required=_REQUIRED, optional=_OPTIONAL):
        reader.finish()
    options = {name: _option(reader, ("options", name), name) for name in reader.keys(("options",))}
    steps = tuple(_step(reader, path, number) for number, path in enumerate(reader.items(("checkpoints",), least=1), 1))
    probes = {name: _argv(reader, ("probes", name)) for name in reader.keys(("probes",))}
    companions = _companions(reader, ("companions",), options)
    _distinct(reader, ("checkpoints",), [step.name for step in steps])
    metrics = reader.text_map(("metrics",))
    ready = _ready(reader, [step.name for step in steps])
    return Contract(
        file=file,
        name=reader.text(("name",)),
        argv=_argv(reader, ("argv",)),
        env=_environment(reader, ("env",)),
        companions=companions,
        agent=_agent(reader),
        production=read_condition(reader, ("production",), options),
        steps=steps,
        ready=ready,
        outcomes=_outcomes(reader, len(steps), probes, options),
        deadlines=_deadlines(reader),
        metrics=metrics,
        log=_template(reader, ("log",)),
        state_dir=_template(reader, ("state_dir",)) or _STATE_DIR,
        probes=probes,
        options=options,
        page=_argv(reader, ("page",)) if reader.has(("page",)) else (),
        entry_points=_entry_points(reader),
        remedies={cause: _remedy(reader, ("remedies", cause), cause) for cause in reader.keys(("remedies",))},
        story=reader.texts(("story",)),
        soak=read_soak(reader, metrics, options),
        harness=read_harness(reader),
        shadow=read_shadow(
            reader,
            companions=_companions(reader, ("shadow", "companions"), options),
            candidate=_argv(reader, ("shadow", "candidate")) if reader.has(("shadow", "candidate")) else (),
            assertion=lambda path: read_assertion(reader, path),
            probes=probes,
            metrics=metrics,
            options=options,
        ),
    )


def _ready(reader: Reader, names: list[str]) -> int:
    """The number of the checkpoint that `ready` names or numbers."""
    named = reader.raw(("ready",))
    if isinstance(named, str):
        _known(reader, ("ready",), reader.text(("ready",)), names, "checkpoint")
        return names.index(named) + 1 if named in names else 1
    ready = reader.integer(("ready",), least=1, default=1)
    if ready > len(names):
        reader.fault(("ready",), f"there are only {len(names)} checkpoints", value=ready)
    return ready


def _agent(reader: Reader) -> bool:
    agent = reader.boolean(("agent",), default=False)
    if agent and not takes_agent(reader.texts(("argv",))):
        remedy = 'argv must begin with "{python}" and then a file or -m and a module; otherwise agent: false'
        reader.fault(("agent",), "the agent launches Python programs only", value=agent, remedy=remedy)
    return agent


def _step(reader: Reader, path: KeyPath, number: int) -> Step:
    """One checkpoint. Of one that is only a name, the log line holds the name, and it comes after the one before it."""
    if isinstance(reader.raw(path), str):
        name = reader.text(path)
        return Step(number, name, name, number - 1 or None, None, {}, None, ())
    optional = ("n", "log", "after", "once_for_each", "detail", "budget_s", "missing")
    reader.mapping(path, required=("name",), optional=optional)
    n = reader.integer((*path, "n"), least=1, default=number)
    if n != number:
        reader.fault((*path, "n"), f"checkpoints are numbered from 1 without a gap; this one is {number}", value=n)
    after = reader.integer((*path, "after"), least=1) if reader.has((*path, "after")) else None
    if after is not None and after >= number:
        reader.fault((*path, "after"), "must be an earlier checkpoint", value=after)
    detail = {key: reader.raw((*path, "detail", key)) for key in reader.keys((*path, "detail"))}
    missing = reader.texts((*path, "missing"))
    for index, cause in enumerate(missing):
        _known(reader, (*path, "missing", index), cause, CAUSES, "cause")
    return Step(
        n=number,
        name=reader.text((*path, "name")),
        log=reader.text((*path, "log")) or reader.text((*path, "name")),
        after=after,
        once_for_each=_list_reference(reader, (*path, "once_for_each"), number),
        detail=detail,
        budget_s=reader.seconds((*path, "budget_s"), 0.0) or None,
        missing=missing,
    )


def _list_reference(reader: Reader, path: KeyPath, number: int) -> ListReference | None:
    text = reader.text(path)
    if not text:
        return None
    match = _LIST_REFERENCE.fullmatch(text)
    if not match or int(match[1]) >= number:
        remedy = "for example 4.detail.rules"
        reader.fault(path, "must name a list in the detail of an earlier checkpoint", value=text, remedy=remedy)
        return None
    return ListReference(int(match[1]), match[2])


def _companions(reader: Reader, path: KeyPath, options: Collection[str]) -> tuple[Companion, ...]:
    companions = tuple(_companion(reader, item, options) for item in reader.items(path))
    _distinct(reader, path, [companion.name for companion in companions])
    return companions


def _companion(reader: Reader, path: KeyPath, options: Collection[str]) -> Companion:
    reader.mapping(path, required=("name", "argv"), optional=("env", "when"))
    return Companion(
        name=reader.text((*path, "name")),
        argv=_argv(reader, (*path, "argv")),
        env=_environment(reader, (*path, "env")),
        when=read_condition(reader, (*path, "when"), options),
    )


def _outcomes(reader: Reader, steps: int, probes: Collection[str], options: Collection[str]) -> tuple[Outcome, ...]:
    """What must come out; where nothing is said, the last checkpoint must be reached."""
    if not reader.has(("outcome",)):
        return (Outcome("any", steps, None, None, (), {}, None),)
    names = reader.keys(("outcome",))
    outcomes = tuple(_outcome(reader, name, steps=steps, probes=probes, options=options) for name in names)
    if not any(not outcome.when for outcome in outcomes):
        reader.fault(("outcome",), "needs at least one entry without `when`, for runs that choose nothing")
    return outcomes


def _outcome(
    reader: Reader, scenario: str, *, steps: int, probes: Collection[str], options: Collection[str]
) -> Outcome:
    path: KeyPath = ("outcome", scenario)
    reader.mapping(path, required=("checkpoint",), optional=("phase", "probe", "require", "when", "said"))
    checkpoint = reader.integer((*path, "checkpoint"), least=1, default=1)
    if checkpoint > steps:
        reader.fault((*path, "checkpoint"), f"there are only {steps} checkpoints", value=checkpoint)
    probe = reader.text((*path, "probe")) or None
    if probe is not None:
        _known(reader, (*path, "probe"), probe, probes, "probe")
    require = tuple(read_assertion(reader, item) for item in reader.items((*path, "require")))
    if (probe is None) != (not require):
        reader.fault(path, "`probe` and `require` belong together: what is asked must be able to fail", at_key=True)
    return Outcome(
        scenario=scenario,
        checkpoint=checkpoint,
        phase=reader.text((*path, "phase")) or None,
        probe=probe,
        require=require,
        when=read_condition(reader, (*path, "when"), options),
        said=reader.text((*path, "said")) or None,
    )


def read_assertion(reader: Reader, path: KeyPath) -> Assertion:
    """One claim about a JSON document."""
    relations = [relation.value for relation in Relation]
    reader.mapping(path, required=("at",), optional=("where", *relations))
    at = reader.text((*path, "at"))
    if at and not at.startswith("/"):
        reader.fault((*path, "at"), "must be a JSON pointer", value=at, remedy="for example /orders")
    given = [relation for relation in Relation if reader.has((*path, relation.value))]
    if len(given) != 1:
        reader.fault(path, f"needs exactly one of {', '.join(relations)}")
    relation = given[0] if given else Relation.EQUALS
    where = {key: reader.raw((*path, "where", key)) for key in reader.keys((*path, "where"))}
    if relation is Relation.EQUALS:
        if where:
            reader.fault((*path, "where"), "`where` selects entries of a list; count them with count or at_least")
        return Assertion(at, relation, reader.raw((*path, relation.value)), where)
    return Assertion(at, relation, reader.integer((*path, relation.value), least=0), where)


def _option(reader: Reader, path: KeyPath, name: str) -> Option:
    if isinstance(reader.raw(path), str):
        env = _env_name(reader, path, reader.text(path))
        return Option(name, env, None, (), None, "")
    reader.mapping(path, required=("env",), optional=("default", "choices", "file", "hint"))
    default = reader.text((*path, "default")) or None
    choices = reader.texts((*path, "choices"))
    if default and choices:
        _known(reader, (*path, "default"), default, choices, "choice")
    file = reader.text((*path, "file")) or None
    if file is not None and "{value}" not in file:
        reader.fault((*path, "file"), "must hold {value}", value=file)
    env = _env_name(reader, (*path, "env"), reader.text((*path, "env")))
    return Option(name, env, default, choices, file, reader.text((*path, "hint")))


def _deadlines(reader: Reader) -> Deadlines:
    path: KeyPath = ("deadlines",)
    names = ("smoke_s", "companion_s", "probe_s", "settle_s", "stop_s")
    if reader.has(path):
        reader.mapping(path, required=(), optional=names)
    return Deadlines(
        smoke_s=reader.seconds((*path, "smoke_s"), 8.0),
        companion_s=reader.seconds((*path, "companion_s"), 5.0),
        probe_s=reader.seconds((*path, "probe_s"), 5.0),
        settle_s=reader.seconds((*path, "settle_s"), 1.0),
        stop_s=reader.seconds((*path, "stop_s"), 3.0),
    )


def read_condition(reader: Reader, path: KeyPath, options: Collection[str]) -> Condition:
    """Options and the values under which something applies."""
    condition: dict[str, tuple[str, ...]] = {}
    for name in reader.keys(path):
        here = (*path, name)
        _known(reader, here, name, options, "option")
        value = reader.raw(here)
        condition[name] = reader.texts(here, least=1) if isinstance(value, list) else (reader.text(here),)
    return condition


def _entry_points(reader: Reader) -> dict[str, str]:
    points = reader.text_map(("entry_points",))
    for name, point in points.items():
        if point and not _ENTRY_POINT.fullmatch(point):
            reader.fault(("entry_points", name), "must be package.module:name", value=point)
    return points


def _remedy(reader: Reader, path: KeyPath, cause: str) -> tuple[str, ...]:
    _known(reader, path, cause, CAUSES, "cause")
    return tuple(_template(reader, item) for item in reader.items(path, least=1))


def _argv(reader: Reader, path: KeyPath) -> tuple[str, ...]:
    return tuple(_template(reader, item) for item in reader.items(path, least=1))


def _environment(reader: Reader, path: KeyPath) -> dict[str, str]:
    for name in reader.keys(path):
        _env_name(reader, (*path, name), name)
    return {name: _template(reader, (*path, name)) for name in reader.keys(path)}


def _template(reader: Reader, path: KeyPath) -> str:
    text = reader.text(path)
    for name in unknown_placeholders(text):
        remedy = f"known here: {', '.join(PLACEHOLDERS)}"
        reader.fault(path, f"unknown placeholder {{{name}}}", value=text, remedy=remedy)
    return text


def _env_name(reader: Reader, path: KeyPath, name: str) -> str:
    if name and not _ENV_NAME.fullmatch(name):
        reader.fault(path, "must be the name of an environment variable", value=name)
    return name


def _known(reader: Reader, path: KeyPath, value: str, known: Collection[str], what: str) -> None:
    if value and value not in known:
        reader.fault(path, f"no such {what}", value=value, remedy=f"known here: {', '.join(known) or 'none'}")


def _distinct(reader: Reader, path: KeyPath, names: list[str]) -> None:
    for index, name in enumerate(names):
        if name and name in names[:index]:
            reader.fault((*path, index, "name"), "this name is used twice", value=name)
