"""What a rule answers: fine, breached (and what to do), or unknown. Unknown is never fine."""

from typing import Literal

import msgspec

LockoutKind = Literal["hard", "cooldown"]
LockoutEnd = Literal["daily_reset", "session_start", "timer", "venue_allows", "operator"]


class Cap(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Hold at most `max_size` contracts in `contract`, whatever the direction; 0 closes the position."""

    contract: str
    max_size: int


class Flatten(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Close every position and cancel every working order, once."""


class LockOut(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Lock the account until `until_ns` (None: until `end` happens).

    hard: flat and without working orders for as long as it lasts. cooldown: no new exposure.
    """

    kind: LockoutKind
    end: LockoutEnd
    until_ns: int | None


Action = Cap | Flatten | LockOut


class Verdict(msgspec.Struct, frozen=True):
    """The answer of one rule to one event.

    reason: one sentence. arithmetic: the numbers, so that a person can check them by hand.
    marks: every price that was read, contract to ticks; journaled, because marks are not part of the durable state.
    """

    result: Literal["ok", "breach", "unknown"]
    reason: str = ""
    arithmetic: str = ""
    actions: tuple[Action, ...] = ()
    marks: dict[str, int] = {}


OK = Verdict("ok")


def breach(reason: str, arithmetic: str, *actions: Action, marks: dict[str, int] | None = None) -> Verdict:
    """A breach with what to do about it."""
    return Verdict("breach", reason, arithmetic, actions, marks or {})


def unknown(reason: str) -> Verdict:
    """The rule could not answer; `on_rule_error` decides what follows."""
    return Verdict("unknown", reason)
