"""The strict schema of the files, as pydantic models made from tables of keys.

A rule's block is derived from the annotated fields of its `Params`, so that a parameter is declared once: its key, its
unit, its sign, its default and the sentence that explains it. Unknown keys are refused everywhere.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, create_model, model_validator

from risk_manager.config import values
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.params import (
    Choice,
    Count,
    Duration,
    Flag,
    Money,
    Nested,
    NestedList,
    Parameter,
    SessionRef,
    SymbolCounts,
    SymbolGlobs,
)

REQUIRED: Any = ...
Check = Callable[[Any], Iterator[values.Clash]]


class Key(NamedTuple):
    """One key of a block: how its value is read (a reader, or the type of an inner block), its default, what it says.

    A default stands in the unit that it has inside.
    """

    form: Any
    default: Any = REQUIRED
    says: str = ""


class Known(NamedTuple):
    """What a value may refer to. None stands for a file that could not be read: then the reference is not judged."""

    symbols: Collection[str] | None
    sessions: Collection[str] | None
    groups: Collection[str] | None = None


class RuleField(NamedTuple):
    """A field of a rule's `Params`: its name inside, its parameter, its default."""

    name: str
    parameter: Parameter
    default: Any


def read_by(reader: values.Reader) -> Any:  # noqa: ANN401 -- a type form, which has no type of its own
    """The type form of a value that `reader` reads."""
    return Annotated[Any, PlainValidator(reader)]


def block(name: str, keys: Mapping[str, Key], check: Check | None = None) -> type[BaseModel]:
    """A block of keys, none of which may be unknown. check: is asked for clashes once every value is well in itself."""
    fields: dict[str, Any] = {
        key: (_form(form), Field(default, description=says)) for key, (form, default, says) in keys.items()
    }
    validators: dict[str, Any] = {"clashes": model_validator(mode="after")(_raising(check))} if check else {}
    config = ConfigDict(strict=True, extra="forbid", frozen=True)
    return create_model(name, __config__=config, __validators__=validators, **fields)


def _raising(check: Check) -> Callable[[Any], Any]:
    def validate(found: Any) -> Any:  # noqa: ANN401 -- a model or a dict of models made at run time
        clashes = list(check(found))
        if clashes:
            raise values.Clashes(clashes)
        return found

    return validate


def map_of(form: Any, key: values.Reader = values.text, check: Check | None = None) -> Any:  # noqa: ANN401 -- a type form
    """A block whose keys are names given by the user."""
    inner: Any = _form(form)
    name: Any = read_by(key)
    return Annotated[dict[name, inner], AfterValidator(_raising(check))] if check else dict[name, inner]


def list_of(form: Any) -> Any:  # noqa: ANN401 -- a type form
    """A list of values of one form."""
    inner: Any = _form(form)
    return list[inner]


def _form(form: Any) -> Any:  # noqa: ANN401 -- a type form, or the reader of one
    is_reader = callable(form) and not isinstance(form, type) and not hasattr(form, "__origin__")
    return read_by(form) if is_reader else form


def rule_fields(rule: RuleDefinition) -> list[RuleField]:
    """The parameters of a rule, from its `Params`. Raises TypeError for a field that does not say what it is."""
    return fields_of(rule.params)


def fields_of(params: type[Any]) -> list[RuleField]:
    """The parameters that a frozen dataclass declares. Raises TypeError for a field that does not say what it is."""
    hints = get_type_hints(params, include_extras=True)
    found = []
    for field in dataclasses.fields(params):
        marks = [mark for mark in getattr(hints[field.name], "__metadata__", ()) if isinstance(mark, Parameter)]
        if len(marks) != 1:
            raise TypeError(f"{params.__module__}: field {field.name} must be annotated with one parameter kind")
        default: Any = REQUIRED
        if field.default is not dataclasses.MISSING:
            default = field.default
        elif field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        found.append(RuleField(field.name, marks[0], default))
    return found


