"""A scenario file: which sessions are played one after the other, on what, and where the service is restarted.

    schema: runtime.scenario/1
    snapshot: friday.state.json
    sessions:
      - session: demo-breach
        restarts: ["+60s:kill", "+6m/30s:term"]
      - session: demo-calm

Paths are relative to the file; a bare name means the session that the service knows by it.
"""

from dataclasses import dataclass
from pathlib import Path

from runtime.harness.moments import Restart, WrongMoment, read_restart
from runtime.yaml_fields import Reader
from service_contract.yaml_lines import KeyPath, load

SCHEMA = "runtime.scenario/1"


@dataclass(frozen=True, slots=True)
class Part:
    """One session of a scenario, by name or path."""

    session: str
    script: Path | None
    restarts: tuple[Restart, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole file."""

    snapshot: Path | None
    parts: tuple[Part, ...]


def load_scenario(file: Path) -> Scenario:
    """Read it. Raises YamlFaults with everything that is wrong with it."""
    reader = Reader(load(file))
    if not reader.mapping((), required=("schema", "sessions"), optional=("snapshot",)):
        reader.finish()
    if reader.text(("schema",)) != SCHEMA:
        remedy = f"write schema: {SCHEMA}"
        reader.fault(("schema",), "is no scenario this program reads", value=reader.raw(("schema",)), remedy=remedy)
    parts = tuple(_part(reader, path, file.parent) for path in reader.items(("sessions",), least=1))
    snapshot = reader.text(("snapshot",))
    reader.finish()
    return Scenario(file.parent / snapshot if snapshot else None, parts)


def _part(reader: Reader, path: KeyPath, beside: Path) -> Part:
    reader.mapping(path, required=("session",), optional=("script", "restarts"))
    restarts = []
    for item in reader.items((*path, "restarts")):
        try:
            restarts.append(read_restart(reader.text(item)))
        except WrongMoment as error:
            reader.fault(item, "is no moment", value=reader.raw(item), remedy=str(error).partition(": ")[2])
    script = reader.text((*path, "script"))
    name = reader.text((*path, "session"))
    local = beside / name
    return Part(str(local) if local.is_file() else name, beside / script if script else None, tuple(restarts))
