"""The exchange: the market in each contract, and the account whose orders meet it. A pure state machine.

What happens comes in as a call: `apply` for the market and the passing of time; `place`, `modify`, `cancel`, `close`
and `partial_close` for traders. What follows is told by the account (`account.py`). There is no clock here: time moves
only with what is applied. Accounting is the exchange's own, because it is the witness of what the manager claims.
"""

from collections.abc import Iterable
from typing import Any

from risk_manager.domain.commands import ModifyOrder, PlaceOrder
from risk_manager.domain.events import Event, MarketStatus, MarketTrade, Quote, TimeAdvanced
from risk_manager.domain.orders import Side
from risk_manager.errors import VenueBusy, VenueRefused
from risk_manager.sdk.normalise import shown
from risk_manager.sdk.simulated import admission, matching
from risk_manager.sdk.simulated.account import UNNAMED, Account
from risk_manager.sdk.simulated.book import Book
from risk_manager.sdk.simulated.matching import Tick
from risk_manager.sdk.simulated.model import ExchangeOrder, Listing, Origin

DEFAULT_BALANCE_MILS = 50_000_000
_PRICE_FIELDS = ("limit_ticks", "stop_ticks", "trail_ticks")


class Exchange:
    """One simulated exchange with one account.

    partial_fills: a resting limit order fills at most the size that traded.
    """

    def __init__(
        self,
        listings: Iterable[Listing],
        *,
        now_ns: int,
        account: str = UNNAMED,
        balance_mils: int = DEFAULT_BALANCE_MILS,
        partial_fills: bool = False,
    ) -> None:
        self.account = Account(listings, now_ns=now_ns, name=account, balance_mils=balance_mils)
        self.books = {contract: Book() for contract in self.account.listings}
        self.refuses_logins = False
        """Set by the script: credentials that were good are not any more."""
        self._partial_fills = partial_fills

    @property
    def now_ns(self) -> int:
        """The exchange's clock."""
        return self.account.now_ns

    # -- the market ------------------------------------------------------------------------------------------------

    def concerns(self, event: Event) -> bool:
        """Would this market event change an order? Asked before events are sent ahead of being applied."""
        if not isinstance(event, MarketTrade | Quote):
            return False
        working = self.account.working[event.contract]
        return bool(working) and any(matching.is_concerned(order, _tick(event)) for order in working.values())

    @property
    def has_working_orders(self) -> bool:
        """Is any order waiting in the book?"""
        return any(self.account.working.values())

    def apply(self, events: Iterable[Any]) -> None:
        """Let the market move, and the clock with it."""
        account = self.account
        books = self.books
        matched = account.working if self.has_working_orders else None
        now_ns = account.now_ns
        for event in events:
            now_ns = event.t_ns
            kind = type(event)
            if kind is TimeAdvanced:
                continue
            if kind is MarketTrade:
                books[event.contract].last_ticks = event.price_ticks
            elif kind is Quote:
                books[event.contract].quote(event.bid_ticks, event.ask_ticks, event.last_ticks)
            else:
                if kind is MarketStatus:
                    books[event.contract].status = event.status
                continue
            if matched is not None and matched[event.contract]:
                account.now_ns = now_ns
                self._match(event.contract, _tick(event))
        account.now_ns = now_ns

    def pass_time(self, t_ns: int) -> None:
        """Let the clock reach `t_ns`; it never goes back."""
        self.account.now_ns = max(self.account.now_ns, t_ns)

    def _match(self, contract: str, tick: Tick) -> None:
        if self.books[contract].status != "open":
            return
        left = tick.volume if self._partial_fills else None
        for order in list(self.account.working[contract].values()):
            stop_ticks = matching.trailed_stop(order, tick.last_ticks)
            if matching.stop_triggers(order, tick.last_ticks):
                self._trigger(order, tick.last_ticks)
            elif stop_ticks is not None:
                order.stop_ticks = stop_ticks
                self.account.changed(order)
            elif matching.limit_fills(order, tick):
                size = order.remaining if left is None else min(order.remaining, left)
                if size and order.limit_ticks is not None:
                    self.account.fill(order, size, order.limit_ticks)
                    left = None if left is None else left - size

    def _trigger(self, order: ExchangeOrder, last_ticks: int | None) -> None:
        order.triggered = True
        if order.type == "stop_limit":
            self.account.changed(order)
            self._fill_if_marketable(order)
        elif last_ticks is not None:
            price_ticks = matching.taker_price(order.side, self.books[order.contract], last_ticks)
            self.account.fill(order, order.remaining, price_ticks)

    def _fill_if_marketable(self, order: ExchangeOrder) -> None:
        best = self.books[order.contract].taker_ticks(order.side)
        if best is None or order.limit_ticks is None or not matching.is_reached(order.side, order.limit_ticks, best):
            return
        self.account.fill(order, order.remaining, best)

    # -- traders ---------------------------------------------------------------------------------------------------

    def place(self, command: PlaceOrder, origin: Origin, tag: str | None = None) -> int:
        """Take an order; returns its id. Raises VenueRefused or VenueBusy."""
        instrument = self._listing(command.contract).instrument
        admission.check_shape(command)
        used = None if tag is None else self.account.order_by_tag(tag)
        if used is not None and origin != "script":  # the script of another day has the same names for its orders
            raise VenueRefused(f"custom tag {tag} was used before, by order {used.order_id}")
        admission.check_open(command.contract, self.books[command.contract])
        if command.type in ("market", "trailing_stop"):
            self._taker_ticks(command.contract, command.side)
        order = self.account.open_order(command, origin, tag)
        try:
            admission.check_account(self.account.name, can_trade=self.account.can_trade)
            admission.check_prices(command, instrument)
        except VenueRefused as refusal:
            order.status, order.reason = "rejected", str(refusal)
            self.account.changed(order)
            raise
        self._meet_market(order)
        return order.order_id

    def _meet_market(self, order: ExchangeOrder) -> None:
        """A new or changed order meets the market as it stands."""
        book = self.books[order.contract]
        if order.type == "market":
            self.account.fill(order, order.remaining, self._taker_ticks(order.contract, order.side))
        elif order.type == "limit" or order.triggered:
            self._fill_if_marketable(order)
        else:
            last = book.taker_ticks(order.side) if book.last_ticks is None else book.last_ticks
            if order.stop_ticks is None:
                order.stop_ticks = matching.trailed_stop(order, last)
                self.account.changed(order)
            if matching.stop_triggers(order, last):
                self._trigger(order, last)

    def modify(self, command: ModifyOrder) -> None:
        """Change the size or prices of a working order. Raises VenueRefused."""
        order = self._working_order(command.order_id)
        if order.contract != command.contract:
            raise VenueRefused(f"order {order.order_id} is in {order.contract}, not {command.contract}")
        if command.size is not None:
            admission.check_size(command.size)
            if command.size <= order.filled:
                raise VenueRefused(f"size {command.size} is not more than the {order.filled} already filled")
        for name in _PRICE_FIELDS:
            if getattr(command, name) is not None and getattr(order, name) is None:
                raise VenueRefused(f"a {order.type} order has no {name}")
        admission.check_prices(command, self._listing(order.contract).instrument)
        changes = {name: getattr(command, name) for name in ("size", *_PRICE_FIELDS)}
        for name, value in changes.items():
            if value is not None:
                setattr(order, name, value)
        self.account.changed(order)
        if self.books[order.contract].status == "open":
            self._meet_market(order)

    def cancel(self, order_id: int) -> None:
        """Cancel a working order. Raises VenueRefused."""
        order = self._working_order(order_id)
        order.status = "cancelled"
        self.account.changed(order)

    def close(self, contract: str, origin: Origin, tag: str | None = None) -> int:
        """Close the whole position, also where the account may not trade. Raises VenueRefused or VenueBusy."""
        self._listing(contract)
        return self.partial_close(contract, abs(self.account.holdings[contract].net) or 1, origin, tag)

    def partial_close(self, contract: str, size: int, origin: Origin, tag: str | None = None) -> int:
        """Close part of a position. The tag is only noted: as at a real venue, a close may be sent twice."""
        self._listing(contract)
        admission.check_size(size)
        net = self.account.holdings[contract].net
        if net == 0:
            raise VenueRefused(f"position not found: nothing is held in {contract}")
        if size > abs(net):
            raise VenueRefused(f"invalid close size: {size} of the {abs(net)} held in {contract}")
        side: Side = -1 if net > 0 else 1
        admission.check_open(contract, self.books[contract])
        self._taker_ticks(contract, side)
        order = self.account.open_order(PlaceOrder(contract, side, size, "market"), origin, tag)
        self._meet_market(order)
        return order.order_id

    def contract_of(self, name: str) -> str:
        """The listed contract of a symbol (ES) or contract id. Raises VenueRefused."""
        if name in self.account.listings:
            return name
        for contract, listing in self.account.listings.items():
            if listing.instrument.symbol == name:
                return contract
        known = ", ".join(listing.instrument.symbol for listing in self.account.listings.values())
        raise VenueRefused(f"contract {shown(name)} not found; listed here: {known}")

    def _listing(self, contract: str) -> Listing:
        return self.account.listings[self.contract_of(contract)]

    def _taker_ticks(self, contract: str, side: Side) -> int:
        ticks = self.books[contract].taker_ticks(side)
        if ticks is None:
            raise VenueBusy(f"{contract} has no price yet", delay_s=admission.RETRY_S)
        return ticks

    def _working_order(self, order_id: int) -> ExchangeOrder:
        order = self.account.orders.get(order_id)
        if order is None:
            raise VenueRefused(f"order {shown(order_id)} not found")
        if not order.is_working:
            raise VenueRefused(f"order {order_id} is {order.status} already")
        return order


def _tick(event: MarketTrade | Quote) -> Tick:
    """What a market event says to orders."""
    if isinstance(event, MarketTrade):
        return Tick(event.price_ticks, volume=event.size)
    return Tick(event.last_ticks, event.bid_ticks, event.ask_ticks)
