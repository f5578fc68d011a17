"""Rule 008: a position must have a stop that covers all of it, at the latest when its grace is over.

The grace begins when a position is not covered (any more): it was opened or turned round, it grew beyond its stop, or
the stop was cancelled. Adding to a position whose grace runs does not prolong it, or a contract every minute would do
without a stop for ever. At the end the venue itself is asked: a stop placed at the broker's own screen counts, one that
covers only a part does not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from risk_manager.domain.events import Event, OrderReport, PositionReport, TimeAdvanced
from risk_manager.domain.protection import is_covered
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import Action, CloseUnlessProtected, Remember, Verdict, breach, ok
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.params import Duration

KEY = "no_stop_loss_grace"
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """How long a position may be without a stop."""

    grace_ns: Annotated[int, Duration("grace", "how long a position may be without a stop that covers all of it")] = (
        60 * _SECOND_NS
    )


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Remember since when each position is not covered; one that is so for longer than the grace is a breach."""
    now_ns = max(state.now_ns, event.t_ns)
    actions: list[Action] = []
    late: list[str] = []
    for contract in _concerned(state, event):
        position = state.positions.get(contract)
        since_ns = state.remembered(KEY, contract)
        if position is None or is_covered(state.orders.values(), contract, position.net):
            if since_ns is not None:
                actions.append(Remember(contract, None))
            continue
        # A position that was turned round is another one: what ran for the old one is over.
        if since_ns is None or since_ns < position.since_ns:
            since_ns = now_ns
            actions.append(Remember(contract, since_ns))
        if now_ns - since_ns >= params.grace_ns:
            late.append(position.symbol)
            actions.append(CloseUnlessProtected(contract))
    if not late:
        return ok(*actions)
    return breach(
        f"{', '.join(late)} position without a stop",
        f"no working stop covers all of it after {params.grace_ns // _SECOND_NS} s; the venue is asked first",
        *actions,
    )


def _concerned(state: AccountState, event: Event) -> Iterator[str]:
    """The contracts whose answer this event may change."""
    if isinstance(event, PositionReport):
        yield event.contract
    elif isinstance(event, OrderReport):
        yield event.order.contract
    else:
        yield from state.positions


def wakes_ns(state: AccountState, params: Params) -> int | None:
    """The end of the grace that ends first; one whose close is already asked for needs no reminder."""
    ends = [
        since_ns + params.grace_ns
        for contract in state.positions
        if contract not in state.demands and (since_ns := state.remembered(KEY, contract)) is not None
    ]
    return min(ends, default=None)


def example() -> Example:
    """One ES is bought at 0 s and nobody places a stop; the grace is 60 s, so it ends at 60 s."""
    return Example(
        says="grace 60s: one ES is bought at 08:30:00 and has no stop at 08:31:00, so it is closed",
        params=Params(),
        events=(
            PositionReport(MORNING_NS, ES_CONTRACT, "ES", 1, 26_500 * 12_500),
            TimeAdvanced(MORNING_NS + 60 * _SECOND_NS),
        ),
        expected=breach(
            "ES position without a stop",
            "no working stop covers all of it after 60 s; the venue is asked first",
            CloseUnlessProtected(ES_CONTRACT),
        ),
    )


RULE = RuleDefinition(
    number=8,
    key=KEY,
    title="No position without a stop",
    kind="trade by trade",
    params=Params,
    hears=frozenset({PositionReport, OrderReport, TimeAdvanced}),
    check=check,
    example=example,
    wakes_ns=wakes_ns,
)
