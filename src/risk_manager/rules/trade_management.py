"""Rule 012: a stop and a target for every position, the stop moved to break-even and trailed. Never a violation.

The rule says which prices must be in the book; `domain/protection.py` brings the orders there. A stop only ever moves
in the position's favour, so the stop that is wanted already is all the memory this rule needs: trailing by a distance
is the best of all prices less that distance.

The average entry may lie between two ticks. It is then rounded in the direction of the position (up for a long one,
down for a short one): the stop is never further away than asked, the target never nearer, and a stop at break-even
never below it.
"""

from dataclasses import dataclass
from typing import Annotated

from risk_manager.domain.events import Event, MarketTrade, PositionReport, Quote
from risk_manager.domain.positions import Position
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import OK, Protect, Verdict, ok, unknown
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.params import Count, Nested

KEY = "trade_management"
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakeven:
    """When the stop is moved to the entry, and how far beyond it. Raises ValueError where it would be at the market."""

    trigger_ticks: Annotated[int, Count("trigger_ticks", "open profit at which the stop is moved to the entry")]
    offset_ticks: Annotated[int, Count("offset_ticks", "how far beyond the entry, less than the trigger", least=0)] = 0

    def __post_init__(self) -> None:
        if self.offset_ticks >= self.trigger_ticks:
            message = (
                f"breakeven.offset_ticks {self.offset_ticks} must be less than trigger_ticks {self.trigger_ticks}:"
                " the stop would stand at the market"
            )
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailing:
    """When the stop begins to follow the best price, and at what distance."""

    activation_ticks: Annotated[int, Count("activation_ticks", "open profit at which the stop starts to follow")]
    distance_ticks: Annotated[int, Count("distance_ticks", "how far behind the best price it follows")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Each part is optional. Raises ValueError where none is given: the rule would do nothing."""

    stop_loss_ticks: Annotated[int | None, Count("stop_loss_ticks", "stop this many ticks from the entry")] = None
    take_profit_ticks: Annotated[int | None, Count("take_profit_ticks", "target this many ticks from the entry")] = None
    breakeven: Annotated[Breakeven | None, Nested("breakeven", "move the stop to the entry", of=Breakeven)] = None
    trailing: Annotated[Trailing | None, Nested("trailing", "let the stop follow the price", of=Trailing)] = None

    def __post_init__(self) -> None:
        if (self.stop_loss_ticks, self.take_profit_ticks, self.breakeven, self.trailing) == (None, None, None, None):
            message = "none of stop_loss_ticks, take_profit_ticks, breakeven, trailing is given: nothing would be done"
            raise ValueError(message)


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Say which stop and which target the position must have; silent where they are wanted already."""
    kind = type(event)
    if kind is Quote or kind is MarketTrade:
        return _on_price(state, event.contract, params)  # type: ignore[union-attr]  # the two kinds that have a contract
    if not isinstance(event, PositionReport) or (position := state.positions.get(event.contract)) is None:
        return OK
    entry_ticks = _entry_ticks(position)
    if entry_ticks is None:
        return unknown(f"the economics of {position.symbol} are not known, so its entry is not: no stop is placed")
    # A report says nothing of the price: the one we know may be older than the position.
    return _protect(state, position, entry_ticks, params, mark_ticks=None)


def _on_price(state: AccountState, contract: str, params: Params) -> Verdict:
    """Nearly every price ends here, short of both triggers: this is the hot path."""
    breakeven, trailing = params.breakeven, params.trailing
    if breakeven is None and trailing is None:
        return OK  # the entry alone decides, and prices do not move it
    position, mark_ticks = state.positions.get(contract), state.marks.get(contract)
    if position is None or mark_ticks is None:
        return OK
    entry_ticks = _entry_ticks(position)
    if entry_ticks is None:
        return OK  # said when the position was reported
    profit_ticks = mark_ticks - entry_ticks if position.net > 0 else entry_ticks - mark_ticks
    if (breakeven is None or profit_ticks < breakeven.trigger_ticks) and (
        trailing is None or profit_ticks < trailing.activation_ticks
    ):
        return OK
    standing = state.protections.get(contract)
    if standing is not None and standing.stop_ticks is not None:
        locked_in = standing.stop_ticks - entry_ticks if position.net > 0 else entry_ticks - standing.stop_ticks
        beyond_entry = (
            breakeven is None or profit_ticks < breakeven.trigger_ticks or locked_in >= breakeven.offset_ticks
        )
        followed = trailing is None or locked_in >= profit_ticks - trailing.distance_ticks
        if beyond_entry and followed:
            return OK
    return _protect(state, position, entry_ticks, params, mark_ticks=mark_ticks)


def _entry_ticks(position: Position) -> int | None:
    """The average entry, rounded in the direction of the position; None where its economics are unknown."""
    if position.cost_mils is None or position.tick_value_mils is None:
        return None
    per_tick_mils = position.tick_value_mils * position.net
    if position.net > 0:
        return -(-position.cost_mils // per_tick_mils)
    return position.cost_mils // per_tick_mils


def _protect(
    state: AccountState, position: Position, entry_ticks: int, params: Params, *, mark_ticks: int | None
) -> Verdict:
    contract = position.contract
    direction = 1 if position.net > 0 else -1
    standing = state.protections.get(contract)
    # Prices count in the direction of the position from here on: more is better, for a short position too.
    best = _best_stop(params, direction * entry_ticks, _in_direction(mark_ticks, direction))
    if best is not None and params.take_profit_ticks is not None:
        # A target that fills in parts lets the price through: a stop beyond it would fill together with the rest of it.
        best = min(best, direction * entry_ticks + params.take_profit_ticks - 1)
    held = _in_direction(standing.stop_ticks if standing else None, direction)
    if held is not None and (best is None or held > best):
        best = held
    stop_ticks = _in_direction(best, direction)
    target_ticks = None if params.take_profit_ticks is None else entry_ticks + direction * params.take_profit_ticks
    if standing is None:
        wanted = stop_ticks is not None or target_ticks is not None
    else:
        wanted = standing.stop_ticks != stop_ticks or standing.target_ticks != target_ticks
    return ok(Protect(contract, stop_ticks, target_ticks)) if wanted else OK


def _best_stop(params: Params, entry: int, mark: int | None) -> int | None:
    """The stop that entry and price ask for, in the direction of the position: the nearest of all that apply."""
    best = None if params.stop_loss_ticks is None else entry - params.stop_loss_ticks
    if mark is None:
        return best
    if params.breakeven is not None and mark - entry >= params.breakeven.trigger_ticks:
        at_entry = entry + params.breakeven.offset_ticks
        best = at_entry if best is None else max(best, at_entry)
    if params.trailing is not None and mark - entry >= params.trailing.activation_ticks:
        behind = mark - params.trailing.distance_ticks
        best = behind if best is None else max(best, behind)
    return best


def _in_direction(ticks: int | None, direction: int) -> int | None:
    return None if ticks is None else direction * ticks


def example() -> Example:
    """Two ES, one bought at tick 26500 and one at 26501: the entry is 26500.5, rounded up for a long one to 26501."""
    cost_mils = (26_500 + 26_501) * 12_500
    return Example(
        says=(
            "stop 20, target 40, break-even at 10: long 2 ES from 6625.00 and 6625.25 gets a stop at 6620.25 and a"
            " target at 6635.25; at 6627.75, 10 ticks up, the stop is moved to the entry, 6625.25"
        ),
        params=Params(stop_loss_ticks=20, take_profit_ticks=40, breakeven=Breakeven(trigger_ticks=10)),
        events=(
            PositionReport(MORNING_NS, ES_CONTRACT, "ES", 2, cost_mils),
            MarketTrade(MORNING_NS + _SECOND_NS, ES_CONTRACT, 26_511, 1),
        ),
        expected=ok(Protect(ES_CONTRACT, 26_501, 26_541)),
    )


RULE = RuleDefinition(
    number=12,
    key=KEY,
    title="Protective orders",
    kind="automation",
    params=Params,
    hears=frozenset({PositionReport, MarketTrade, Quote}),
    check=check,
    example=example,
)
