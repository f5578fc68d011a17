"""Reading one file against a schema: everything that is wrong with it, and its values where nothing is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from risk_manager.config.tree import Tree
from risk_manager.config.words import faults_of
from service_contract.yaml_lines import Fault, examine


class Read(NamedTuple):
    """A file: its tree where it has values at all, and the faults found while reading it."""

    file: Path
    tree: Tree | None
    faults: tuple[Fault, ...]

    def at(self, *path: str | int) -> object:
        """The raw value at a path; None where there is none."""
        return self.tree.at(path) if self.tree else None


def read(file: Path, *, template: str) -> Read:
    """Read a YAML file; never raises for what stands in it. template: the shipped file to copy where there is none."""
    document, faults = examine(file, template=f"config/{template}")
    return Read(file, Tree.of(document) if document else None, faults)


def judge(tree: Tree, model: type[BaseModel]) -> tuple[Any, Sequence[Fault]]:
    """The values as the schema's model, or None and the faults."""
    try:
        return model.model_validate(tree.value), ()
    except ValidationError as error:
        return None, tuple(faults_of(tree, error, model))


def names_in(value: object) -> list[str] | None:
    """The keys of a raw block; None where it is not one, so that nothing is concluded from its absence."""
    return list(value) if isinstance(value, Mapping) else None
