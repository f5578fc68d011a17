"""Reads the `soak` section of a service.yaml, strictly."""

from collections.abc import Mapping

from runtime.contract.model import Option
from runtime.soak.plan import OUTSIDE_UNITS, Kind, SoakPlan, Threshold
from runtime.yaml_fields import Reader
from service_contract.yaml_lines import KeyPath

_PATH: KeyPath = ("soak",)
_OPTIONAL = ("options", "duration_s", "sample_s", "events", "thresholds")


def read_soak(reader: Reader, metrics: Mapping[str, str], options: Mapping[str, Option]) -> SoakPlan:
    """The plan; a file without the section gets the one that suits any service."""
    plan = SoakPlan()
    if not reader.has(_PATH):
        return plan
    reader.mapping(_PATH, required=(), optional=_OPTIONAL)
    events = reader.text((*_PATH, "events")) or None
    if events is not None and events not in metrics:
        known = ", ".join(metrics) or "none"
        reader.fault((*_PATH, "events"), "no such metric", value=events, remedy=f"declared here: {known}")
    thresholds = plan.thresholds
    if reader.has((*_PATH, "thresholds")):
        paths = reader.items((*_PATH, "thresholds"), least=1)
        thresholds = tuple(_threshold(reader, path, metrics) for path in paths)
        _distinct(reader, thresholds)
    return SoakPlan(
        options={name: _choice(reader, name, options) for name in reader.keys((*_PATH, "options"))},
        duration_s=reader.seconds((*_PATH, "duration_s"), plan.duration_s),
        sample_s=reader.seconds((*_PATH, "sample_s"), plan.sample_s),
        events=events,
        thresholds=thresholds,
    )


def _choice(reader: Reader, name: str, options: Mapping[str, Option]) -> str:
    path: KeyPath = (*_PATH, "options", name)
    value = reader.text(path)
    option = options.get(name)
    if option is None:
        reader.fault(path, "no such option", value=name, remedy=f"known here: {', '.join(options) or 'none'}")
    elif option.choices and value and value not in option.choices:
        reader.fault(path, "no such choice", value=value, remedy=f"known here: {', '.join(option.choices)}")
    return value


def _threshold(reader: Reader, path: KeyPath, metrics: Mapping[str, str]) -> Threshold:
    kinds = [kind.value for kind in Kind]
    reader.mapping(path, required=("metric",), optional=("for_s", "least_growth", *kinds))
    metric = reader.text((*path, "metric"))
    if metric and metric not in metrics and metric not in OUTSIDE_UNITS:
        known = ", ".join([*OUTSIDE_UNITS, *metrics])
        reader.fault((*path, "metric"), "no such metric", value=metric, remedy=f"known here: {known}")
    given = [kind for kind in Kind if reader.has((*path, kind.value))]
    if len(given) != 1:
        reader.fault(path, f"needs exactly one of {', '.join(kinds)}")
    kind = given[0] if given else Kind.AT_MOST
    if reader.has((*path, "for_s")) and kind not in (Kind.AT_MOST, Kind.AT_LEAST):
        reader.fault((*path, "for_s"), "goes with at_most and at_least only", at_key=True)
    if reader.has((*path, "least_growth")) and kind is not Kind.SLOPE:
        reader.fault((*path, "least_growth"), "goes with slope_at_most only", at_key=True)
    return Threshold(
        metric=metric,
        kind=kind,
        limit=_number(reader, (*path, kind.value)),
        for_s=reader.seconds((*path, "for_s"), 0.0),
        least_growth=_number(reader, (*path, "least_growth")),
    )


def _number(reader: Reader, path: KeyPath) -> float:
    value = reader.raw(path)
    if value is None and not reader.has(path):
        return 0.0
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        reader.fault(path, "must be a number of at least 0", value=value)
        return 0.0
    return float(value)


def _distinct(reader: Reader, thresholds: tuple[Threshold, ...]) -> None:
    names = [threshold.name for threshold in thresholds]
    for index, name in enumerate(names):
        if name in names[:index]:
            reader.fault((*_PATH, "thresholds", index), "this limit is set twice", value=name)
