"""The environment snapshot: takes it, keeps it, compares two, and judges one for the gate.

Taking one never fails and judges nothing; the gate asks for a judgement. The last snapshot under which the gate passed
is kept, so that "what is different from when it worked?" has an answer.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runtime.clocks import new_run_name, utc_now, utc_text
from runtime.contract.model import Contract
from runtime.environment.probes import SECTIONS
from runtime.environment.probes.item import Context, Item, State, is_secret_name
from runtime.environment.probes.variables import example_names, read_env_file
from runtime.gate.config import GateConfig
from runtime.output.artifacts import pretty
from service_contract.atomic_files import make_private_dir, write_atomically
from service_contract.exit_codes import ExitCode

SCHEMA = "runtime.env/1"
LAST_PASS = Path("env") / "last_pass.json"
_SALT = Path("env") / "salt"


class SnapshotInvalid(ValueError):
    """A file that is no snapshot; says which and why."""


class SavedItem(msgspec.Struct, frozen=True):
    """One item as it stands in a file."""

    name: str
    value: object
    state: str
    text: str = ""
    cause: str = ""
    moves: bool = False
    hidden: bool = False


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot. salt: names the salt of its fingerprints, without telling it."""

    schema: str
    taken_at: str
    run: str
    service: str
    venue: str
    salt: str
    sections: dict[str, list[SavedItem]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same; None is `not there`."""

    section: str
    name: str
    old: object
    new: object

    def __str__(self) -> str:
        return f"{self.section}: {self.name}: {_shown(self.old)} -> {_shown(self.new)}"


def _shown(value: object) -> str:
    return "not there" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate is told: the exit code, and the items that made it so, the worst first."""

    code: ExitCode
    faults: tuple[tuple[str, SavedItem], ...]
    warnings: tuple[tuple[str, SavedItem], ...]
    unknown: tuple[tuple[str, SavedItem], ...]


def take(
    *,
    project: Path,
    reports: Path,
    contract: Contract | None,
    gate: GateConfig | None,
    environ: Mapping[str, str],
    chosen: Mapping[str, str],
) -> Snapshot:
    """Look at everything now. Raises OSError where the reports directory cannot be written."""
    salt = _salt(reports)
    env_file = read_env_file(project)
    data_dir = project / "data"
    context = Context(project, contract, gate, environ, chosen, salt, data_dir, env_file)
    sections = {title: [_saved(item) for item in probe(context)] for title, probe in SECTIONS}
    snapshot = Snapshot(
        schema=SCHEMA,
        taken_at=utc_text(utc_now()),
        run=new_run_name(),
        service=contract.name if contract else "",
        venue=chosen.get("venue", "simulated"),
        salt=context.fingerprint("salt"),
        sections=sections,
    )
    return _without(snapshot, _secrets(context))


def _saved(item: Item) -> SavedItem:
    return SavedItem(item.name, item.value, item.state.value, item.text, item.cause, item.moves, item.hidden)


def _secrets(context: Context) -> list[str]:
    """The values that must be nowhere, for a last look at what was gathered: the probes never show them either."""
    names = set(example_names(context.project))
    known = {**context.environ, **context.env_file}
    found = {value for name, value in known.items() if value and (name in names or is_secret_name(name))}
    return sorted((value for value in found if len(value) >= _SECRET_LENGTH), key=len, reverse=True)


_SECRET_LENGTH = 8  # shorter ones are words that stand elsewhere by chance, such as a user's name in a path


def _without(snapshot: Snapshot, values: list[str]) -> Snapshot:
    """The snapshot with each of these texts taken out wherever it stands, for example in the name of a directory."""

    def clean(value: object) -> object:
        if isinstance(value, list):
            return [clean(each) for each in value]
        if isinstance(value, str):
            for secret in values:
                value = value.replace(secret, "***")
        return value

    sections = {
        title: [
            msgspec.structs.replace(
                item, value=clean(item.value), text=str(clean(item.text)), name=str(clean(item.name))
            )
            for item in items
        ]
        for title, items in snapshot.sections.items()
    }
    return msgspec.structs.replace(snapshot, sections=sections)


def _salt(reports: Path) -> bytes:
    """The salt of this project's fingerprints: made once, and readable by its owner only."""
    file = reports / _SALT
    try:
        return file.read_bytes()
    except FileNotFoundError:
        make_private_dir(file.parent)
        write_atomically(file, secrets.token_bytes(16))
        return file.read_bytes()


def save(snapshot: Snapshot, file: Path) -> None:
    """Write it to a file that only its owner may read. Raises OSError."""
    write_atomically(file, pretty(snapshot))


def load(file: Path) -> Snapshot:
    """Read one back. Raises SnapshotInvalid."""
    try:
        snapshot = msgspec.json.decode(file.read_bytes(), type=Snapshot)
    except OSError as error:
        raise SnapshotInvalid(f"{file}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise SnapshotInvalid(f"{file} is no environment snapshot: {error}") from error
    if snapshot.schema != SCHEMA:
        raise SnapshotInvalid(f"{file} is {snapshot.schema!r}; this reads {SCHEMA}")
    return snapshot


def keep(snapshot: Snapshot, reports: Path) -> Path:
    """Write it under data/reports/env, with `latest` beside it; gives its directory."""
    run_dir = make_private_dir(reports / "env" / snapshot.run)
    save(snapshot, run_dir / "result.json")
    write_atomically(reports / "env" / "latest", f"{snapshot.run}\n".encode())
    return run_dir


def keep_as_passed(reports: Path) -> bool:
    """The gate passed under the latest snapshot: keep it to compare with. False where there is none."""
    try:
        latest = (reports / "env" / "latest").read_text(encoding="utf-8").strip()
        data = (reports / "env" / latest / "result.json").read_bytes()
    except OSError:
        return False
    write_atomically(reports / LAST_PASS, data)
    return True


def compare(old: Snapshot, new: Snapshot) -> list[Difference]:
    """What is not the same, without what moves by itself. Fingerprints of two salts are compared as set or not only."""
    if old.salt != new.salt:
        old, new = _only_set(old), _only_set(new)
    before, after = _values(old), _values(new)
    differences = [
        Difference(section, name, before.get((section, name)), after.get((section, name)))
        for section, name in [*after, *(key for key in before if key not in after)]
        if before.get((section, name)) != after.get((section, name))
    ]
    names = {(each.section, each.name) for each in differences}
    # the hash of a file says no more than the values in it that are named already
    return [each for each in differences if not any(_is_within(other, each) for other in names)]


def _is_within(leaf: tuple[str, str], whole: Difference) -> bool:
    both = whole.old is not None and whole.new is not None
    return both and leaf[0] == whole.section == "Configuration" and leaf[1].startswith(f"{whole.name} ")


def _values(snapshot: Snapshot) -> dict[tuple[str, str], object]:
    return {
        (section, item.name): item.value
        for section, items in snapshot.sections.items()
        for item in items
        if not item.moves
    }


def _only_set(snapshot: Snapshot) -> Snapshot:
    sections = {
        title: [
            msgspec.structs.replace(item, value=item.value.partition("fingerprint")[0])
            if isinstance(item.value, str)
            else item
            for item in items
        ]
        for title, items in snapshot.sections.items()
    }
    return msgspec.structs.replace(snapshot, sections=sections)


_CODES = {"CFG": ExitCode.CONFIG_ERROR, "NET": ExitCode.API_ERROR, "DEP": ExitCode.DEPENDENCY_ERROR}


def judge(snapshot: Snapshot) -> Judgement:
    """Is this an environment to deploy in? A fault fails, what cannot be told is UNKNOWN, a warning is only told."""

    def having(state: State) -> tuple[tuple[str, SavedItem], ...]:
        return tuple(
            (section, item)
            for section, items in snapshot.sections.items()
            for item in items
            if item.state == state.value
        )

    faults, unknown = having(State.FAULT), having(State.UNKNOWN)
    if faults:
        code = _CODES.get(faults[0][1].cause.partition("-")[0], ExitCode.EXCEPTION)
    else:
        code = ExitCode.STALLED if unknown else ExitCode.SUCCESS
    return Judgement(code, faults, having(State.WARNING), unknown)
