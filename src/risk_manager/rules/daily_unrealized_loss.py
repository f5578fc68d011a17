"""Rule 004: a position that loses too much is closed; with `scope: account`, everything when all together lose it.

Nothing is locked: the trader may open again at once. What the day may lose for good is the business of rule 003.
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
    """The limit, and whether it is one of each position or of all together."""

    limit_mils: Annotated[int, Money("limit", "open P&L at which the position is closed", sign="negative")]
    scope: Annotated[
        Scope,
        Choice("scope", "of each position alone, or of the whole account", options=("position", "account")),
    ] = "position"


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Compare the open P&L that this event is about with the limit. A price not yet heard claims nothing."""
    if not isinstance(event, Quote | MarketTrade | PositionReport):
        return OK
    whole = params.scope == "account"
    figure = of_account(state) if whole else of_position(state, event)
    if figure is None:
        return OK
    if figure.unknown:
        return unknown(figure.unknown)
    if figure.mils > params.limit_mils:
        return OK
    bound = f"<= limit {dollars(params.limit_mils)}"
    if whole:
        marks = state.open_pnl.marks_used()
        return breach(
            "open loss of the account reached its limit",
            f"{account_text(state, figure.mils)} {bound}",
            Flatten(),
            marks=marks,
        )
    position = state.positions[event.contract]
    return breach(
        f"open loss in {position.symbol} reached its limit",
        f"{position_text(state, position, figure.mils)} {bound}",
        Cap(event.contract, 0),
        marks={event.contract: state.marks[event.contract]},
    )


def example() -> Example:
    """Long 2 ES from 26500 ticks; 20 ticks lower at 12.50 each, twice, are -500, which is the limit."""
    cost_mils = 2 * 26_500 * 12_500
    return Example(
        says="limit -500.00: long 2 ES, 20 ticks of 12.50 below their entry, are -500.00, at the limit: closed",
        params=Params(limit_mils=-500_000),
        events=(
            PositionReport(MORNING_NS, ES_CONTRACT, "ES", 2, cost_mils),
            MarketTrade(MORNING_NS + 1_000_000_000, ES_CONTRACT, 26_480, 1),
        ),
        expected=breach(
            "open loss in ES reached its limit",
            "long 2 ES at 26480 ticks: open -500.00 <= limit -500.00",
            Cap(ES_CONTRACT, 0),
            marks={ES_CONTRACT: 26_480},
        ),
    )


RULE = RuleDefinition(
    number=4,
    key="daily_unrealized_loss",
    title="Open loss",
    kind="trade by trade",
    params=Params,
    hears=frozenset({Quote, MarketTrade, PositionReport}),
    check=check,
    example=example,
)
