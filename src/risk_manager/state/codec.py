"""What a journal row holds, as JSON that a person can read and a later version can too."""

from typing import Literal, TypeVar

import msgspec

from risk_manager.domain.decision import Alert, Decision, RuleVerdict
from risk_manager.domain.events import AccountReport, Event, PositionReport, TradeReport
from risk_manager.domain.intents import Intent
from risk_manager.domain.state import ACCOUNT, AccountState, Change
from risk_manager.errors import StateCorrupt
from risk_manager.state.store import Entry

DECISION = "decision"
BOOT = "boot"
CANARY = "canary"
STOP = "stop"
CONFIG = "config"
FOUNDING = "founding"

DECIDER_VERSION = 4
"""Grows when the same events may lead to other decisions."""


class Beside(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stood beside the durable tables when it was decided, so that the decision can be computed again.

    now_ns: the clock. marks: prices of the contracts that were held, and of the one the event is about. reported_ns:
    when the venue had last spoken of what the event is about. unsettled: contracts with a fill whose position had not
    been heard (`domain/settling.py`).
    """

    now_ns: int
    marks: dict[str, int] = {}
    reported_ns: int | None = None
    unsettled: tuple[str, ...] = ()


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
    beside: Beside | None = None


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
    """A configuration was applied between two events, or refused.

    refused: what would have been loosened. unknown: why nobody can say what it loosens; the account is to be frozen.
    """

    config_hash: str
    before: str
    rules: tuple[str, ...]
    refused: tuple[str, ...] = ()
    unknown: str = ""


class FoundingRecord(msgspec.Struct, frozen=True):
    """A state that did not grow in this journal: imported, or begun anew after damage.

    why: `import` or `recover`. words: what a person is told. changes: what the state holds from here on.
    """

    why: Literal["import", "recover"]
    words: str
    changes: tuple[Change, ...] = ()


class StopRecord(msgspec.Struct, frozen=True):
    """The orderly end of a life of the daemon."""

    run: str
    reason: str


Record = DecisionRecord | BootRecord | CanaryRecord | ConfigRecord | FoundingRecord | StopRecord
_Read = TypeVar("_Read", DecisionRecord, BootRecord, ConfigRecord, FoundingRecord)

_encoder = msgspec.json.Encoder()
_decision_decoder = msgspec.json.Decoder(DecisionRecord)
_boot_decoder = msgspec.json.Decoder(BootRecord)
_config_decoder = msgspec.json.Decoder(ConfigRecord)
_founding_decoder = msgspec.json.Decoder(FoundingRecord)


def encode(record: Record) -> bytes:
    """A record as JSON."""
    return _encoder.encode(record)


def entry(
    kind: str,
    record: BootRecord | CanaryRecord | ConfigRecord | FoundingRecord | StopRecord,
    wall_ns: int,
    mono_ns: int,
) -> Entry:
    """A record that is not a decision, ready to be appended."""
    return Entry(kind, encode(record), wall_ns, mono_ns)


def record_of(event: Event, decision: Decision, beside: Beside | None = None) -> DecisionRecord:
    """What is written of a decision."""
    loud = tuple(answer for answer in decision.verdicts if answer.verdict.result != "ok")
    return DecisionRecord(
        event, decision.changes, loud, decision.intents, decision.alerts, decision.contradiction, beside
    )


def beside_of(state: AccountState, event: Event) -> Beside:
    """What is not durable of a state and may be read when `event` is decided about. Asked before it is accepted."""
    about = subject_of(event)
    contracts = {*state.positions, about}
    marks = {contract: state.marks[contract] for contract in sorted(contracts) if contract in state.marks}
    return Beside(state.now_ns, marks, state.reported_ns.get(about), tuple(sorted(state.unsettled)))


def subject_of(event: Event) -> str:
    """What an event is about, as `reported_ns` keys it: a contract, the account, or nothing in particular."""
    if isinstance(event, AccountReport):
        return ACCOUNT
    if isinstance(event, TradeReport):
        return event.trade.contract
    return event.contract if isinstance(event, PositionReport) else str(getattr(event, "contract", ""))


def decode_decision(seq: int, payload: bytes) -> DecisionRecord:
    """Read a decision back.

    Raises StateCorrupt where it is not one.
    """
    return _decoded(_decision_decoder, seq, payload, "a decision")


def decode_boot(seq: int, payload: bytes) -> BootRecord:
    """Read a boot record back.

    Raises StateCorrupt where it is not one.
    """
    return _decoded(_boot_decoder, seq, payload, "a boot record")


def decode_config(seq: int, payload: bytes) -> ConfigRecord:
    """Read a configuration record back.

    Raises StateCorrupt where it is not one.
    """
    return _decoded(_config_decoder, seq, payload, "a configuration record")


def decode_founding(seq: int, payload: bytes) -> FoundingRecord:
    """Read a founding record back.

    Raises StateCorrupt where it is not one.
    """
    return _decoded(_founding_decoder, seq, payload, "a founding record")


def _decoded(decoder: msgspec.json.Decoder[_Read], seq: int, payload: bytes, what: str) -> _Read:
    try:
        return decoder.decode(payload)
    except msgspec.MsgspecError as error:
        message = f"journal row {seq} cannot be read as {what}: {error}"
        raise StateCorrupt(message, hint="the row's hash is right: was it written by another version?") from error
