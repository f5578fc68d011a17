"""What a service says of itself so that it can be run on carried state: the `harness` section of service.yaml.

The argv are templates. Beside the placeholders of every run (`{state_dir}`, `{socket_dir}` …) they know those of
PLACEHOLDERS, of which each has a meaning only where it says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PLACEHOLDERS = ("session", "script", "venue_dir", "carried", "moment", "snapshot")
"""session, script: files. venue_dir: this session's ledger. carried: what the account is carried from (the ledger of
the session before, or the snapshot). moment: when the venue is to wait. snapshot: a state as a file."""
_PLACEHOLDER = re.compile(rf"\{{({'|'.join(PLACEHOLDERS)})\}}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """A template with those of the PLACEHOLDERS filled in that have a value; all others stay as they are."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a figure stands in a JSON document.

    at: a JSON pointer. key, value: of a list of objects, a mapping of the one field to the other. where: only entries
    that agree. total: the sum of this field. counts: how many entries. time, since, until: only entries whose time
    lies between the times at these places of the service's own status.
    """

    at: str
    key: str | None = None
    value: str | None = None
    where: Mapping[str, object] = field(default_factory=dict)
    total: str | None = None
    counts: bool = False
    time: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A figure that the service and the venue's ledger must both have."""

    name: str
    service: Reading
    ledger: Reading


@dataclass(frozen=True, slots=True)
class HarnessPlan:
    """Everything `risk-runtime replay` needs to know.

    venue: plays a session and stands still while the service is down. script, carry, hold: what is added to its argv
    for a script, for an account carried along, for each moment at which it is to wait. held, ended: how the STATUS=
    message begins by which the venue says that it waits, and the service that the session is over. take_over, hand_on:
    import and export a snapshot. status, ledger, journal: JSON of the service, JSON of the venue, a line a decision.
    events: where the ledger says how many events of the session have happened.
    keeps: places of the status that a restart leaves as they were. breach: what a line of the log that tells of a
    broken invariant holds.
    """

    venue: tuple[str, ...]
    held: str
    ended: str
    breach: str
    events: str
    status: tuple[str, ...]
    ledger: tuple[str, ...]
    agree: tuple[Agreement, ...]
    script: tuple[str, ...] = ()
    carry: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()
    take_over: tuple[str, ...] = ()
    hand_on: tuple[str, ...] = ()
    journal: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
