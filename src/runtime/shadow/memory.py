"""What a shadow run keeps on disk, so that the next one goes on where it stopped: the cutover clock, and of whom it is.

One JSON file, 0600, replaced whole. A clock of other versions, or with other conditions, is not taken over: what it
vouches for is this candidate beside this live version.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runtime.shadow.cutover import CutoverClock, Moment, Reset
from service_contract.atomic_files import make_private_dir, write_atomically

SCHEMA = "runtime.shadow-clock/1"
_SUFFIXES = {".py", ".yaml", ".toml", ".lock"}
_FOLDERS = ("src", "config")


class StateUnusable(Exception):
    """The file is there and is no clock; says why and what to do."""


class _Reset(msgspec.Struct, frozen=True):
    wall_ns: int
    why: str
    lost_ns: int


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    live: str
    candidate: str
    eligible_after_ns: int
    gap_ns: int
    healthy_ns: int
    since_wall_ns: int | None
    eligible_wall_ns: int | None
    last_wall_ns: int | None
    unsure: str
    unsure_ns: int
    resets: list[_Reset]


@dataclass(frozen=True, slots=True)
class Identity:
    """Fingerprints of the two versions and their configuration."""

    live: str
    candidate: str


def save(path: Path, clock: CutoverClock, identity: Identity) -> None:
    """Write the clock. Raises OSError; the old file is then untouched."""
    make_private_dir(path.parent)
    kept = _Kept(
        schema=SCHEMA,
        live=identity.live,
        candidate=identity.candidate,
        eligible_after_ns=clock.eligible_after_ns,
        gap_ns=clock.gap_ns,
        healthy_ns=clock.healthy_ns,
        since_wall_ns=clock.since_wall_ns,
        eligible_wall_ns=clock.eligible_wall_ns,
        last_wall_ns=clock.last.wall_ns if clock.last else None,
        unsure=clock.unsure,
        unsure_ns=clock.unsure_ns,
        resets=[_Reset(each.wall_ns, each.why, each.lost_ns) for each in clock.resets],
    )
    write_atomically(path, msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")


def load(path: Path, new: CutoverClock, identity: Identity, now: Moment) -> CutoverClock:
    """The clock that was kept, in this life of the watcher; `new` where there is none or it belongs to other versions.

    Raises StateUnusable where the file cannot be read: it is not begun anew in silence.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return new
    except OSError as error:
        message = f"{path}: {error.strerror or error}; name another --state, or mend it"
        raise StateUnusable(message) from error
    try:
        kept = msgspec.json.decode(data, type=_Kept)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"{path}: is not a cutover clock: {error}; move it away to begin anew"
        raise StateUnusable(message) from error
    if kept.schema != SCHEMA:
        message = f"{path}: schema {kept.schema!r} is not read by this version; move it away to begin anew"
        raise StateUnusable(message)
    resets = tuple(Reset(each.wall_ns, each.why, each.lost_ns) for each in kept.resets)
    why = _changed(kept, new, identity)
    if why:
        return CutoverClock(
            new.eligible_after_ns, new.gap_ns, resets=(*resets, Reset(now.wall_ns, why, kept.healthy_ns))
        )
    return CutoverClock(
        eligible_after_ns=kept.eligible_after_ns,
        gap_ns=kept.gap_ns,
        healthy_ns=kept.healthy_ns,
        since_wall_ns=kept.since_wall_ns,
        eligible_wall_ns=kept.eligible_wall_ns,
        last=None if kept.last_wall_ns is None else Moment(None, kept.last_wall_ns),
        unsure=kept.unsure,
        unsure_ns=kept.unsure_ns,
        resets=resets,
    )


def _changed(kept: _Kept, new: CutoverClock, identity: Identity) -> str:
    if kept.candidate != identity.candidate:
        return "the candidate is another one than before"
    if kept.live != identity.live:
        return "the live version is another one than before"
    if (kept.eligible_after_ns, kept.gap_ns) != (new.eligible_after_ns, new.gap_ns):
        return "the conditions were changed"
    return ""


def fingerprint(project: Path, contract: Path, argv: tuple[str, ...], env: Mapping[str, str]) -> str:
    """What a version is: its code and configuration, its contract, how it is started. 16 hex digits.

    A variable that names a file counts with what is in the file.
    """
    digest = hashlib.sha256()
    for part in (*argv, *(f"{name}={value}" for name, value in sorted(env.items()))):
        digest.update(part.encode() + b"\0")
    files = [contract, *(project / value for value in env.values() if value and (project / value).is_file())]
    for folder in _FOLDERS:
        files += sorted(path for path in (project / folder).rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    for path in files:
        name = path.relative_to(project) if path.is_relative_to(project) else path
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
