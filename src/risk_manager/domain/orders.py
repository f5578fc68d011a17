"""Orders and trades as the venue reports them, and the words for their sides, types and states."""

from typing import Literal

import msgspec

Side = Literal[1, -1]
"""+1 buys, -1 sells; the same sign as the exposure it adds."""

OrderType = Literal["market", "limit", "stop", "stop_limit", "trailing_stop"]
OrderStatus = Literal["pending", "working", "partially_filled", "filled", "cancelled", "rejected", "expired"]

FINAL_STATUSES: frozenset[str] = frozenset({"filled", "cancelled", "rejected", "expired"})


class Order(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """One order at the venue. Prices in ticks, sizes in contracts, times in ns since the epoch.

    version: grows with every change the venue makes to the order; identity is (order_id, version), never a timer.
    tag: the client order id it was placed with, if any; orders that this program did not place have none of ours.
    trail_ticks: distance of a trailing stop.
    """

    order_id: int
    contract: str
    symbol: str
    side: Side
    size: int
    type: OrderType
    status: OrderStatus
    filled: int
    t_ns: int
    version: int
    limit_ticks: int | None = None
    stop_ticks: int | None = None
    trail_ticks: int | None = None
    tag: str | None = None

    @property
    def is_working(self) -> bool:
        """May it still fill?"""
        return self.status not in FINAL_STATUSES

    @property
    def remaining(self) -> int:
        """Contracts that may still fill."""
        return self.size - self.filled if self.is_working else 0


class Trade(msgspec.Struct, frozen=True):
    """One execution of ours, as the venue's trade history has it.

    pnl_mils: realized profit or loss before fees; None on an opening half-turn. fees_mils: at least 0.
    voided: the venue took the trade back; its effect is to be taken back out.
    """

    trade_id: int
    order_id: int
    contract: str
    symbol: str
    side: Side
    size: int
    price_ticks: int
    pnl_mils: int | None
    fees_mils: int
    t_ns: int
    voided: bool = False
