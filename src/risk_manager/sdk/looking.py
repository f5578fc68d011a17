"""What the venue says about an intent's target, when it is asked: is it as the intent wants it?

Read before anything is sent a second time, and afterwards until the result shows. A look-up that failed is unknown: it
is neither done nor not done, and nothing is sent on the strength of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from risk_manager.domain.commands import (
    CancelOrder,
    ClosePosition,
    CloseUnprotected,
    Command,
    ModifyOrder,
    PlaceOrder,
    ReducePosition,
)
from risk_manager.domain.events import Event, OrderReport, PositionReport
from risk_manager.domain.intents import Intent
from risk_manager.domain.orders import Order
from risk_manager.domain.protection import is_covered
from risk_manager.sdk.venue import Venue


@dataclass(frozen=True, slots=True)
class Reading:
    """What the venue said when asked about an intent's target: is it as wanted, in words, and as events.

    known: False where the look-up failed. under_way: the venue still works on what was asked of it.
    """

    done: bool
    words: str
    events: tuple[Event, ...]
    known: bool = True
    under_way: bool = False


async def look(venue: Venue, intent: Intent, symbol_of: Callable[[str], str]) -> Reading:
    """Ask about an intent's target. Raises what the venue raises where the answer is missing."""
    command = intent.command
    match command:
        case ClosePosition() | ReducePosition():
            return await _look_at_position(venue, command, symbol_of(command.contract))
        case CloseUnprotected():
            return await look_at_protection(venue, command, symbol_of(command.contract))
        case CancelOrder():
            order = await venue.order(command.order_id)
            return _order_reading(order, done=order is not None and not order.is_working)
        case PlaceOrder():
            return await _look_at_placed(venue, command, intent.client_order_id, symbol_of(command.contract))
        case ModifyOrder():
            order = await venue.order(command.order_id)
            return _order_reading(order, done=order is not None and _is_modified(command, order))


async def look_at_protection(venue: Venue, command: CloseUnprotected, symbol: str) -> Reading:
    """Done when the position is gone, or when the venue's own list of working orders covers it."""
    position = await _look_at_position(venue, ClosePosition(command.contract, command.assumed_net), symbol)
    if position.done:
        return position
    orders = await venue.working_orders()
    reports = tuple(OrderReport(order.t_ns, order) for order in orders if order.contract == command.contract)
    net = next((event.net for event in position.events if isinstance(event, PositionReport)), command.assumed_net)
    covered = is_covered(orders, command.contract, net)
    words = "a working stop covers it" if covered else f"{position.words}, no working stop covers it"
    return Reading(done=covered, words=words, events=(*reports, *position.events))


async def _look_at_position(venue: Venue, command: ClosePosition | ReducePosition, symbol: str) -> Reading:
    # The time is read first: a position that appears between the two answers must not be older than "flat".
    account = await venue.account()
    reports = {report.contract: report for report in await venue.positions()}
    flat = PositionReport(account.t_ns, command.contract, symbol, 0, None)
    report = reports.get(command.contract, flat)
    wanted = 0 if isinstance(command, ClosePosition) else abs(command.assumed_net) - command.size
    done = abs(report.net) <= wanted and report.net * command.assumed_net >= 0
    return Reading(done=done, words="flat" if report.net == 0 else f"holds {report.net:+d}", events=(report,))


async def _look_at_placed(venue: Venue, command: PlaceOrder, tag: str, symbol: str) -> Reading:
    """Done when the order works or has filled, or when the position that it was to protect is not there any more."""
    order = await venue.order_by_tag(tag)
    if order is not None:
        return _order_reading(order, done=order.is_working or order.status == "filled")
    account = await venue.account()
    reports = await venue.positions()
    if is_for(command, reports):
        return _order_reading(None, done=False)
    there = tuple(report for report in reports if report.contract == command.contract)
    flat = PositionReport(account.t_ns, command.contract, symbol, 0, None)
    return Reading(done=True, words="the position it was for has changed", events=there or (flat,))


def is_for(command: PlaceOrder, reports: Sequence[PositionReport]) -> bool:
    """Is there a position that this protective order would close, no more and no less?"""
    return any(each.contract == command.contract and each.net == -command.side * command.size for each in reports)


def _order_reading(order: Order | None, *, done: bool) -> Reading:
    if order is None:
        return Reading(done=False, words="the venue knows no such order", events=())
    return Reading(done=done, words=f"order is {order.status}", events=(OrderReport(order.t_ns, order),))


def _is_modified(command: ModifyOrder, order: Order) -> bool:
    wanted = (command.size, command.limit_ticks, command.stop_ticks, command.trail_ticks)
    actual = (order.size, order.limit_ticks, order.stop_ticks, order.trail_ticks)
    return all(want in {None, is_now} for want, is_now in zip(wanted, actual, strict=True))


async def look_back(venue: Venue, intent: Intent, symbol_of: Callable[[str], str]) -> Reading:
    """Ask about what an earlier life may have sent: also whether the venue still works on it. Raises as `look`."""
    reading = await look(venue, intent, symbol_of)
    if reading.done:
        return reading
    return replace(reading, under_way=await is_under_way(venue, intent.command))


async def is_under_way(venue: Venue, command: Command) -> bool:
    """A close of this position that is not filled yet: another one would close what is not there any more."""
    if not isinstance(command, ClosePosition | CloseUnprotected | ReducePosition):
        return False
    return any(
        order.contract == command.contract and order.type == "market" and order.side * command.assumed_net < 0
        for order in await venue.working_orders()
    )
