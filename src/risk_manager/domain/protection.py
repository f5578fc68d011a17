"""Protective orders: does a stop cover a position, and which orders of ours are missing, wrong or left over."""

from collections.abc import Iterable, Iterator

from risk_manager.domain.commands import CancelOrder, Command, ModifyOrder, PlaceOrder
from risk_manager.domain.intents import ID_PREFIX
from risk_manager.domain.orders import Order, OrderType, Side
from risk_manager.domain.positions import Position
from risk_manager.domain.state import AccountState, Protection

OWNER = "trade_management"
"""The rule on whose behalf a protective order without a position is cancelled."""
STOP_TYPES: frozenset[str] = frozenset({"stop", "stop_limit", "trailing_stop"})


def is_covered(orders: Iterable[Order], contract: str, net: int) -> bool:
    """Do the working stops on the closing side together cover the whole position?"""
    covered = sum(
        order.remaining
        for order in orders
        if order.contract == contract and order.type in STOP_TYPES and order.side * net < 0
    )
    return covered >= abs(net)


def protective_commands(state: AccountState) -> Iterator[tuple[Command, str]]:
    """What brings our protective orders to what is wanted, and the rule it is for.

    A stop is only ever moved in the position's favour; where a worse price is asked for, its size alone is mended. Of
    several orders of ours for one purpose the oldest stays. An order that somebody else placed is never touched.
    """
    if not state.orders and not state.protections:
        return
    ours: dict[tuple[str, OrderType], Order] = {}
    for order in state.orders.values():
        if not is_ours(order):
            continue
        if is_wanted(state, order) and (order.contract, order.type) not in ours:
            ours[order.contract, order.type] = order
        else:
            yield CancelOrder(order.order_id, order.contract), OWNER
    for contract, wanted in state.protections.items():
        position = state.positions.get(contract)
        if position is None:
            continue
        for kind, price_ticks in _prices(wanted):
            order_there = ours.get((contract, kind))
            if order_there is not None:
                command = _mend(position, order_there, price_ticks)
            else:
                command = _place(state, position, kind, price_ticks)
            if command is not None:
                yield command, wanted.rule


def is_ours(order: Order) -> bool:
    """Is it a protective order of this program? Its closes are market orders."""
    return order.type != "market" and order.tag is not None and order.tag.startswith(ID_PREFIX)


def is_wanted(state: AccountState, order: Order) -> bool:
    """Is it a protective order of ours, for the position as it is?"""
    wanted = state.protections.get(order.contract)
    position = state.positions.get(order.contract)
    if wanted is None or position is None or order.side * position.net > 0 or not is_ours(order):
        return False
    return any(kind == order.type for kind, _ in _prices(wanted))


def _prices(wanted: Protection) -> Iterator[tuple[OrderType, int]]:
    if wanted.stop_ticks is not None:
        yield "stop", wanted.stop_ticks
    if wanted.target_ticks is not None:
        yield "limit", wanted.target_ticks


def _mend(position: Position, order: Order, price_ticks: int) -> Command | None:
    """Bring an order of ours to its size and price; None where it has them."""
    size = abs(position.net)
    total = None if order.remaining == size else order.filled + size
    if order.type == "stop":
        nearer = order.stop_ticks is None or (price_ticks - order.stop_ticks) * position.net > 0
        moved = price_ticks if nearer else None
        return (
            ModifyOrder(order.order_id, order.contract, total, stop_ticks=moved)
            if (total, moved) != (None, None)
            else None
        )
    moved = None if price_ticks == order.limit_ticks else price_ticks
    return (
        ModifyOrder(order.order_id, order.contract, total, limit_ticks=moved)
        if (total, moved) != (None, None)
        else None
    )


def _place(state: AccountState, position: Position, kind: OrderType, price_ticks: int) -> Command | None:
    """A new order of ours. No stop where the trader's own cover the position at least as near: both would fill."""
    side: Side = -1 if position.net > 0 else 1
    size = abs(position.net)
    if kind == "limit":
        return PlaceOrder(position.contract, side, size, "limit", limit_ticks=price_ticks)
    nearer = (
        order
        for order in state.orders.values()
        if order.stop_ticks is not None and (order.stop_ticks - price_ticks) * position.net >= 0
    )
    if is_covered(nearer, position.contract, position.net):
        return None
    return PlaceOrder(position.contract, side, size, "stop", stop_ticks=price_ticks)
