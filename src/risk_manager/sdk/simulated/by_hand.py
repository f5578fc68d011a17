"""Trading at the exchange as a person would, for a command line."""

import asyncio
from pathlib import Path

from risk_manager.domain.instruments import Instruments
from risk_manager.errors import VenueAmbiguous
from risk_manager.sdk.simulated.client import SocketVenue
from risk_manager.sdk.simulated.wire import OrderWire

_DEADLINE_S = 5.0


async def trade_by_hand(socket: Path, symbol: str, net: int) -> OrderWire:
    """Buy (positive) or sell at the market.

    Raises VenueUnreachable where no exchange runs, VenueRefused, VenueBusy, VenueAmbiguous where no answer comes.
    """
    venue = SocketVenue(socket, Instruments(()), role="manual")
    try:
        async with asyncio.timeout(_DEADLINE_S):
            await venue.log_in(None)
            return await venue.trade_by_hand(symbol, net)
    except TimeoutError as error:
        raise VenueAmbiguous(
            f"{socket}: no answer within {_DEADLINE_S:g} s",
            hint="it may have been executed: look at `risk-manager exchange ledger` before trading again",
        ) from error
    finally:
        await venue.disconnect()
