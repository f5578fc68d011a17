"""Rule 005: a position that has won enough is closed; with `scope: account`, everything when all together have won it.

The mirror of rule 004: profit is taken, nothing is locked, the trader may open again at once.
"""

from dataclasses import dataclass
from typing import Annotated

from risk_manager.domain.events import Event, MarketTrade, PositionReport, Quote
from risk_manager.domain.money import dollars
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import OK, Cap, Flatten, Verdict, breach, unknown
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.open_limit import Scope, account_text, of_account, of_position, position_text
from risk_manager.rules.params import Choice, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The target, and whether it is one of each position or of all together."""

    target_mils: Annotated[int, Money("target", "open P&L at which the position is closed", sign="positive")]
    scope: Annotated[
        Scope,
        Choice("scope", "of each position alone, or of the whole account", options=("position", "account")),
    ] = "position"


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Compare the open P&L that this event is about with the target. A price not yet heard claims nothing."""
    if not isinstance(event, Quote | MarketTrade | PositionReport):
        return OK
    whole = params.scope == "account"
    figure = of_account(state) if whole else of_position(state, event)
    if figure is None:
        return OK
    if figure.unknown:
        return unknown(figure.unknown)
    if figure.mils < params.target_mils:
        return OK
    bound = f">= target {dollars(params.target_mils)}"
    if whole:
        marks = state.open_pnl.marks_used()
        return breach(
            "open profit of the account reached its target",
            f"{account_text(state, figure.mils)} {bound}",
            Flatten(),
            marks=marks,
        )
    position = state.positions[event.contract]
    return breach(
        f"open profit in {position.symbol} reached its target",
        f"{position_text(state, position, figure.mils)} {bound}",
        Cap(event.contract, 0),
        marks={event.contract: state.marks[event.contract]},
    )


def example() -> Example:
    """Short 4 ES from 26500 ticks; 20 ticks lower at 12.50 each, four times, are +1000, which is the target."""
    cost_mils = -4 * 26_500 * 12_500
    return Example(
        says="target 1000.00: short 4 ES, 20 ticks of 12.50 below their entry, are 1000.00, at the target: closed",
        params=Params(target_mils=1_000_000),
        events=(
            PositionReport(MORNING_NS, ES_CONTRACT, "ES", -4, cost_mils),
            MarketTrade(MORNING_NS + 1_000_000_000, ES_CONTRACT, 26_480, 1),
        ),
        expected=breach(
            "open profit in ES reached its target",
            "short 4 ES at 26480 ticks: open 1000.00 >= target 1000.00",
            Cap(ES_CONTRACT, 0),
            marks={ES_CONTRACT: 26_480},
        ),
    )


RULE = RuleDefinition(
    number=5,
    key="max_unrealized_profit",
    title="Open profit",
    kind="trade by trade",
    params=Params,
    hears=frozenset({Quote, MarketTrade, PositionReport}),
    check=check,
    example=example,
)
