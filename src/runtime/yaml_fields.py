"""Strict reading of a YAML document field by field: every fault is collected with its place, none stops the reading.

Each method returns a harmless value where it reports a fault, so that the rest of the file is still checked.
"""

import difflib
from collections.abc import Collection
from typing import cast

from service_contract.yaml_lines import Document, Fault, KeyPath, YamlFaults

_MISSING = object()


class Reader:
    """Reads one document; `finish` raises everything that was wrong with it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = []

    def fault(self, path: KeyPath, message: str, *, value: object = "", remedy: str = "", at_key: bool = False) -> None:
        """Note a fault at `path`."""
        self.faults.append(self.document.fault(path, message, value=value, remedy=remedy, at_key=at_key))

    def finish(self) -> None:
        """Raise YamlFaults if anything was wrong."""
        if self.faults:
            raise YamlFaults(sorted(self.faults, key=lambda fault: fault.place.line if fault.place else 0))

    def has(self, path: KeyPath) -> bool:
        """Is there a value at `path`?"""
        return self._at(path) is not _MISSING

    def raw(self, path: KeyPath) -> object:
        """The plain value at `path`, or None."""
        value = self._at(path)
        return None if value is _MISSING else value

    def keys(self, path: KeyPath) -> tuple[str, ...]:
        """The keys of the mapping at `path`; an absent one has none."""
        value = self._at(path)
        if value is _MISSING:
            return ()
        if not isinstance(value, dict):
            self.fault(path, "must be a mapping", value=value)
            return ()
        return tuple(value)

    def items(self, path: KeyPath, *, least: int = 0) -> tuple[KeyPath, ...]:
        """The paths of the entries of the list at `path`; an absent list is empty."""
        value = self._at(path)
        if value is _MISSING:
            value = []
        if not isinstance(value, list):
            self.fault(path, "must be a list", value=value)
            return ()
        if len(value) < least:
            self.fault(path, f"needs at least {least} entry" if least == 1 else f"needs at least {least} entries")
        return tuple((*path, index) for index in range(len(value)))

    def mapping(self, path: KeyPath, *, required: Collection[str], optional: Collection[str] = ()) -> bool:
        """Check the keys of a mapping: nothing unknown, nothing missing. False where it is no mapping at all."""
        value = self._at(path)
        if not isinstance(value, dict):
            self.fault(path, "must be a mapping", value="" if value is _MISSING else value)
            return False
        known = [*required, *optional]
        for key in value:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                remedy = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(known))}"
                self.fault((*path, key), f"unknown key {key!r}", remedy=remedy, at_key=True)
        for key in required:
            if key not in value:
                self.fault(path, f"key {key!r} is missing", remedy=f"add {key}:")
        return True

    def text(self, path: KeyPath, default: str = "") -> str:
        """A text that is not empty."""
        value = self._at(path)
        if value is _MISSING:
            return default
        if not isinstance(value, str) or not value.strip():
            self.fault(path, "must be a text", value=value, remedy="put it in quotes" if value is not None else "")
            return default
        return value

    def texts(self, path: KeyPath, *, least: int = 0) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.text(item) for item in self.items(path, least=least))

    def text_map(self, path: KeyPath) -> dict[str, str]:
        """A mapping of names to texts."""
        return {key: self.text((*path, key)) for key in self.keys(path)}

    def boolean(self, path: KeyPath, *, default: bool) -> bool:
        """True or false."""
        value = self._at(path)
        if value is _MISSING:
            return default
        if not isinstance(value, bool):
            self.fault(path, "must be true or false", value=value)
            return default
        return value

    def integer(self, path: KeyPath, *, least: int, default: int = 0) -> int:
        """A whole number of at least `least`."""
        value = self._at(path)
        if value is _MISSING:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            self.fault(path, f"must be a whole number of at least {least}", value=value)
            return max(default, least)
        return value

    def seconds(self, path: KeyPath, default: float) -> float:
        """A duration in seconds, greater than zero."""
        value = self._at(path)
        if value is _MISSING:
            return default
        if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
            self.fault(path, "must be a number of seconds greater than 0", value=value)
            return default
        return float(value)

    def _at(self, path: KeyPath) -> object:
        value = self.document.value
        for part in path:
            in_mapping = isinstance(value, dict) and part in value
            in_list = isinstance(value, list) and isinstance(part, int) and part < len(value)
            if not (in_mapping or in_list):
                return _MISSING
            value = cast("dict[str | int, object]", value)[part]
        return value
