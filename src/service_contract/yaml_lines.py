"""YAML that remembers where each value stood, and refuses what YAML 1.1 would silently change.

PyYAML's composer gives nodes with marks; building the values from the nodes ourselves lets us keep every position,
report duplicate keys, and refuse the traps: `NO` is not False here, `1:30` not 90, `0777` not 511, `.nan` not a
number. Aliases are refused whole, because nine lines of them expand to gigabytes.

The text is read with libyaml where PyYAML has it, because that is ten times faster; what it refuses is read again by
PyYAML's own parser, so that the words of a fault are the same on every machine.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from service_contract.yaml_bytes import copy_template, read_text
from service_contract.yaml_faults import Fault, KeyPath, Place, YamlFaults, dotted
from service_contract.yaml_scalars import Refusal, read_plain

__all__ = [
    "Document",
    "Fault",
    "KeyPath",
    "Place",
    "YamlFaults",
    "dotted",
    "examine",
    "examine_text",
    "load",
    "loads",
]

MAX_BYTES = 1_000_000
_MAX_DEPTH = 40

_FAST_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the type of the C loader is not stated by its stubs


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values (dict, list, str, int, float, bool, None) and the place of each.

    decimals: how each float was written, for those who need it exactly.
    refused: values that already have a fault of their own; they stand as None. Empty in a document from `load`.
    """

    file: Path
    value: object
    places: dict[KeyPath, Place]
    key_places: dict[KeyPath, Place]
    decimals: dict[KeyPath, str] = field(default_factory=dict)
    refused: frozenset[KeyPath] = frozenset()

    def place(self, path: KeyPath) -> Place | None:
        """Where the value at `path` stands; for a path that is not in the file, its nearest ancestor's place."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return self.places.get(())

    def key_place(self, path: KeyPath) -> Place | None:
        """Where the key (not its value) stands; for a path that is not in the file, its nearest ancestor's key."""
        while path:
            place = self.key_places.get(path) or (self.places.get(path) if isinstance(path[-1], int) else None)
            if place is not None:
                return place
            path = path[:-1]
        return self.places.get(())

    def fault(
        self, path: KeyPath, message: str, *, value: object = "", remedy: str = "", at_key: bool = False
    ) -> Fault:
        """A fault at `path`, ready to be collected."""
        place = self.key_place(path) if at_key else self.place(path)
        return Fault(self.file, place, dotted(path), message, str(value), remedy)


