"""What pages: every kind of condition with its key, its severity and what makes it over; the reference shows it."""

from typing import NamedTuple

from risk_manager.config.alerts import Severity


class Kind(NamedTuple):
    """One line. key: what its keys begin with. severities: which it can have."""

    key: str
    what: str
    severities: tuple[Severity, ...]
    trigger: str
    resolve: str


LOCKOUT = Kind(
    "lockout:",
    "a lockout",
    ("warning", "critical"),
    "a lockout begins: by a rule, the breaker (BREAKER-001), a broken invariant (INV-...), a rule without an answer "
    "(RULE-000), an operator (OPERATOR-001). Critical where it is hard, or one of these but the operator's",
    "it expires or is lifted",
)
EXPOSURE = Kind(
    "exposure",
    "exposure under a hard lockout",
    ("warning",),
    "something is held while a hard lockout says that nothing may be (ENF-011)",
    "the venue says that it is flat",
)
DEMAND = Kind(
    "demand:",
    "a position that must shrink",
    ("info", "warning"),
    "a rule asks for a smaller position or none; info where an operator does",
    "the venue says that it has shrunk",
)
REMOVAL = Kind(
    "removal:",
    "orders that must go",
    ("info", "warning"),
    "a rule asks for working orders of a symbol to be cancelled; info where an operator does",
    "the venue says that they are gone",
)
ENFORCEMENT = Kind(
    "enforcement:",
    "an enforcement that fails",
    ("critical",),
    "the venue did not confirm the same thing three times in a row (ENF-010); one for each rule",
    "it is confirmed, or what it was about is gone",
)
CONNECTION = Kind(
    "connection",
    "the connection is lost",
    ("critical",),
    "for longer than alerts.connection_lost_after (LINK-001)",
    "it is back and reconciled",
)
HELD_BACK = Kind(
    "config",
    "a looser configuration is held back",
    ("warning",),
    "a hard limit was loosened within the trading day (CFG-010)",
    "the files are applied, or as strict again",
)
SERVICE = Kind(
    "service",
    "nothing guards the account",
    ("critical",),
    "the store cannot be written (STATE-004), the boot is refused, or a part of the service died (SERVICE-001)",
    "the next start that guards again; also after a crash that could not say anything",
)
CHANNEL = Kind(
    "channel:",
    "a channel that does not take pages",
    ("critical",),
    "its address is missing (PAGE-002), or it refuses for good (PAGE-001); told through the other channels",
    "an hour without another",
)
ONCE = Kind(
    "once:",
    "anything else that is told",
    ("info", "warning", "critical"),
    "an alert that no line above stands for, for example STATE-002 (an older snapshot was used), STATE-003 (the state "
    "was taken from the venue, or the day's limits are not known), REC-001 and REC-002 (the venue told otherwise, "
    "within the tolerance), INPUT-001 (input was not believed), what a rule tells; the same one is not paged again "
    "while it is open",
    "an hour without another",
)

KINDS = (LOCKOUT, EXPOSURE, DEMAND, REMOVAL, ENFORCEMENT, CONNECTION, HELD_BACK, SERVICE, CHANNEL, ONCE)


def kind_of(key: str) -> Kind:
    """The line a key belongs to. Raises LookupError for one that no line has."""
    for kind in KINDS:
        if key == kind.key or (kind.key.endswith(":") and key.startswith(kind.key)):
            return kind
    raise LookupError(f"{key} is in no line of the catalogue")