def rules_block(rules: Sequence[RuleDefinition], known: Known) -> type[BaseModel]:
    """The block `rules`: one optional block for each rule that there is."""
    keys = {}
    for rule in rules:
        inner = {"enabled": Key(values.flag, says="true or false"), **_keys_of(rule.params, known)}
        keys[rule.key] = Key(block(rule.key, inner, check=_check_of(rule)), None)
    return block("rules", keys, check=_none_enabled)


def _keys_of(params: type[Any], known: Known) -> dict[str, Key]:
    return {
        field.parameter.yaml: Key(_parameter_form(field.parameter, known), field.default, field.parameter.says)
        for field in fields_of(params)
    }


def values_of(rule: RuleDefinition, found: Any) -> dict[str, Any]:  # noqa: ANN401 -- a model made at run time
    """The values of a rule's block by the names of its `Params`. Raises ValueError where a nested block refuses."""
    return _values_by_name(rule.params, found)


def _values_by_name(params: type[Any], found: Any) -> dict[str, Any]:  # noqa: ANN401 -- a model made at run time
    return {field.name: _made(field.parameter, getattr(found, field.parameter.yaml)) for field in fields_of(params)}


def _made(parameter: Parameter, value: Any) -> Any:  # noqa: ANN401 -- a value of whatever kind
    """A value as `Params` takes it: a block becomes the dataclass it stands for. A default is one already."""
    if isinstance(parameter, Nested) and value is not None and not isinstance(value, parameter.of):
        return parameter.of(**_values_by_name(parameter.of, value))
    if isinstance(parameter, NestedList):
        return tuple(parameter.of(**_values_by_name(parameter.of, each)) for each in value)
    return value


def session_fields(rule: RuleDefinition) -> frozenset[str]:
    """Which parameters of a rule name a session, and can only be had with a calendar."""
    return frozenset(field.name for field in rule_fields(rule) if isinstance(field.parameter, SessionRef))


def _check_of(rule: RuleDefinition) -> Check:
    """A rule refuses parameters that contradict each other by raising ValueError when its `Params` are made."""

    def check(found: Any) -> Iterator[values.Clash]:  # noqa: ANN401 -- a model made at run time
        if session_fields(rule):
            return
        try:
            rule.params(**values_of(rule, found))
        except ValueError as error:
            yield values.Clash((), str(error), "see its page in the reference", at_key=True)

    return check


def _none_enabled(found: BaseModel) -> Iterator[values.Clash]:
    given = [getattr(found, key) for key in type(found).model_fields]
    if not any(rule is not None and rule.enabled for rule in given):
        yield values.Clash((), "has no enabled rule: nothing would be guarded", "set enabled: true in one", at_key=True)


def _parameter_form(parameter: Parameter, known: Known) -> Any:  # noqa: ANN401 -- a type form
    make = _FORMS.get(type(parameter))
    if make is None:
        raise TypeError(f"no reader for the parameter kind {type(parameter).__name__}")
    return make(parameter, known)


def _nested(parameter: Nested | NestedList, known: Known) -> type[BaseModel]:
    return block(parameter.yaml, _keys_of(parameter.of, known))


def _name_of(known: Collection[str] | None, kind: str) -> values.Reader:
    return values.text if known is None else values.name_among(known, kind=kind)


_FORMS: dict[type[Parameter], Callable[[Any, Known], Any]] = {
    Money: lambda parameter, _: values.money(parameter.sign),
    Count: lambda parameter, _: values.count(parameter.least),
    Flag: lambda _parameter, _: values.flag,
    Choice: lambda parameter, _: values.choice(parameter.options),
    SymbolCounts: lambda parameter, known: map_of(
        values.count(parameter.least), key=_name_of(known.symbols, "symbols in instruments.yaml")
    ),
    SessionRef: lambda _, known: _name_of(known.sessions, "configured sessions"),
    SymbolGlobs: lambda _parameter, _: values.symbol_globs,
    Duration: lambda parameter, _: values.duration(parameter.least_ns, parameter.most_ns),
    Nested: _nested,
    NestedList: lambda parameter, known: list_of(_nested(parameter, known)),
}
