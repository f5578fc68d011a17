"""The venues there are: a name, and what opens it. Loaded late, since each brings packages of its own."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from risk_manager.domain.instruments import Instruments
from risk_manager.errors import VenueRefused
from risk_manager.sdk.venue import Venue

EXCHANGE_SOCKET = "exchange.sock"


class VenueRequest(msgspec.Struct, frozen=True):
    """What a venue may need to know to be opened.

    socket, replay, speed, scenario: of the simulated venue. speed: times real time, inf for as fast as possible.
    """

    instruments: Instruments
    account: str
    data_dir: Path
    socket: Path | None
    replay: Path | None
    speed: float
    scenario: str


def open_venue(name: str, request: VenueRequest) -> Venue:
    """The adapter of a venue, not connected yet.

    Raises VenueRefused where this version has none of that name, SessionFileInvalid where a replay cannot be read.
    """
    opener = VENUES.get(name)
    if opener is None:
        known = ", ".join(VENUES)
        message = f"venue {name!r} is not in this version; it has: {known}"
        raise VenueRefused(message, hint="set the account's venue in accounts.yaml, or give --venue")
    return opener(request)


def _simulated(request: VenueRequest) -> Venue:
    if request.replay is not None:
        from risk_manager.sdk.simulated.embedded import EmbeddedVenue
        from risk_manager.sdk.simulated.floor import FloorPlan
        from risk_manager.sdk.simulated.scenarios import SCENARIOS

        plan = FloorPlan(session=request.replay, account=request.account)
        return EmbeddedVenue(plan, request.instruments, speed=request.speed, scenario=SCENARIOS[request.scenario])
    from risk_manager.sdk.simulated.client import SocketVenue

    return SocketVenue(request.socket or request.data_dir / EXCHANGE_SOCKET, request.instruments)


VENUES: dict[str, Callable[[VenueRequest], Venue]] = {"simulated": _simulated}
