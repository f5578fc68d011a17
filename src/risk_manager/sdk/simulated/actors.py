"""Carries out what the script says that traders and the venue's staff do."""

from collections import deque

from risk_manager.domain.commands import ModifyOrder, PlaceOrder
from risk_manager.domain.orders import Side
from risk_manager.errors import VenueError, VenueRefused
from risk_manager.sdk.normalise import Unbelievable, price_ticks
from risk_manager.sdk.sessions.script import ALL_ORDERS, Action
from risk_manager.sdk.simulated.exchange import Exchange


def act(exchange: Exchange, action: Action, notes: deque[str]) -> bool:
    """Let one action happen; True where it cuts the manager's connection.

    A trader whose order the exchange refuses (because the manager was quicker, say) gets a note and goes on.
    """
    try:
        _carry_out(exchange, action)
    except (VenueError, Unbelievable) as refusal:
        notes.append(f"script line {action.line}: {action.verb} {action.contract}: {refusal}")
    return action.verb == "disconnect"


def _carry_out(exchange: Exchange, action: Action) -> None:
    if action.verb in ("buy", "sell"):
        side: Side = 1 if action.verb == "buy" else -1
        _place(exchange, action, side)
    elif action.verb == "close":
        contract = exchange.contract_of(action.contract)
        if action.size is None:
            exchange.close(contract, "script")
        else:
            exchange.partial_close(contract, action.size, "script")
    elif action.verb == "cancel":
        for order_id in _orders_named(exchange, action.name):
            exchange.cancel(order_id)
    elif action.verb == "modify":
        _modify(exchange, action)
    else:
        _act_as_staff(exchange, action)


def _act_as_staff(exchange: Exchange, action: Action) -> None:
    """What no trader does: the venue's own people, and its faults."""
    if action.verb == "can_trade":
        exchange.account.set_can_trade(allowed=action.value)
    elif action.verb == "refuse_logins":
        exchange.refuses_logins = action.value
    elif action.verb == "echo_trade":
        exchange.account.echo_trade()
    elif action.verb == "void":
        exchange.account.void_trade(max(exchange.account.trades, default=0) if action.trade is None else action.trade)


def _ticks(exchange: Exchange, contract: str, text: str | None) -> int | None:
    return None if text is None else price_ticks(text, exchange.account.listings[contract].instrument)


def _tag(name: str) -> str | None:
    """How an order that the script named is found again, also after the exchange was restarted."""
    return f"script.{name}" if name else None


def _place(exchange: Exchange, action: Action, side: Side) -> None:
    contract = exchange.contract_of(action.contract)
    command = PlaceOrder(
        contract=contract,
        side=side,
        size=action.size or 0,
        type=action.type,
        limit_ticks=_ticks(exchange, contract, action.limit),
        stop_ticks=_ticks(exchange, contract, action.stop),
        trail_ticks=action.trail_ticks,
    )
    exchange.place(command, "script", _tag(action.name))


def _modify(exchange: Exchange, action: Action) -> None:
    (order_id,) = _orders_named(exchange, action.name)
    contract = exchange.account.orders[order_id].contract
    command = ModifyOrder(
        order_id=order_id,
        contract=contract,
        size=action.size,
        limit_ticks=_ticks(exchange, contract, action.limit),
        stop_ticks=_ticks(exchange, contract, action.stop),
        trail_ticks=action.trail_ticks,
    )
    exchange.modify(command)


def _orders_named(exchange: Exchange, name: str) -> list[int]:
    if name == ALL_ORDERS:
        return [order.order_id for order in exchange.account.working_orders()]
    order = exchange.account.order_by_tag(_tag(name) or "")
    if order is None:
        raise VenueRefused(f"no order was placed under the name {name}")
    return [order.order_id]
