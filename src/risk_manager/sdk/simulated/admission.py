"""May this order be taken? The checks an exchange makes before an order exists; each refusal says why.

What will never be right is VenueRefused; a halted market or one without a price is VenueBusy: try again.
"""

from risk_manager.domain.commands import ModifyOrder, PlaceOrder
from risk_manager.domain.instruments import Instrument
from risk_manager.domain.orders import OrderType
from risk_manager.errors import VenueBusy, VenueRefused
from risk_manager.sdk.normalise import MAX_SIZE, shown
from risk_manager.sdk.simulated.book import Book

RETRY_S = 1.0
"""How long to wait before asking again, in seconds."""
_NEEDS: dict[OrderType, tuple[str, ...]] = {
    "market": (),
    "limit": ("limit_ticks",),
    "stop": ("stop_ticks",),
    "stop_limit": ("limit_ticks", "stop_ticks"),
    "trailing_stop": ("trail_ticks",),
}


def check_shape(command: PlaceOrder) -> None:
    """Size, side and the prices that the type needs. Raises VenueRefused."""
    check_size(command.size)
    if command.side not in (1, -1):
        raise VenueRefused(f"side {shown(command.side)} is neither 1 (buy) nor -1 (sell)")
    needs = _NEEDS.get(command.type)
    if needs is None:
        raise VenueRefused(f"order type {shown(command.type)} is not one of {', '.join(_NEEDS)}")
    given = {name for name in ("limit_ticks", "stop_ticks", "trail_ticks") if getattr(command, name) is not None}
    wanted = set(needs)
    if command.type == "trailing_stop":
        given.discard("stop_ticks")  # where it starts may be said
    if given != wanted:
        words = " and ".join(sorted(wanted)) or "no price"
        raise VenueRefused(f"a {command.type} order needs {words}; given: {', '.join(sorted(given)) or 'none'}")


def check_size(size: int) -> None:
    """Raises VenueRefused."""
    if type(size) is not int or not 1 <= size <= MAX_SIZE:
        raise VenueRefused(f"size {shown(size)} is not a whole number of contracts between 1 and {MAX_SIZE}")


def check_prices(command: PlaceOrder | ModifyOrder, instrument: Instrument) -> None:
    """Prices within what is believable for the instrument. Raises VenueRefused."""
    for name, ticks in (("limit", command.limit_ticks), ("stop", command.stop_ticks)):
        if ticks is not None and not instrument.min_price_ticks <= ticks <= instrument.max_price_ticks:
            low = instrument.price_text(instrument.min_price_ticks)
            high = instrument.price_text(instrument.max_price_ticks)
            price = instrument.price_text(ticks)
            raise VenueRefused(f"{name} {price} is outside {low} to {high} for {instrument.symbol}")
    if command.trail_ticks is not None and command.trail_ticks < 1:
        raise VenueRefused(f"trail {shown(command.trail_ticks)} is not at least one tick")


def check_open(contract: str, book: Book) -> None:
    """Is the market open? Raises VenueBusy."""
    if book.status != "open":
        raise VenueBusy(f"{contract} is {book.status}", delay_s=RETRY_S)


def check_account(name: str, *, can_trade: bool) -> None:
    """May the account trade? Raises VenueRefused."""
    if not can_trade:
        raise VenueRefused(f"account {name} may not trade")
