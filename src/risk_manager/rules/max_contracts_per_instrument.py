"""Rule 002: at most so many contracts in each instrument; what is too much is reduced, or the position closed."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from risk_manager.domain.events import Event, PositionReport
from risk_manager.domain.positions import Position
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import OK, Cap, Verdict, breach
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.params import Choice, Count, SymbolCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits per root symbol, and what to do about a position that is over its limit."""

    default_limit: Annotated[int, Count("default_limit", "limit of every symbol that `limits` does not name")]
    limits: Annotated[dict[str, int], SymbolCounts("limits", "limit per root symbol")] = field(default_factory=dict)
    unknown_symbol: Annotated[
        Literal["block", "default"],
        Choice(
            "unknown_symbol",
            "a symbol that is not in instruments.yaml: hold none of it, or apply the default",
            options=("block", "default"),
        ),
    ] = "default"
    on_breach: Annotated[
        Literal["reduce", "close"],
        Choice("on_breach", "reduce to the limit, or close the whole position", options=("reduce", "close")),
    ] = "reduce"


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Compare the size of the position that changed with the limit of its symbol. At the limit is allowed."""
    if not isinstance(event, PositionReport):
        return OK
    position = state.positions.get(event.contract)
    if position is None:
        return OK
    size, limit = abs(position.net), _limit(position, params)
    if size <= limit:
        return OK
    side = "long" if position.net > 0 else "short"
    return breach(
        f"{position.symbol} position over its limit",
        f"{side} {size} > limit {limit}",
        Cap(position.contract, limit if params.on_breach == "reduce" else 0),
    )


def _limit(position: Position, params: Params) -> int:
    if position.symbol in params.limits:
        return params.limits[position.symbol]
    if position.tick_value_mils is None and params.unknown_symbol == "block":
        return 0
    return params.default_limit


def example() -> Example:
    """The limit for ES is 3; the position is short 5, so 2 are closed."""
    cost_mils = -5 * 26_500 * 12_500
    return Example(
        says="limit ES 3: short 5 is 2 over, so it is reduced to 3",
        params=Params(default_limit=5, limits={"ES": 3}),
        events=(PositionReport(MORNING_NS, ES_CONTRACT, "ES", -5, cost_mils),),
        expected=breach("ES position over its limit", "short 5 > limit 3", Cap(ES_CONTRACT, 3)),
    )


RULE = RuleDefinition(
    number=2,
    key="max_contracts_per_instrument",
    title="Maximum contracts per instrument",
    kind="trade by trade",
    params=Params,
    hears=frozenset({PositionReport}),
    check=check,
    example=example,
)
