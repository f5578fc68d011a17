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
    symbol: lock only this root symbol; the whole account where it is empty.
    """

    kind: LockoutKind
    end: LockoutEnd
    until_ns: int | None
    symbol: str = ""


class Remove(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Cancel one working order."""

    order_id: int


class CloseUnlessProtected(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Close the position, unless the venue, asked at that moment, shows a working stop that covers all of it."""

    contract: str


class Protect(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Have a stop and a target of ours in the book for the whole position, at these prices; None for none."""

    contract: str
    stop_ticks: int | None
    target_ticks: int | None


class Remember(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """The rule's own memory: an integer under a key, part of the durable state. None forgets it."""

    key: str
    value: int | None


class Tell(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Tell a person; nothing else follows. Said once for each time the rule says it: remember that it was said."""

    text: str


Action = Cap | Flatten | LockOut | Remove | CloseUnlessProtected | Protect | Remember | Tell


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


def ok(*actions: Action) -> Verdict:
    """Nothing is wrong, and something is to be done: remember, protect, tell."""
    return Verdict("ok", actions=actions) if actions else OK


def breach(reason: str, arithmetic: str, *actions: Action, marks: dict[str, int] | None = None) -> Verdict:
    """A breach with what to do about it."""
    return Verdict("breach", reason, arithmetic, actions, marks or {})


def unknown(reason: str) -> Verdict:
    """The rule could not answer; `on_rule_error` decides what follows."""
    return Verdict("unknown", reason)
