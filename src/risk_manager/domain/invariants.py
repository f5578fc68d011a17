"""What must always hold of an account, whoever decided and whatever arrived: the catalogue, with a stable id each.

The page docs/explanation/invariants.md shows the same table. The checks themselves are in `asserting.py`. A breach
freezes its scope and pages; it never repairs itself: which of two contradicting facts is wrong is for a person to say.
"""

from typing import Literal, NamedTuple

from risk_manager.domain.events import InvariantBroken

Scope = Literal["symbol", "account"]


class Invariant(NamedTuple):
    """One line of the catalogue. scope: what a breach freezes."""

    id: str
    name: str
    says: str
    implies: str
    scope: Scope
    operator: str


_ADOPT = "compare the position with the venue's own screen; unfreeze takes the venue's word as the new baseline"
_COMPARE = "compare `risk-manager status` with the venue's own screen; unfreeze once they agree"
_JOURNAL = "keep the journal and report it; unfreeze once the next reconciliation agrees"

CATALOGUE: tuple[Invariant, ...] = (
    Invariant(
        "INV-001",
        "quantity is conserved",
        "The position a venue reports equals its baseline plus every counted fill since, once both were heard.",
        "A fill was missed or counted twice: position limits and P&L cannot both be right.",
        "symbol",
        _ADOPT,
    ),
    Invariant(
        "INV-002",
        "subsystems agree on a position",
        "A position is filed under its own contract, is never zero, and the running open P&L is their sum.",
        "A rule would judge another position than the one that is held.",
        "account",
        _JOURNAL,
    ),
    Invariant(
        "INV-003",
        "what was reconciled is what is held",
        "After a report that is not older than the last one, the position is what the report says.",
        "A report was not taken in: what we act on is not what the venue has.",
        "symbol",
        _COMPARE,
    ),
    Invariant(
        "INV-004",
        "realized P&L is the sum of counted trades",
        "The day's P&L, fees and count equal the sums over the trades counted in that day.",
        "A trade was added twice or not at all: loss limits act too early or too late.",
        "account",
        _COMPARE,
    ),
    Invariant(
        "INV-005",
        "no trade counts twice",
        "A trade is filed once, under its own id; it may be voided, and corrected within the tolerance.",
        "Two different facts have one name: P&L cannot be trusted.",
        "account",
        _COMPARE,
    ),
    Invariant(
        "INV-006",
        "a lockout leaves no exposure",
        "Under a hard lockout the account, or its symbol, is flat within the grace.",
        "Enforcement does not get through to the venue.",
        "account",
        "close by hand at the venue; then see why in the log (ENF-010)",
    ),
    Invariant(
        "INV-007",
        "working orders never exceed what was sent",
        "An order has filled between nothing and its size, and no two working orders carry one id of ours.",
        "An order was sent twice, or the venue filled more than was asked.",
        "symbol",
        _COMPARE,
    ),
    Invariant(
        "INV-008",
        "sequence strictly increases",
        "A known order changes to a higher version only.",
        "An old word replaced a newer one.",
        "symbol",
        _JOURNAL,
    ),
    Invariant(
        "INV-009",
        "quantity and money are within bounds",
        "No position or order beyond 100,000 contracts, and no amount beyond a trillion dollars.",
        "A unit or a conversion is wrong.",
        "account",
        _JOURNAL,
    ),
    Invariant(
        "INV-010",
        "time never goes back",
        "The clock and the start of the trading day only move forward.",
        "A timer, a grace or a reset would fire again, or never.",
        "account",
        "check the host's clock and the venue's; unfreeze once time moves forward",
    ),
    Invariant(
        "INV-011",
        "an intent moves forward only",
        "Written, sent, acknowledged, confirmed or failed, ambiguous in between: never back, never lost.",
        "A command could be sent twice.",
        "account",
        _JOURNAL,
    ),
    Invariant(
        "INV-012",
        "a hard lockout ends by its own end",
        "A hard lockout is never shortened, weakened or removed before the end it was given.",
        "The account could trade while it must not.",
        "account",
        "freeze by hand, and report the journal",
    ),
    Invariant(
        "INV-013",
        "an order ends at the venue",
        "An order that we knew to be working is working at the venue, or the venue says how it ended.",
        "Nobody knows whether it may still fill: a position could appear that was not there.",
        "symbol",
        "look for the order on the venue's own screen; unfreeze once it is sure that it is gone",
    ),
)
BY_ID = {each.id: each for each in CATALOGUE}


def broken(t_ns: int, invariant: str, arithmetic: str, symbol: str = "") -> InvariantBroken:
    """A breach as the event that freezes its scope. A symbol counts only where the scope is one."""
    known = BY_ID[invariant]
    return InvariantBroken(t_ns, invariant, known.name, arithmetic, symbol if known.scope == "symbol" else "")
