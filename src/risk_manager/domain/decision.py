"""What follows from one event: the shape of a decision, and of the parts it is made of."""

from typing import Literal

import msgspec

from risk_manager.domain.intents import Intent
from risk_manager.domain.state import Change
from risk_manager.domain.verdicts import Verdict


class RuleVerdict(msgspec.Struct, frozen=True):
    """What one rule answered."""

    rule: str
    verdict: Verdict


class Alert(msgspec.Struct, frozen=True):
    """Something a person should hear of. id is stable, text says what and why with its numbers."""

    id: str
    severity: Literal["info", "warning", "critical"]
    text: str


class Decision(msgspec.Struct, frozen=True):
    """What follows from one event.

    changes: to durable rows, in order. verdicts: all that were asked for, ok ones too. intents: to be sent once the
    decision is durable; they are among the changes as well. contradiction: why the event was not believed, if so.
    """

    changes: tuple[Change, ...] = ()
    verdicts: tuple[RuleVerdict, ...] = ()
    intents: tuple[Intent, ...] = ()
    alerts: tuple[Alert, ...] = ()
    contradiction: str = ""

    @property
    def is_durable(self) -> bool:
        """Is there anything here that must survive?"""
        return bool(self.changes or self.alerts or self.contradiction)


NOTHING = Decision()
