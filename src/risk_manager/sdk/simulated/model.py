"""The exchange's own records. Prices in ticks, money in mils, times in ns; orders change, trades do not."""

from typing import Literal

import msgspec

from risk_manager.domain.instruments import Instrument
from risk_manager.domain.orders import FINAL_STATUSES, OrderStatus, OrderType, Side

Origin = Literal["manager", "script", "manual"]
"""Who asked for an order: the risk manager, the session's script, or a person with `exchange trade`."""


class Listing(msgspec.Struct, frozen=True):
    """A contract that trades here, with its economics and our fee per contract and side."""

    contract: str
    instrument: Instrument
    fee_mils: int = 0


class ExchangeOrder(msgspec.Struct):
    """An order as the exchange has it.

    t_ns: when it was placed. filled_cost: Σ price x size of its fills, in ticks. triggered: a stop that has become a
    market or limit order. reason: why it was rejected.
    """

    order_id: int
    origin: Origin
    contract: str
    side: Side
    size: int
    type: OrderType
    status: OrderStatus
    t_ns: int
    version: int = 1
    filled: int = 0
    filled_cost: int = 0
    limit_ticks: int | None = None
    stop_ticks: int | None = None
    trail_ticks: int | None = None
    triggered: bool = False
    tag: str | None = None
    reason: str = ""

    @property
    def is_working(self) -> bool:
        """May it still fill?"""
        return self.status not in FINAL_STATUSES

    @property
    def remaining(self) -> int:
        """Contracts still to fill."""
        return self.size - self.filled


class ExchangeTrade(msgspec.Struct, frozen=True):
    """One execution. pnl_mils: realized before fees; None on an opening half-turn."""

    trade_id: int
    order_id: int
    contract: str
    side: Side
    size: int
    price_ticks: int
    pnl_mils: int | None
    fees_mils: int
    t_ns: int


class OrderFact(msgspec.Struct, frozen=True, tag="order"):
    """An order as it stood after a change."""

    order: ExchangeOrder


class TradeFact(msgspec.Struct, frozen=True, tag="trade"):
    """An execution."""

    trade: ExchangeTrade


class VoidFact(msgspec.Struct, frozen=True, tag="void"):
    """An execution was taken back."""

    trade_id: int
    t_ns: int


class AccountFact(msgspec.Struct, frozen=True, tag="account"):
    """The account as it stood after a change."""

    name: str
    can_trade: bool
    balance_mils: int
    t_ns: int


class HoldingFact(msgspec.Struct, frozen=True, tag="holding"):
    """What was held when the books began: signed sizes and their prices in ticks, oldest first.

    after_trade: trades up to this id are history that these lots already contain; ids go on behind it, those of orders
    behind after_order.
    """

    contract: str
    lots: tuple[tuple[int, int], ...]
    after_trade: int
    after_order: int


class ReachedFact(msgspec.Struct, frozen=True, tag="reached"):
    """So many items of the session have happened, and the exchange's clock stands at `t_ns`."""

    items: int
    t_ns: int


class TurnedAwayFact(msgspec.Struct, frozen=True, tag="turned_away"):
    """One who may only look on asked for this (`place`, `close`, …). It was refused; `tag` is the one he gave."""

    asked: str
    custom_tag: str | None
    t_ns: int


Fact = OrderFact | TradeFact | VoidFact | AccountFact | HoldingFact | ReachedFact | TurnedAwayFact
