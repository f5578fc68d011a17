"""Rule 007: a trade that lost too much flattens the account, and new exposure waits; the worse the loss, the longer.

What is judged is the realized P&L of one execution, before fees, as the venue reports it: a position that is closed in
two halves is two trades. The worst tier that the loss reaches counts.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from risk_manager.domain.events import Event, TradeReport
from risk_manager.domain.money import dollars
from risk_manager.domain.orders import Trade
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import OK, Flatten, LockOut, Verdict, breach
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.params import Duration, Money, NestedList

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A loss, and how long new exposure waits after it."""

    loss_mils: Annotated[int, Money("loss", "P&L of one trade at which this tier begins", sign="negative")]
    cooldown_ns: Annotated[int, Duration("cooldown", "how long new exposure waits")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The tiers, in any order. Raises ValueError for none, for one twice, and where a worse loss waits less long."""

    tiers: Annotated[tuple[Tier, ...], NestedList("tiers", "losses of one trade and their cooldowns", of=Tier)]

    def __post_init__(self) -> None:
        if not self.tiers:
            message = "tiers is empty: give at least one loss with its cooldown"
            raise ValueError(message)
        for light, worse in pairwise(sorted(self.tiers, key=lambda tier: -tier.loss_mils)):
            if light.loss_mils == worse.loss_mils:
                message = f"tiers has the loss {dollars(light.loss_mils)} twice"
                raise ValueError(message)
            if worse.cooldown_ns < light.cooldown_ns:
                message = (
                    f"tiers: a loss of {dollars(worse.loss_mils)} would wait less long than one of"
                    f" {dollars(light.loss_mils)}"
                )
                raise ValueError(message)


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Find the worst tier that the trade's loss reaches; one whose cooldown is over already says nothing."""
    if not isinstance(event, TradeReport) or event.trade.voided or event.trade.pnl_mils is None:
        return OK
    trade, pnl_mils = event.trade, event.trade.pnl_mils
    reached = [tier for tier in params.tiers if pnl_mils <= tier.loss_mils]
    if not reached:
        return OK
    tier = min(reached, key=lambda each: each.loss_mils)
    until_ns = trade.t_ns + tier.cooldown_ns
    if until_ns <= max(state.now_ns, event.t_ns):
        return OK  # an old trade, learned late: its cooldown is already over
    return breach(
        f"{trade.symbol} trade lost too much",
        f"trade {dollars(pnl_mils)} <= tier {dollars(tier.loss_mils)}:"
        f" new exposure waits {tier.cooldown_ns // _SECOND_NS} s",
        Flatten(),
        LockOut("cooldown", "timer", until_ns),
    )


def example() -> Example:
    """Bought at 6625.00, sold at 6620.00: 20 ticks of 12.50 lost on one ES, 250.00, which is past -100 and at -250."""
    tiers = (
        Tier(loss_mils=-100_000, cooldown_ns=300 * _SECOND_NS),
        Tier(loss_mils=-250_000, cooldown_ns=900 * _SECOND_NS),
        Tier(loss_mils=-500_000, cooldown_ns=3600 * _SECOND_NS),
    )
    lost = Trade(2, 2, ES_CONTRACT, "ES", -1, 1, 26_480, -250_000, 0, MORNING_NS)
    return Example(
        says="tiers -100: 5 min, -250: 15 min, -500: 1 h: a trade that loses 250.00 flattens, and waits 15 minutes",
        params=Params(tiers=tiers),
        events=(TradeReport(MORNING_NS, lost),),
        expected=breach(
            "ES trade lost too much",
            "trade -250.00 <= tier -250.00: new exposure waits 900 s",
            Flatten(),
            LockOut("cooldown", "timer", MORNING_NS + 900 * _SECOND_NS),
        ),
    )


RULE = RuleDefinition(
    number=7,
    key="cooldown_after_loss",
    title="Cooldown after a loss",
    kind="cooldown",
    params=Params,
    hears=frozenset({TradeReport}),
    check=check,
    example=example,
)
