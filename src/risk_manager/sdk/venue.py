"""The port to a venue: what the rest of the program may ask of it, and what it promises.

Promises every adapter keeps, and `tests/…/test_venue_contract.py` checks:

- Everything handed out is in domain units; nothing unbelievable gets through (it comes out as `InputRefused`).
- A look-up that failed raises. An empty list means that the venue said "none".
- Errors are types: `VenueRefused` (permanent), `VenueBusy` (temporary, with a delay), `VenueAmbiguous` (it may have
  happened: read before sending again), `VenueUnreachable` (not sent).
- Mutations are addressed to one account, chosen by name at connect and checked before each of them.
- Deadlines are the caller's: every call may be cancelled at any await without harm.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from risk_manager.domain.commands import ModifyOrder, PlaceOrder
from risk_manager.domain.events import AccountReport, Event, PositionReport
from risk_manager.domain.orders import Order, Trade


class Connected(msgspec.Struct, frozen=True):
    """What a successful login says.

    account_id: the venue's own id, for display; t_ns: the venue's clock; lockstep: time goes on only in `receive`.
    """

    account_name: str
    account_id: str
    t_ns: int
    lockstep: bool


class Venue(Protocol):
    """A place where one account trades."""

    @property
    def name(self) -> str:
        """`simulated`, `projectx`, …"""

    @property
    def owns_time(self) -> bool:
        """Does its stream carry `TimeAdvanced`? Where not, the engine makes one every 250 ms."""

    async def connect(self, account_name: str) -> Connected:
        """Log in and select the account by name. Raises VenueRefused or VenueUnreachable."""

    async def subscribe(self) -> None:
        """Ask for the account's own events and the market data of all contracts; returns once acknowledged.

        A simulated exchange in lockstep sends each contract's last quote again before its time moves on.
        """

    async def receive(self) -> Sequence[Event]:
        """The next events in arrival order, at least one. Raises VenueLost where the stream broke.

        In lockstep the venue's time goes on only inside this call. It may be cancelled: nothing is lost by it.
        """

    async def processed(self, count: int) -> None:
        """The first `count` events of the last batch are dealt with; the rest is sent again by a later `receive`.

        Call it before carrying out what the event at `count` led to, and `receive` only afterwards. In lockstep the
        venue then stands exactly behind that event: commands are executed, and reads answered, as of there; what they
        cause leads the next batch. Elsewhere it does nothing.
        """

    async def account(self) -> AccountReport:
        """May the account trade, and its balance."""

    async def positions(self) -> Sequence[PositionReport]:
        """Every open position, also in instruments we do not know."""

    async def working_orders(self) -> Sequence[Order]:
        """Every order that may still fill, whoever placed it."""

    async def order(self, order_id: int) -> Order | None:
        """One order as it stands or ended; None where the venue says there is none."""

    async def order_by_tag(self, tag: str) -> Order | None:
        """The order placed with this client order id; None where the venue says there is none."""

    async def trades_since(self, t_ns: int) -> Sequence[Trade]:
        """Our trades at or after `t_ns`, voided ones marked."""

    async def place(self, command: PlaceOrder, tag: str) -> int:
        """Place an order under a client order id that is unique for the account; returns the order id."""

    async def modify(self, command: ModifyOrder) -> None:
        """Change a working order."""

    async def cancel(self, order_id: int) -> None:
        """Cancel a working order. Accepted, not yet confirmed."""

    async def close(self, contract: str, tag: str) -> None:
        """Close the whole position in a contract. Accepted, not yet confirmed.

        tag: shown in the ledger by venues that can carry it; ProjectX cannot.
        """

    async def partial_close(self, contract: str, size: int, tag: str) -> None:
        """Close part of a position."""

    async def disconnect(self) -> None:
        """Leave. Never raises; may be called twice."""
