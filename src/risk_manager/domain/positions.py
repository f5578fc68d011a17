"""A position, and what fills do to it. Exact: what one side gains the other loses, to the mil."""

import msgspec

from risk_manager.domain.orders import Side


class Position(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """What the account holds in one contract; a flat contract has no position.

    net: contracts, positive long, negative short, never 0.
    cost_mils: signed entry cost (Σ price x tick value x size, with the sign of `net`); None where it is unknown.
    tick_value_mils: None where the instrument is unknown.
    t_ns: of the report it comes from; an older report never replaces a newer one. since_ns: when it was opened.
    """

    contract: str
    symbol: str
    net: int
    cost_mils: int | None
    tick_value_mils: int | None
    t_ns: int
    since_ns: int


class Fills(msgspec.Struct, frozen=True):
    """A run of fills in one contract: net size, entry cost of what is open, and what was realized. Ints only."""

    net: int = 0
    cost_mils: int = 0
    realized_mils: int = 0


def apply_fill(fills: Fills, side: Side, size: int, price_ticks: int, tick_value_mils: int) -> Fills:
    """Add one fill.

    What is closed leaves at the average entry cost, rounded towards minus infinity to a whole mil; the remainder stays
    with what is still open, so that realized plus open never loses a mil.
    Raises ValueError where size is not positive.
    """
    if size <= 0:
        message = f"fill size {size}: must be positive"
        raise ValueError(message)
    signed = side * size
    value_mils = price_ticks * tick_value_mils
    if fills.net * signed >= 0:
        return Fills(fills.net + signed, fills.cost_mils + value_mils * signed, fills.realized_mils)
    closing = min(size, abs(fills.net))
    cost_out_mils = fills.cost_mils * closing // abs(fills.net)
    proceeds_mils = value_mils * closing * (1 if fills.net > 0 else -1)
    left = Fills(
        fills.net + side * closing,
        fills.cost_mils - cost_out_mils,
        fills.realized_mils + proceeds_mils - cost_out_mils,
    )
    opening = size - closing
    if opening == 0:
        return left
    return Fills(side * opening, value_mils * side * opening, left.realized_mils)


def open_pnl_mils(net: int, cost_mils: int, tick_value_mils: int, mark_ticks: int) -> int:
    """Open profit or loss at a mark: short MNQ from 26000 to 25990 at 500 mils a tick of 0.25 is +20 dollars."""
    return mark_ticks * tick_value_mils * net - cost_mils