def load(file: Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """Read and check a YAML file.

    Raises YamlFaults with everything wrong with it: unreadable, a directory, too large, not UTF-8, a syntax error,
    duplicate keys, aliases, tags, and scalars that YAML 1.1 reads as something other than what they look like.
    """
    return _whole(*examine(file, max_bytes=max_bytes))


def loads(text: str, *, file: Path = Path("<text>")) -> Document:
    """The same for a text that is already in memory."""
    return _whole(*examine_text(text, file=file))


def examine(file: Path, *, max_bytes: int = MAX_BYTES, template: str = "") -> tuple[Document | None, tuple[Fault, ...]]:
    """Like `load`, for a caller who has faults of his own to add: what could be read, and the faults found so far.

    The document is None where the text gives no values at all. template: the file to copy where there is none.
    """
    try:
        text = read_text(file, max_bytes, template)
    except YamlFaults as error:
        return None, error.faults
    return examine_text(text, file=file, template=template)


def examine_text(
    text: str, *, file: Path = Path("<text>"), template: str = ""
) -> tuple[Document | None, tuple[Fault, ...]]:
    """The same for a text that is already in memory."""
    builder = _Builder(file, text, template)
    try:
        return builder.build(), builder.sorted_faults()
    except YamlFaults as error:
        return None, error.faults


def _whole(document: Document | None, faults: Sequence[Fault]) -> Document:
    if document is None or faults:
        raise YamlFaults(faults)
    return document


_OPENING = {
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
}
_CLOSING = {yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken}
_NO_ALIASES = ("anchors and aliases are not accepted", "write the value out")
_REFUSED_TOKENS: dict[type, tuple[str, str]] = {
    yaml.AnchorToken: _NO_ALIASES,
    yaml.AliasToken: _NO_ALIASES,
    yaml.TagToken: ("tags are not accepted", "remove the tag; put text in quotes"),
    yaml.DirectiveToken: ("directives are not accepted", "remove the line"),
}


def _remedy(problem: str, place: Place | None) -> str:
    if place and "\t" in place.text[: place.column]:
        return "indent with spaces, not tabs"
    if "single document" in problem:
        return "keep one document in the file; remove the line ---"
    return "check the indentation and the quotes here"


def _order(place: Place | None) -> tuple[int, int]:
    return (place.line, place.column) if place else (0, 0)


class _Builder:
    """Builds values from nodes and collects faults instead of stopping at the first."""

    def __init__(self, file: Path, text: str, template: str) -> None:
        self.file = file
        self.template = template
        self.text = text
        self.lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text)  # where YAML ends a line
        self.faults: list[Fault] = []
        self.places: dict[KeyPath, Place] = {}
        self.key_places: dict[KeyPath, Place] = {}
        self.decimals: dict[KeyPath, str] = {}
        self.refused: set[KeyPath] = set()

    def sorted_faults(self) -> tuple[Fault, ...]:
        """What was found, in order of line and column."""
        return tuple(sorted(self.faults, key=lambda fault: _order(fault.place)))

    def build(self) -> Document:
        """The document; raises YamlFaults where the text gives no values at all."""
        node = self._compose()
        if node is None:
            raise self._no_values("is empty", copy_template(self.file, self.template))
        value = self._value(node, ())
        return Document(self.file, value, self.places, self.key_places, self.decimals, refused=frozenset(self.refused))

    def _no_values(self, message: str, remedy: str, place: Place | None = None) -> YamlFaults:
        return YamlFaults([Fault(self.file, place, "", message, remedy=remedy)])

    def _compose(self) -> yaml.Node | None:
        try:
            return self._compose_with(_FAST_LOADER)
        except yaml.YAMLError:
            return self._compose_in_our_words()

    def _compose_with(self, loader_type: Any) -> yaml.Node | None:  # noqa: ANN401 -- see _FAST_LOADER
        self._refuse_early(loader_type)
        loader = loader_type(self.text)
        try:
            return cast("yaml.Node | None", loader.get_single_node())
        finally:
            loader.dispose()

    def _compose_in_our_words(self) -> yaml.Node | None:
        try:
            return self._compose_with(yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            problem = " ".join(part for part in (error.context, error.problem) if part)
            unclosed = error.problem == "found unexpected end of stream"  # then what was opened is the place to look at
            mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
            place = self._place(mark) if mark else None
            raise self._no_values(f"not valid YAML: {problem}", _remedy(problem, place), place) from error
        except yaml.reader.ReaderError as error:
            place = self._place_of_offset(error.position)
            character = f"U+{error.character:04X}" if isinstance(error.character, int) else repr(error.character)
            raise self._no_values(
                f"the character {character} is not accepted", "remove it; a configuration is plain text", place
            ) from error

    def _refuse_early(self, loader_type: Any) -> None:  # noqa: ANN401 -- see _FAST_LOADER
        """Aliases, tags and absurd nesting are found while scanning, before anything is composed from them."""
        faults: list[Fault] = []
        depth = 0
        for token in yaml.scan(self.text, Loader=loader_type):
            kind = type(token)
            if kind in _OPENING:
                depth += 1
                if depth > _MAX_DEPTH:
                    place = self._place(token.start_mark)
                    raise self._no_values(f"nested deeper than {_MAX_DEPTH} levels", "write it flat", place)
            elif kind in _CLOSING:
                depth -= 1
            elif kind in _REFUSED_TOKENS:
                message, remedy = _REFUSED_TOKENS[kind]
                fault = Fault(self.file, self._place(token.start_mark), "", message, remedy=remedy)
                if not faults or _order(faults[-1].place)[0] != _order(fault.place)[0]:  # one a line is enough
                    faults.append(fault)
        if faults:
            raise YamlFaults(faults)

    def _place(self, mark: yaml.Mark) -> Place:
        text = self.lines[mark.line] if mark.line < len(self.lines) else ""
        return Place(mark.line + 1, mark.column + 1, text)

    def _place_of_offset(self, offset: int) -> Place:
        line = self.text.count("\n", 0, offset)
        column = offset - (self.text.rfind("\n", 0, offset) + 1)
        return Place(line + 1, column + 1, self.text.split("\n")[line])

    def _fault(self, node: yaml.Node, path: KeyPath, message: str, value: str = "", remedy: str = "") -> None:
        self.faults.append(Fault(self.file, self._place(node.start_mark), dotted(path), message, value, remedy))

    def _value(self, node: yaml.Node, path: KeyPath) -> object:
        self.places[path] = self._place(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*path, index)) for index, child in enumerate(node.value)]
        return self._scalar(cast("yaml.ScalarNode", node), path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._fault(key_node, path, "a key must be plain text")
                continue
            key = key_node.value
            here = (*path, key)
            if key in result:
                first = self.key_places[here].line
                self._fault(
                    key_node, here, f"duplicate key {key!r} (first at line {first})", remedy="keep one of the two"
                )
                continue
            self.key_places[here] = self._place(key_node.start_mark)
            result[key] = self._value(value_node, here)
        return result

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> object:
        text = node.value
        if node.style:  # quoted or block: always text
            return text
        value = read_plain(text)
        if isinstance(value, Refusal):
            self._fault(node, path, value.message, value.shown, value.remedy)
            self.refused.add(path)
            return None
        if isinstance(value, float):
            self.decimals[path] = text
        return value
