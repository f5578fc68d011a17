"""A fill is heard before the position it changed: between the two, what we hold is not what we believe.

An order or trade report that tells of a fill unsettles its contract, the next position report settles it. Protective
orders wait for that: one more stop for a position that is already gone would open another.
"""

from collections.abc import Sequence

from risk_manager.domain.events import Event, OrderReport, PositionReport, TradeReport
from risk_manager.domain.orders import Order
from risk_manager.domain.state import AccountState, Change


def unsettled(state: AccountState, event: Event, changes: Sequence[Change]) -> set[str]:
    """The contracts that are unsettled once the event is taken in. changes: what it did to the tables."""
    if isinstance(event, PositionReport):
        if event.contract in state.unsettled and event.t_ns >= state.reported_ns.get(event.contract, 0):
            return state.unsettled - {event.contract}
    elif isinstance(event, TradeReport | OrderReport):
        contract = _filled_in(state, event, changes)
        if contract is not None:
            return state.unsettled | {contract}
    return state.unsettled


def _filled_in(state: AccountState, event: TradeReport | OrderReport, changes: Sequence[Change]) -> str | None:
    """The contract in which this event tells of a fill that was not known; None where it tells of none."""
    if isinstance(event, TradeReport):
        return event.trade.contract if any(change.table == "trades" for change in changes) else None
    before = [change.before for change in changes if change.table == "orders"]
    known = before[0] if before else state.orders.get(str(event.order.order_id))
    filled = known.filled if isinstance(known, Order) else 0
    return event.order.contract if event.order.filled > filled else None
