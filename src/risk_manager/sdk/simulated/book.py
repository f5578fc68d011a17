"""The market in one contract as the exchange knows it: best bid, best ask, last price, and whether it is open."""

from typing import Literal

from risk_manager.domain.orders import Side

MarketState = Literal["open", "halted", "closed"]


class Book:
    """Best prices in ticks; None is "not known yet". Where only trades are known, the last trade is bid and ask."""

    __slots__ = ("ask_ticks", "bid_ticks", "last_ticks", "status")

    def __init__(self) -> None:
        self.bid_ticks: int | None = None
        self.ask_ticks: int | None = None
        self.last_ticks: int | None = None
        self.status: MarketState = "open"

    def taker_ticks(self, side: Side) -> int | None:
        """What a market order pays: the ask for a buy, the bid for a sell, else the last price."""
        best = self.ask_ticks if side > 0 else self.bid_ticks
        return self.last_ticks if best is None else best

    @property
    def has_price(self) -> bool:
        """Is any price known?"""
        return self.last_ticks is not None or self.bid_ticks is not None or self.ask_ticks is not None

    def quote(self, bid: int | None, ask: int | None, last: int | None) -> None:
        """Take a merged quote; a side it does not have is not known (any more)."""
        self.bid_ticks = bid
        self.ask_ticks = ask
        self.last_ticks = self.last_ticks if last is None else last
