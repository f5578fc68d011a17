"""What a journal row holds, as JSON that a person can read and a later version can too."""

import msgspec

from risk_manager.domain.decision import Alert, Decision, RuleVerdict
from risk_manager.domain.events import Event
from risk_manager.domain.intents import Intent
from risk_manager.domain.state import Change
from risk_manager.errors import StateCorrupt
from risk_manager.state.store import Entry

DECISION = "decision"
BOOT = "boot"
CANARY = "canary"
STOP = "stop"
CONFIG = "config"

DECIDER_VERSION = 2
"""Grows when the same events may lead to other decisions."""


class DecisionRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A decision as journaled: the event, what changed, what was breached or unknown, what is to be sent.

    verdicts: only those that are not ok. Local times are not in here: two replays of a session write the same bytes.
    """

    event: Event
    changes: tuple[Change, ...] = ()
    verdicts: tuple[RuleVerdict, ...] = ()
    intents: tuple[Intent, ...] = ()
    alerts: tuple[Alert, ...] = ()
    contradiction: str = ""


class BootRecord(msgspec.Struct, frozen=True):
    """The beginning of a life of the daemon."""

    run: str
    pid: int
    version: str
    decider_version: int
    config_hash: str
    account: str
    venue: str


class CanaryRecord(msgspec.Struct, frozen=True):
    """A rule's example, played through the same code up to, not including, the wire."""

    rule: str
    says: str
    verdict: str
    intents: tuple[Intent, ...]


class ConfigRecord(msgspec.Struct, frozen=True):
    """A configuration was applied between two events, or refused; refused: what would have been loosened."""

    config_hash: str
    before: str
    rules: tuple[str, ...]
    refused: tuple[str, ...] = ()


class StopRecord(msgspec.Struct, frozen=True):
    """The orderly end of a life of the daemon."""

    run: str
    reason: str


_encoder = msgspec.json.Encoder()
_decision_decoder = msgspec.json.Decoder(DecisionRecord)
_boot_decoder = msgspec.json.Decoder(BootRecord)


def encode(record: DecisionRecord | BootRecord | CanaryRecord | ConfigRecord | StopRecord) -> bytes:
    """A record as JSON."""
    return _encoder.encode(record)


def entry(
    kind: str, record: BootRecord | CanaryRecord | ConfigRecord | StopRecord, wall_ns: int, mono_ns: int
) -> Entry:
    """A record that is not a decision, ready to be appended."""
    return Entry(kind, encode(record), wall_ns, mono_ns)


def record_of(event: Event, decision: Decision) -> DecisionRecord:
    """What is written of a decision."""
    loud = tuple(answer for answer in decision.verdicts if answer.verdict.result != "ok")
    return DecisionRecord(event, decision.changes, loud, decision.intents, decision.alerts, decision.contradiction)


def decode_decision(seq: int, payload: bytes) -> DecisionRecord:
    """Read a decision back.

    Raises StateCorrupt where it is not one.
    """
    try:
        return _decision_decoder.decode(payload)
    except msgspec.MsgspecError as error:
        message = f"journal row {seq} cannot be read as a decision: {error}"
        raise StateCorrupt(message, hint="the row's hash is right: was it written by another version?") from error


def decode_boot(seq: int, payload: bytes) -> BootRecord:
    """Read a boot record back.

    Raises StateCorrupt where it is not one.
    """
    try:
        return _boot_decoder.decode(payload)
    except msgspec.MsgspecError as error:
        message = f"journal row {seq} cannot be read as a boot record: {error}"
        raise StateCorrupt(message) from error
