"""What the account is held to: the rules that are on, the calendar, the instruments. Fixed between two events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from risk_manager.domain.breaker import Breaker
from risk_manager.domain.decision import Decision, RuleVerdict
from risk_manager.domain.events import Event
from risk_manager.domain.instruments import Instruments
from risk_manager.domain.sessions import TradingDays
from risk_manager.domain.state import AccountState
from risk_manager.domain.tolerance import Tolerance
from risk_manager.domain.verdicts import OK, Verdict


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A rule with its parameters filled in. Rules come in order of precedence."""

    key: str
    hears: frozenset[type]
    check: Callable[[AccountState, Event], Verdict]
    wakes_ns: Callable[[AccountState], int | None] | None = None


class Policy:
    """Everything `decide` needs besides the state and the event.

    on_rule_error: what an unknown answer leads to; `block` stops new exposure until an operator has looked.
    breaker: None where there is none. tolerance: what reconciliation adopts by itself; the defaults where it is None.
    """

    def __init__(
        self,
        *,
        account: str,
        rules: Sequence[BoundRule],
        instruments: Instruments,
        trading_days: TradingDays,
        on_rule_error: Literal["block", "alert"] = "block",
        breaker: Breaker | None = None,
        tolerance: Tolerance | None = None,
    ) -> None:
        self.account = account
        self.rules = tuple(rules)
        self.instruments = instruments
        self.trading_days = trading_days
        self.on_rule_error = on_rule_error
        self.breaker = breaker
        self.tolerance = tolerance or Tolerance()
        self._hearing: dict[type, tuple[BoundRule, ...]] = {}
        self._fine: dict[type, Decision] = {}

    def rules_that_hear(self, kind: type) -> tuple[BoundRule, ...]:
        """The rules to be asked about an event of this type, in order of precedence."""
        rules = self._hearing.get(kind)
        if rules is None:
            rules = self._hearing[kind] = tuple(rule for rule in self.rules if kind in rule.hears)
        return rules

    def all_fine(self, kind: type) -> Decision:
        """The decision about an event of this type after which everything is as it was: each rule answered ok.

        It is made once, because nearly every price leads to it.
        """
        fine = self._fine.get(kind)
        if fine is None:
            answers = tuple(RuleVerdict(rule.key, OK) for rule in self.rules_that_hear(kind))
            fine = self._fine[kind] = Decision(verdicts=answers)
        return fine
