"""When does a working order trigger or fill, and at what price? Pure functions of one order and the market.

A limit order fills when a trade happens through or at its price, or when the other side of the quote reaches it, and at
its own price. A stop triggers on the last price and then takes the worse of the quote and the trade that triggered it:
the quote may be older than the trade. A trailing stop follows the last price at its distance and never retreats.
"""

import msgspec

from risk_manager.domain.orders import Side
from risk_manager.sdk.simulated.book import Book
from risk_manager.sdk.simulated.model import ExchangeOrder


class Tick(msgspec.Struct, frozen=True):
    """What one market event says. `volume` is the traded size, None for a quote."""

    last_ticks: int | None
    bid_ticks: int | None = None
    ask_ticks: int | None = None
    volume: int | None = None


def is_reached(side: Side, limit_ticks: int, price_ticks: int) -> bool:
    """Does a price satisfy a limit?"""
    return price_ticks <= limit_ticks if side > 0 else price_ticks >= limit_ticks


def limit_fills(order: ExchangeOrder, tick: Tick) -> bool:
    """Does this event fill a resting limit order?"""
    if order.limit_ticks is None or not (order.type == "limit" or order.triggered):
        return False
    other_side = tick.ask_ticks if order.side > 0 else tick.bid_ticks
    traded = tick.last_ticks if tick.volume is not None else None
    return any(price is not None and is_reached(order.side, order.limit_ticks, price) for price in (traded, other_side))


def stop_triggers(order: ExchangeOrder, last_ticks: int | None) -> bool:
    """Has the last price reached the stop?"""
    if order.triggered or order.stop_ticks is None or last_ticks is None:
        return False
    return last_ticks >= order.stop_ticks if order.side > 0 else last_ticks <= order.stop_ticks


def trailed_stop(order: ExchangeOrder, last_ticks: int | None) -> int | None:
    """Where a trailing stop moves to on this last price; None where it stays."""
    if order.type != "trailing_stop" or order.triggered or order.trail_ticks is None or last_ticks is None:
        return None
    follows = last_ticks + order.side * order.trail_ticks
    if order.stop_ticks is None:
        return follows
    nearer = follows < order.stop_ticks if order.side > 0 else follows > order.stop_ticks
    return follows if nearer else None


def taker_price(side: Side, book: Book, trigger_ticks: int) -> int:
    """What a triggered stop pays: the worse of the quote and the trade that triggered it."""
    best = book.taker_ticks(side)
    if best is None:
        return trigger_ticks
    return max(best, trigger_ticks) if side > 0 else min(best, trigger_ticks)


def is_concerned(order: ExchangeOrder, tick: Tick) -> bool:
    """Would this event change the order in any way? What the exchange asks before it sends events ahead."""
    return (
        limit_fills(order, tick)
        or stop_triggers(order, tick.last_ticks)
        or trailed_stop(order, tick.last_ticks) is not None
    )
