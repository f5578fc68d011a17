"""The values of a file, joined with the overrides of an account, which still knows the place of each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from service_contract.yaml_lines import Document, Fault, KeyPath


@dataclass(frozen=True, slots=True)
class Layer:
    """A part of a document that stands in the tree: what the tree has under `at`, the document has under `of`."""

    document: Document
    at: KeyPath = ()
    of: KeyPath = ()

    def inside(self, path: KeyPath) -> KeyPath | None:
        """The path in the document for a path of the tree; None where this layer has nothing to do with it."""
        if path[: len(self.at)] != self.at:
            return None
        return (*self.of, *path[len(self.at) :])


class Tree:
    """Values with their places. Later layers win."""

    def __init__(self, value: object, layers: Sequence[Layer]) -> None:
        self.value = value
        self._layers = tuple(layers)
        self.document = self._layers[0].document

    @classmethod
    def of(cls, document: Document) -> "Tree":
        """The tree of one file."""
        return cls(exact(document), [Layer(document)])

    def with_override(self, document: Document, override: object, *, at: KeyPath, of: KeyPath) -> "Tree":
        """The same tree with `override`, which stands in `document` at `of`, laid over what stands at `at`."""
        value: object = override
        for key in reversed(at):
            value = {key: value}
        return Tree(_merge(self.value, value), [*self._layers, Layer(document, at, of)])

    def fault(
        self, path: KeyPath, message: str, *, value: object = "", remedy: str = "", at_key: bool = False
    ) -> Fault:
        """A fault at `path`, in the file that has it."""
        document, inside = self._where(path)
        return document.fault(inside, message, value=value, remedy=remedy, at_key=at_key)

    def is_refused(self, path: KeyPath) -> bool:
        """Has the value at `path` (or what it is part of) been refused already when its file was read?"""
        document, inside = self._where(path)
        return any(inside[:depth] in document.refused for depth in range(len(inside) + 1))

    def at(self, path: KeyPath) -> object:
        """The value at `path`; None where there is none."""
        value = self.value
        for key in path:
            if isinstance(value, Mapping):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
            else:
                return None
        return value

    def _where(self, path: KeyPath) -> tuple[Document, KeyPath]:
        """The latest layer that has the whole path; else the first of those that have most of it."""
        best: tuple[int, Document, KeyPath] | None = None
        for layer in self._layers:
            inside = layer.inside(path)
            if inside is None:
                continue
            missing = _missing_parts(layer.document, inside)
            if best is None or missing < best[0] or missing == 0:
                best = missing, layer.document, inside
        if best is None:
            raise LookupError(f"no layer holds {path}")
        return best[1], best[2]


def exact(document: Document) -> object:
    """The document's values with every decimal as it was written, never through a float."""
    return _exact(document.value, (), document.decimals)


def _exact(value: object, path: KeyPath, decimals: Mapping[KeyPath, str]) -> object:
    if isinstance(value, dict):
        return {key: _exact(child, (*path, key), decimals) for key, child in value.items()}
    if isinstance(value, list):
        return [_exact(child, (*path, index), decimals) for index, child in enumerate(value)]
    return Decimal(decimals[path]) if isinstance(value, float) else value


def _merge(base: object, override: object) -> object:
    if not isinstance(base, dict) or not isinstance(override, dict):
        return override
    return {**base, **{key: _merge(base.get(key), child) for key, child in override.items()}}


def _missing_parts(document: Document, path: KeyPath) -> int:
    for missing in range(len(path) + 1):
        if path[: len(path) - missing] in document.places:
            return missing
    return len(path) + 1
