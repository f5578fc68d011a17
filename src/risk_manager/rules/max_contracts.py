"""Rule 001: at most so many contracts in the whole account; what is too much is taken off the newest exposure.

`net` lets positions on opposite sides offset each other, `gross` adds them all up. A contract counts as one whatever
its instrument, so that a position in an unknown instrument counts as well.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from risk_manager.domain.events import Event, PositionReport
from risk_manager.domain.positions import Position
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import OK, Cap, Verdict, breach
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.params import Choice, Count

_MNQ_CONTRACT = "CON.F.US.MNQ.Z25"
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The limit, how contracts are counted, and what is done about too many."""

    limit: Annotated[int, Count("limit", "contracts that may be open in the whole account")]
    count_type: Annotated[
        Literal["net", "gross"],
        Choice("count_type", "long and short offset each other, or all are added up", options=("net", "gross")),
    ] = "net"
    on_breach: Annotated[
        Literal["reduce", "close"],
        Choice(
            "on_breach",
            "reduce to the limit, newest exposure first, or close the position that breached",
            options=("reduce", "close"),
        ),
    ] = "reduce"


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Compare the number of contracts with the limit. At the limit is allowed."""
    if not isinstance(event, PositionReport) or not state.positions:
        return OK
    count = _COUNTS[params.count_type]
    held = {contract: position.net for contract, position in state.positions.items()}
    size = abs(count(held))
    if size <= params.limit:
        return OK
    parts = " ".join(f"{position.symbol} {position.net:+d}" for position in state.positions.values())
    return breach(
        "too many contracts in the account",
        f"{parts}: {params.count_type} {size} > limit {params.limit}",
        *_caps(state, count, params),
    )


def _caps(state: AccountState, count: Callable[[dict[str, int]], int], params: Params) -> Iterator[Cap]:
    """What must shrink. What was asked for already counts as gone, so that a late report asks for nothing twice.

    Closing a whole position may leave too much on the other side, so it is looked at again until nothing is too much.
    """
    coming = {contract: _after_demand(state, position) for contract, position in state.positions.items()}
    newest_first = [position.contract for position in sorted(state.positions.values(), key=_newest_first)]
    while abs(total := count(coming)) > params.limit:
        # In net a position on the other side is no excess: it offsets what is too much.
        shrinks = (c for c in newest_first if coming[c] and (params.count_type == "gross" or coming[c] * total > 0))
        contract = next(shrinks)
        net, excess = coming[contract], abs(total) - params.limit
        kept = max(0, abs(net) - excess) if params.on_breach == "reduce" else 0
        coming[contract] = kept if net > 0 else -kept
        yield Cap(contract, kept)


def _after_demand(state: AccountState, position: Position) -> int:
    demand = state.demands.get(position.contract)
    if demand is None or demand.unless_protected or demand.max_size >= abs(position.net):
        return position.net
    return demand.max_size if position.net > 0 else -demand.max_size


def _newest_first(position: Position) -> tuple[int, int, str]:
    """The position whose size changed last comes first; of equal ones the one opened last, then by name."""
    return (-position.t_ns, -position.since_ns, position.contract)


def _net(held: dict[str, int]) -> int:
    return sum(held.values())


def _gross(held: dict[str, int]) -> int:
    return sum(map(abs, held.values()))


_COUNTS: dict[str, Callable[[dict[str, int]], int]] = {"net": _net, "gross": _gross}


def example() -> Example:
    """The limit is 5. Long 3 ES and, a second later, long 4 MNQ are 7: the newer MNQ is reduced by 2, to 2."""
    return Example(
        says="limit 5 net: long 3 ES and then long 4 MNQ are 7, so MNQ, the newest, is reduced by 2",
        params=Params(limit=5),
        events=(
            PositionReport(MORNING_NS, ES_CONTRACT, "ES", 3, 3 * 26_500 * 12_500),
            PositionReport(MORNING_NS + _SECOND_NS, _MNQ_CONTRACT, "MNQ", 4, None),
        ),
        expected=breach("too many contracts in the account", "ES +3 MNQ +4: net 7 > limit 5", Cap(_MNQ_CONTRACT, 2)),
    )


RULE = RuleDefinition(
    number=1,
    key="max_contracts",
    title="Maximum contracts",
    kind="trade by trade",
    params=Params,
    hears=frozenset({PositionReport}),
    check=check,
    example=example,
)
