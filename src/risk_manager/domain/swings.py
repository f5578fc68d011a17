"""How far a price moved lately: highest less lowest of each watched contract within a window.

Kept beside the durable tables, as marks are: after a restart it is unknown until prices come again. Each price costs a
few comparisons, however long the window and however many contracts there are; contracts that nobody watches cost one
look into a dictionary.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Move(NamedTuple):
    """The lowest and the highest price within the window."""

    low_ticks: int
    high_ticks: int


class _Window:
    """The prices of one contract that may still become its highest or lowest, oldest first."""

    __slots__ = ("highs", "limit_ticks", "lows")

    def __init__(self, limit_ticks: int) -> None:
        self.limit_ticks = limit_ticks
        self.highs: deque[tuple[int, int]] = deque()
        self.lows: deque[tuple[int, int]] = deque()

    def take(self, t_ns: int, ticks: int, window_ns: int) -> Move:
        highs, lows = self.highs, self.lows
        while highs and highs[-1][1] <= ticks:
            highs.pop()
        while lows and lows[-1][1] >= ticks:
            lows.pop()
        highs.append((t_ns, ticks))
        lows.append((t_ns, ticks))
        oldest_ns = t_ns - window_ns
        while highs[0][0] < oldest_ns:
            highs.popleft()
        while lows[0][0] < oldest_ns:
            lows.popleft()
        return Move(lows[0][1], highs[0][1])


class Swings:
    """Watches the contracts of the symbols that have a limit.

    limits_ticks: root symbol to the move that is still allowed. beyond: contracts that moved more, with their move.
    """

    def __init__(self, limits_ticks: Mapping[str, int], window_ns: int, symbol_of: Callable[[str], str]) -> None:
        self._limits_ticks = limits_ticks
        self._window_ns = window_ns
        self.symbol_of = symbol_of
        self._windows: dict[str, _Window | None] = {}
        self.beyond: dict[str, Move] = {}

    def take(self, contract: str, t_ns: int, ticks: int) -> None:
        """One price."""
        try:
            window = self._windows[contract]
        except KeyError:
            limit_ticks = self._limits_ticks.get(self.symbol_of(contract))
            window = self._windows[contract] = None if limit_ticks is None else _Window(limit_ticks)
        if window is None:
            return
        move = window.take(t_ns, ticks, self._window_ns)
        if move.high_ticks - move.low_ticks > window.limit_ticks:
            self.beyond[contract] = move
        elif self.beyond:
            self.beyond.pop(contract, None)

    def forget(self, symbol: str) -> None:
        """Begin anew with this symbol: an operator has looked at what happened."""
        for contract in list(self._windows):
            if self.symbol_of(contract) == symbol:
                del self._windows[contract]
                self.beyond.pop(contract, None)
