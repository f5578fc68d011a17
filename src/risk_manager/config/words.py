"""What is wrong with a file, in our words: the schema's errors become faults with place, value and remedy."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from risk_manager.config.tree import Tree
from risk_manager.config.values import Clash, Clashes, Hidden, Refused, did_you_mean, shown, what
from service_contract.yaml_lines import Fault, KeyPath

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SECRET = re.compile(r"key|passw|secret|token|credential|^url$", re.IGNORECASE)


def faults_of(tree: Tree, error: ValidationError, model: type[BaseModel]) -> Iterator[Fault]:
    """Every error as a fault; what was refused while its file was read has its fault already."""
    for details in error.errors(include_url=False, include_context=True):
        path: KeyPath = tuple(details["loc"])
        is_key = path[-1:] == ("[key]",)
        path = path[:-1] if is_key else path
        if not tree.is_refused(path):
            clashes = details.get("ctx", {}).get("error")
            if isinstance(clashes, Clashes):
                yield from (_clash(tree, path, clash) for clash in clashes.clashes)
            else:
                yield _fault(tree, details, path, model, is_key=is_key)


def _clash(tree: Tree, block: KeyPath, clash: Clash) -> Fault:
    path = (*block, *clash.path)
    value = "" if clash.at_key else shown(tree.at(path))
    fault = tree.fault(path, clash.message, value=value, remedy=clash.remedy, at_key=clash.at_key)
    return _without_its_line(fault) if clash.hidden else fault


def _fault(
    tree: Tree,
    details: "ErrorDetails",
    path: KeyPath,
    model: type[BaseModel],
    *,
    is_key: bool,
) -> Fault:
    value = details["input"]
    match details["type"]:
        case "missing":
            says = _description(model, path)
            return tree.fault(path, "is missing", remedy=f"add it: {says}" if says else "add it", at_key=True)
        case "extra_forbidden":
            remedy = did_you_mean(path[-1], _keys(model, path[:-1]), what_is_known="known keys here")
            fault = tree.fault(path, "is not a known key", remedy=remedy, at_key=True)
            return _as_credential(fault) if _SECRET.search(str(path[-1])) else fault
        case "value_error":
            refused = details["ctx"]["error"]
            if not isinstance(refused, Refused):
                raise refused
            if isinstance(refused, Hidden):
                return _without_its_line(tree.fault(path, refused.message, remedy=refused.remedy, at_key=is_key))
            return tree.fault(path, refused.message, value=shown(value), remedy=refused.remedy, at_key=is_key)
        case "model_type" | "dict_type":
            keys = ", ".join(_keys(model, path))
            remedy = f"keys: {keys}" if keys else "write `key: value` lines, indented"
            return tree.fault(path, f"must be a block of keys, not {what(value)}", value=shown(value), remedy=remedy)
        case "list_type":
            return tree.fault(path, f"must be a list, not {what(value)}", value=shown(value), remedy="write - lines")
        case other:
            raise NotImplementedError(f"no words for {other}: {details['msg']}")


def _as_credential(fault: Fault) -> Fault:
    """A key that looks like a credential: its value is not shown again."""
    remedy = "credentials come from the environment or .env, never from YAML; this one has been seen: replace it"
    return replace(_without_its_line(fault), remedy=remedy)


def _without_its_line(fault: Fault) -> Fault:
    return replace(fault, place=replace(fault.place, text="") if fault.place else None)


def _keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    inner = _annotation(model, path)
    return list(inner.model_fields) if _is_model(inner) else []


def _description(model: type[BaseModel], path: KeyPath) -> str:
    holder = _annotation(model, path[:-1])
    return holder.model_fields[str(path[-1])].description or "" if _is_model(holder) else ""


def _annotation(annotation: Any, path: KeyPath) -> Any:  # noqa: ANN401 -- an annotation may be any type form
    """The type that the schema has at `path`."""
    for key in path:
        if _is_model(annotation):
            field = annotation.model_fields.get(str(key))
            annotation = field.annotation if field else None
        elif get_origin(annotation) in {dict, list}:
            annotation = get_args(annotation)[-1]
        else:
            return None
    return annotation


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
