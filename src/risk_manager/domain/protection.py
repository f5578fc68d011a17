"""Protective orders: does a stop cover a position, and which orders of ours are missing, wrong or left over."""

from collections.abc import Iterable, Iterator

from risk_manager.domain.commands import CancelOrder, Command, ModifyOrder, PlaceOrder
from risk_manager.domain.intents import ID_PREFIX
from risk_manager.domain.orders import Order, OrderType, Side
from risk_manager.domain.positions import Position
from risk_manager.domain.state import AccountState, Protection

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

    A stop is only ever moved in the position's favour; where a worse price is asked for, its size alone is mended.
    """
    for order in state.orders.values():
        if _is_ours(order) and not _is_wanted(state, order):
            yield CancelOrder(order.order_id, order.contract), "trade_management"
    for contract, wanted in state.protections.items():
        position = state.positions.get(contract)
        if position is None:
            continue
        prices: dict[OrderType, int | None] = {"stop": wanted.stop_ticks, "limit": wanted.target_ticks}
        for kind, price_ticks in prices.items():
            command = _bring_about(state, position, kind, price_ticks) if price_ticks is not None else None
            if command is not None:
                yield command, wanted.rule


def _is_ours(order: Order) -> bool:
    return order.type != "market" and order.tag is not None and order.tag.startswith(ID_PREFIX)


def _is_wanted(state: AccountState, order: Order) -> bool:
    wanted: Protection | None = state.protections.get(order.contract)
    position = state.positions.get(order.contract)
    if wanted is None or position is None or order.side * position.net > 0:
        return False
    return (wanted.stop_ticks if order.type == "stop" else wanted.target_ticks) is not None


def _bring_about(state: AccountState, position: Position, kind: OrderType, price_ticks: int) -> Command | None:
    side: Side = -1 if position.net > 0 else 1
    size = abs(position.net)
    for order in state.orders.values():
        if order.contract != position.contract or not _is_ours(order) or order.type != kind or order.side != side:
            continue
        now_ticks = order.stop_ticks if kind == "stop" else order.limit_ticks
        better = now_ticks is None or kind == "limit" or (price_ticks - now_ticks) * position.net > 0
        moved = price_ticks if better and price_ticks != now_ticks else None
        resized = size if order.remaining != size else None
        if moved is None and resized is None:
            return None
        total = None if resized is None else order.filled + size
        if kind == "stop":
            return ModifyOrder(order.order_id, order.contract, size=total, stop_ticks=moved)
        return ModifyOrder(order.order_id, order.contract, size=total, limit_ticks=moved)
    if kind == "stop":
        return PlaceOrder(position.contract, side, size, "stop", stop_ticks=price_ticks)
    return PlaceOrder(position.contract, side, size, "limit", limit_ticks=price_ticks)
