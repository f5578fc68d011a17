"""What stands in need of telling, and the page that tells it."""

import msgspec

from risk_manager.config.alert_templates import Action
from risk_manager.config.alerts import Severity

SUBJECT_CHARS = 160
TEXT_CHARS = 1500
_PRIORITIES = {"info": 3, "warning": 4, "critical": 5}
_COLORS = {"info": 0x95A5A6, "warning": 0xE67E22, "critical": 0xE74C3C}
_GREEN = 0x2ECC71


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """Something that holds and that a person should know of.

    key: names it for as long as it holds. id: the alert it stands for, for example RULE-daily_realized_loss.
    what: one line, without the account. blocked: exactly what cannot be done meanwhile, and what still can.
    since_ns, until_ns: by the venue's clock; until_ns None where no moment is known. ends: what ends it, in words.
    over: what has happened once it is over.
    """

    key: str
    id: str
    severity: Severity
    what: str
    blocked: str
    why: str
    arithmetic: str = ""
    since_ns: int | None = None
    until_ns: int | None = None
    ends: str = ""
    over: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One message to a person; everything in it is text already, so that it reads the same whenever it is delivered.

    uid: of this page alone. key: the same in a trigger and its resolve, and different for each account.
    made_ns: by the machine's clock, since the epoch.
    """

    uid: str
    action: Action
    key: str
    id: str
    severity: Severity
    account: str
    subject: str
    text: str
    blocked: str
    why: str
    arithmetic: str
    since: str
    until: str
    time: str
    made_ns: int

    def as_line(self) -> str:
        """The page as one line of a log; its whole text goes to those who do not read along."""
        parts = [f"alert {self.id}, {self.severity}: {self.subject}"]
        if self.action == "trigger":
            parts += [f"blocked: {self.blocked}", f"until: {self.until}"]
            parts += [f"numbers: {self.arithmetic}"] if self.arithmetic else []
        return " | ".join(" ".join(part.split()) for part in parts)

    def values(self) -> dict[str, str | int]:
        """A value for each placeholder of a template."""
        is_over = self.action == "resolve"
        return {
            **{name: getattr(self, name) for name in _TEXTS},
            "priority": _PRIORITIES["info"] if is_over else _PRIORITIES[self.severity],
            "color": _GREEN if is_over else _COLORS[self.severity],
        }


_TEXTS = (
    "action",
    "key",
    "id",
    "severity",
    "account",
    "subject",
    "text",
    "blocked",
    "why",
    "arithmetic",
    "since",
    "until",
    "time",
)
