"""YAML that remembers where each value stood, and refuses what YAML 1.1 would silently change.

PyYAML's composer gives nodes with marks; building the values from the nodes ourselves lets us keep every position,
report duplicate keys, and refuse the traps: `NO` is not False here, `1:30` not 90, `0777` not 511, `.nan` not a
number. Aliases are refused whole, because nine lines of them expand to gigabytes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

MAX_BYTES = 1_000_000
_MAX_DEPTH = 40

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: 1-based line and column, and the text of that line."""

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a file: where, which key, what, the value seen, and what to do about it."""

    file: Path
    place: Place | None
    key: str
    message: str
    value: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.place.line}:{self.place.column}" if self.place else f"{self.file}"
        key = f" {self.key}:" if self.key else ""
        seen = f" (value: {self.value})" if self.value else ""
        return f"{where}:{key} {self.message}{seen}"

    def explain(self) -> str:
        """The fault with the offending line, a caret under the column, and the remedy."""
        lines = [str(self)]
        if self.place and self.place.text.strip():
            lines += [f"    {self.place.text}", "    " + " " * (self.place.column - 1) + "^"]
        if self.remedy:
            lines.append(f"    remedy: {self.remedy}")
        return "\n".join(lines)


class YamlFaults(Exception):
    """A file that cannot be used; holds every fault that could be found, in order of line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values (dict, list, str, int, float, bool, None) and the place of each."""

    file: Path
    value: object
    places: dict[KeyPath, Place]
    key_places: dict[KeyPath, Place]

    def place(self, path: KeyPath) -> Place | None:
        """Where the value at `path` stands; for a path that is not in the file, its nearest ancestor's place."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return self.places.get(())

    def key_place(self, path: KeyPath) -> Place | None:
        """Where the key (not its value) stands."""
        return self.key_places.get(path) or self.place(path)

    def fault(
        self, path: KeyPath, message: str, *, value: object = "", remedy: str = "", at_key: bool = False
    ) -> Fault:
        """A fault at `path`, ready to be collected."""
        place = self.key_place(path) if at_key else self.place(path)
        return Fault(self.file, place, dotted(path), message, str(value), remedy)


def dotted(path: KeyPath) -> str:
    """A key path as people write it: `rules.max_contracts.limits.ES`."""
    return ".".join(map(str, path))


def load(file: Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """Read and check a YAML file.

    Raises YamlFaults with everything wrong with it: unreadable, a directory, too large, not UTF-8, a syntax error,
    duplicate keys, aliases, tags, and scalars that YAML 1.1 reads as something other than what they look like.
    """
    return _Builder(file, _read(file, max_bytes)).build()


def loads(text: str, *, file: Path = Path("<text>")) -> Document:
    """The same for a text that is already in memory."""
    return _Builder(file, text).build()


def _read(file: Path, max_bytes: int) -> str:
    def refuse(message: str, remedy: str) -> YamlFaults:
        return YamlFaults([Fault(file, None, "", message, remedy=remedy)])

    if file.is_dir():
        raise refuse("is a directory, not a file", "name the YAML file itself")
    try:
        with file.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except FileNotFoundError:
        raise refuse("does not exist", "copy the template that ships under config/") from None
    except OSError as error:
        raise refuse(f"cannot be read: {error.strerror}", "check its owner and mode") from error
    if len(data) > max_bytes:
        raise refuse(f"is larger than {max_bytes} bytes", "a configuration is a few kilobytes; is this the right file?")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse(f"is not UTF-8 (byte {error.start})", "save it as UTF-8") from error
    if not text.strip():
        raise refuse("is empty", "copy the template that ships under config/")
    return text


_TRAPS = (
    (
        re.compile(r"(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)"),
        "YAML 1.1 reads this as true or false",
        "write true or false, or put it in quotes",
    ),
    (
        re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"),
        "YAML 1.1 reads this as a number in base 60",
        "put it in quotes",
    ),
    (
        re.compile(r"[-+]?0[0-9_]+"),
        "YAML 1.1 reads this as an octal number",
        "drop the leading zero, or put it in quotes",
    ),
    (re.compile(r"[-+]?0[bxo][0-9a-fA-F_]+"), "not a plain decimal number", "write it in decimal digits"),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), "not a finite number", "write a finite number"),
    (re.compile(r"[-+]?[0-9]+_[0-9_]*(?:\.[0-9_]*)?"), "underscores in a number", "write the digits only"),
)
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+")
_WORDS: dict[str, bool | None] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
}  # fmt: skip
_MAX_DIGITS = 30


