"""What is held in one contract, first in first out. The exchange's own books, kept apart from the manager's."""

from collections import deque
from collections.abc import Sequence

import msgspec

from risk_manager.domain.orders import Side


class Booked(msgspec.Struct, frozen=True):
    """Part of a fill: so many contracts that closed (with their profit or loss) or opened (pnl_mils is None)."""

    size: int
    pnl_mils: int | None


class Holding:
    """The lots of one contract, oldest first; all lots have the sign of the position."""

    def __init__(self, tick_value_mils: int) -> None:
        self._tick_value_mils = tick_value_mils
        self._lots: deque[tuple[int, int]] = deque()  # (signed size, price in ticks)

    @property
    def net(self) -> int:
        """Contracts held, negative for short."""
        return sum(size for size, _ in self._lots)

    @property
    def cost_ticks(self) -> int:
        """Σ price x signed size."""
        return sum(size * ticks for size, ticks in self._lots)

    @property
    def cost_mils(self) -> int:
        """The signed entry cost of what is held."""
        return self.cost_ticks * self._tick_value_mils

    def book(self, side: Side, size: int, price_ticks: int) -> Sequence[Booked]:
        """Book a fill. A fill through zero is two parts: what closed, and what opened the other way."""
        closed = 0
        pnl_ticks = 0
        while size and self._lots and (self._lots[0][0] > 0) != (side > 0):
            lot_size, lot_ticks = self._lots[0]
            part = min(size, abs(lot_size))
            sign = 1 if lot_size > 0 else -1
            pnl_ticks += sign * part * (price_ticks - lot_ticks)
            if part == abs(lot_size):
                self._lots.popleft()
            else:
                self._lots[0] = (lot_size - sign * part, lot_ticks)
            closed += part
            size -= part
        parts = [Booked(closed, pnl_ticks * self._tick_value_mils)] if closed else []
        if size:
            self._lots.append((side * size, price_ticks))
            parts.append(Booked(size, None))
        return parts
