"""The pages of the daemon's invariants: its own table (docs/explanation/invariants.md), held equal to it by a test,
because the pack does not import the daemon.
"""

from typing import NamedTuple


class Invariant(NamedTuple):
    """One line of the catalogue, as the daemon has it."""

    id: str
    name: str
    says: str
    implies: str
    operator: str


INVARIANTS = (
    Invariant(
        "INV-001",
        "quantity is conserved",
        "The position a venue reports equals its baseline plus every counted fill since, once both were heard.",
        "A fill was missed or counted twice: position limits and P&L cannot both be right.",
        "compare the position with the venue's own screen; unfreeze takes the venue's word as the new baseline",
    ),
    Invariant(
        "INV-002",
        "subsystems agree on a position",
        "A position is filed under its own contract, is never zero, and the running open P&L is their sum.",
        "A rule would judge another position than the one that is held.",
        "keep the journal and report it; unfreeze once the next reconciliation agrees",
    ),
    Invariant(
        "INV-003",
        "what was reconciled is what is held",
        "After a report that is not older than the last one, the position is what the report says.",
        "A report was not taken in: what we act on is not what the venue has.",
        "compare `risk-manager status` with the venue's own screen; unfreeze once they agree",
    ),
    Invariant(
        "INV-004",
        "realized P&L is the sum of counted trades",
        "The day's P&L, fees and count equal the sums over the trades counted in that day.",
        "A trade was added twice or not at all: loss limits act too early or too late.",
        "compare `risk-manager status` with the venue's own screen; unfreeze once they agree",
    ),
    Invariant(
        "INV-005",
        "no trade counts twice",
        "A trade is filed once, under its own id; it may be voided, and corrected within the tolerance.",
        "Two different facts have one name: P&L cannot be trusted.",
        "compare `risk-manager status` with the venue's own screen; unfreeze once they agree",
    ),
    Invariant(
        "INV-006",
        "a lockout leaves no exposure",
        "Under a hard lockout the account, or its symbol, is flat within the grace.",
        "Enforcement does not get through to the venue.",
        "close by hand at the venue; then see why in the log (ENF-010)",
    ),
    Invariant(
        "INV-007",
        "working orders never exceed what was sent",
        "An order has filled between nothing and its size, and no two working orders carry one id of ours.",
        "An order was sent twice, or the venue filled more than was asked.",
        "compare `risk-manager status` with the venue's own screen; unfreeze once they agree",
    ),
    Invariant(
        "INV-008",
        "sequence strictly increases",
        "A known order changes to a higher version only.",
        "An old word replaced a newer one.",
        "keep the journal and report it; unfreeze once the next reconciliation agrees",
    ),
    Invariant(
        "INV-009",
        "quantity and money are within bounds",
        "No position or order beyond 100,000 contracts, and no amount beyond a trillion dollars.",
        "A unit or a conversion is wrong.",
        "keep the journal and report it; unfreeze once the next reconciliation agrees",
    ),
    Invariant(
        "INV-010",
        "time never goes back",
        "The clock and the start of the trading day only move forward.",
        "A timer, a grace or a reset would fire again, or never.",
        "check the host's clock and the venue's; unfreeze once time moves forward",
    ),
    Invariant(
        "INV-011",
        "an intent moves forward only",
        "Written, sent, acknowledged, confirmed or failed, ambiguous in between: never back, never lost.",
        "A command could be sent twice.",
        "keep the journal and report it; unfreeze once the next reconciliation agrees",
    ),
    Invariant(
        "INV-012",
        "a hard lockout ends by its own end",
        "A hard lockout is never shortened, weakened or removed before the end it was given.",
        "The account could trade while it must not.",
        "freeze by hand, and report the journal",
    ),
    Invariant(
        "INV-013",
        "an order ends at the venue",
        "An order that we knew to be working is working at the venue, or the venue says how it ended.",
        "Nobody knows whether it may still fill: a position could appear that was not there.",
        "look for the order on the venue's own screen; unfreeze once it is sure that it is gone",
    ),
)

_PAGE = """
{each.id}
means: The daemon contradicts itself, so it froze what this is about.
means: What must hold: {each.says} It did not. {each.implies}
shown by: a lockout invariant:{each.id} with the numbers that disagree, in the journal, the log and risk-manager status
do: First {each.operator}. It never repairs itself: which of two facts is wrong is for a person to say.
next: risk-manager status
next: risk-manager journal --decisions
"""

TEXTS = "".join(_PAGE.format(each=each) for each in INVARIANTS)