class _Builder:
    """Builds values from nodes and collects faults instead of stopping at the first."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        self.lines = text.splitlines()
        self.faults: list[Fault] = []
        self.places: dict[KeyPath, Place] = {}
        self.key_places: dict[KeyPath, Place] = {}
        self.seen: set[int] = set()

    def build(self) -> Document:
        node = self._compose()
        value = self._value(node, (), 0) if node is not None else None
        if self.faults:
            raise YamlFaults(sorted(self.faults, key=lambda fault: fault.place.line if fault.place else 0))
        return Document(self.file, value, self.places, self.key_places)

    def _compose(self) -> yaml.Node | None:
        self._refuse_aliases_early()
        loader = yaml.SafeLoader(self.text)
        try:
            return loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = self._place(mark) if mark else None
            problem = " ".join(part for part in (error.context, error.problem) if part)
            remedy = (
                "indent with spaces, not tabs"
                if place and "\t" in place.text
                else "check the indentation and the quotes here"
            )
            raise YamlFaults(
                [*self.faults, Fault(self.file, place, "", f"not valid YAML: {problem}", remedy=remedy)]
            ) from error
        except yaml.YAMLError as error:
            raise YamlFaults([Fault(self.file, None, "", f"not valid YAML: {error}")]) from error
        except RecursionError as error:
            raise YamlFaults([Fault(self.file, None, "", f"nested deeper than {_MAX_DEPTH} levels")]) from error
        finally:
            loader.dispose()

    def _refuse_aliases_early(self) -> None:
        """Aliases are found while scanning, before anything is composed from them."""
        try:
            for token in yaml.scan(self.text, Loader=yaml.SafeLoader):
                if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
                    place = self._place(token.start_mark)
                    fault = Fault(
                        self.file, place, "", "anchors and aliases are not accepted", remedy="write the value out"
                    )
                    raise YamlFaults([fault])
        except yaml.YAMLError:
            return  # the composer meets the same error and reports it with its place

    def _place(self, mark: yaml.Mark) -> Place:
        text = self.lines[mark.line] if mark.line < len(self.lines) else ""
        return Place(mark.line + 1, mark.column + 1, text)

    def _fault(self, node: yaml.Node, path: KeyPath, message: str, value: str = "", remedy: str = "") -> None:
        self.faults.append(Fault(self.file, self._place(node.start_mark), dotted(path), message, value, remedy))

    def _value(self, node: yaml.Node, path: KeyPath, depth: int) -> object:
        self.places[path] = self._place(node.start_mark)
        if depth > _MAX_DEPTH:
            self._fault(node, path, f"nested deeper than {_MAX_DEPTH} levels")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*path, index), depth + 1) for index, child in enumerate(node.value)]
        return self._scalar(cast("yaml.ScalarNode", node), path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath, depth: int) -> dict[str, object]:
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
            result[key] = self._value(value_node, here, depth + 1)
        return result

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> object:
        text = node.value
        if node.style is not None:  # quoted or block: always text
            return text
        if text in _WORDS:
            return _WORDS[text]
        for pattern, message, remedy in _TRAPS:
            if pattern.fullmatch(text):
                self._fault(node, path, message, text, remedy)
                return None
        if _INT.fullmatch(text) or _FLOAT.fullmatch(text):
            if len(text) > _MAX_DIGITS:
                self._fault(
                    node, path, f"a number of {len(text)} characters", text[:20] + "…", "write a sensible number"
                )
                return None
            return int(text) if _INT.fullmatch(text) else float(text)
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self._fault(node, path, f"tag {node.tag} is not accepted", text)
            return None
        return text
