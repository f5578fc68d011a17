"""An example of a rule at work: a state, events, and the verdict they must give, with the arithmetic done by hand.

One example serves the rule's page, its test, the canary and `what-if`, so that none of them can drift.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from risk_manager.domain.events import Event
from risk_manager.domain.instruments import Instrument
from risk_manager.domain.sessions import TradingDay
from risk_manager.domain.verdicts import Verdict

ES = Instrument("ES", "EP", "E-mini S&P 500", 250_000_000, 12_500, 0, 80_000, "equity")
"""The instrument most examples trade: a tick is 0.25 points and worth 12.50 dollars."""

ES_CONTRACT = "CON.F.US.EP.Z25"
MORNING_NS = 1_763_476_200_000_000_000
"""2025-11-18 08:30:00 in Chicago, 14:30:00 UTC: the cash open of an ordinary Tuesday."""

DAY = TradingDay("2025-11-18", MORNING_NS - 55_800_000_000_000, MORNING_NS + 30_600_000_000_000)
"""Its trading day: from 17:00 to 17:00 in Chicago, 15.5 hours before and 8.5 hours after the open."""


@dataclass(frozen=True, slots=True)
class Example:
    """says: the story in a sentence, with its numbers. params: of the rule. events: in order; the last one is judged.

    expected: the verdict on the last event, written by hand.
    """

    says: str
    params: Any
    events: Sequence[Event]
    expected: Verdict
