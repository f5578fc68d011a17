"""Intents: what we decided to ask of the venue, written down before it is asked.

An intent moves forward only:

    written ──▶ sent ──▶ acknowledged ──▶ confirmed
       │          │            │
       └──────────┴────────────┴──▶ ambiguous ──▶ confirmed | failed
                  └────────────┴──▶ failed

`confirmed` means that the venue, asked afterwards, says that the account looks as the intent wanted. `ambiguous` means
that it may or may not have happened; only a fresh read resolves it. The client order id is derived from what the intent
is for, so that deciding the same thing again after a crash gives the same id instead of a second order.
"""

from hashlib import sha256
from typing import Literal

import msgspec

from risk_manager.domain.commands import (
    CancelOrder,
    ClosePosition,
    CloseUnprotected,
    Command,
    ModifyOrder,
    PlaceOrder,
    ReducePosition,
)

IntentStatus = Literal["written", "sent", "acknowledged", "confirmed", "failed", "ambiguous"]

NEXT_STATUSES: dict[IntentStatus, frozenset[IntentStatus]] = {
    "written": frozenset({"sent", "ambiguous", "failed", "confirmed"}),
    "sent": frozenset({"acknowledged", "confirmed", "failed", "ambiguous"}),
    "acknowledged": frozenset({"confirmed", "failed", "ambiguous"}),
    "ambiguous": frozenset({"confirmed", "failed"}),
    "confirmed": frozenset(),
    "failed": frozenset(),
}
FINAL_STATUSES: frozenset[IntentStatus] = frozenset({"confirmed", "failed"})


ID_PREFIX = "rm-"
"""What every client order id of ours begins with; venues that can carry it show it as the order's tag."""


class Intent(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """One thing to be asked of the venue.

    rule: the rule (or `operator`) it serves. target: what it acts on, `position:CONTRACT` or `order:ID`.
    attempt: counts from 1 within trading day, rule and target. t_ns: when it was decided, in venue time. again: the
    attempt before was not confirmed, so the venue may still be busy with it.
    """

    client_order_id: str
    command: Command
    status: IntentStatus
    rule: str
    reason: str
    target: str
    attempt: int
    t_ns: int
    detail: str = ""
    again: bool = False


def client_order_id(*, account: str, trading_day: str, rule: str, verb: str, target: str, attempt: int) -> str:
    """The deterministic client order id: the same intent gives the same id, on every machine, after every crash."""
    text = "\x1f".join((account, trading_day, rule, verb, target, str(attempt)))
    return f"{ID_PREFIX}{sha256(text.encode()).hexdigest()[:24]}"


def target_of(command: Command) -> str:
    """What a command acts on; two live intents never share a target."""
    match command:
        case ClosePosition() | CloseUnprotected() | ReducePosition():
            return f"position:{command.contract}"
        case CancelOrder() | ModifyOrder():
            return f"order:{command.order_id}"
        case PlaceOrder():
            return f"{command.type}:{command.contract}"


def verb_of(command: Command) -> str:
    """The command in a word, as logs and ids use it."""
    return _VERBS[type(command)]


_VERBS: dict[type, str] = {
    ClosePosition: "close",
    CloseUnprotected: "close",
    ReducePosition: "reduce",
    CancelOrder: "cancel",
    PlaceOrder: "place",
    ModifyOrder: "modify",
}
