"""Compares what we believe with what the venue says, and tells the engine the difference as ordinary events.

`take_snapshot` asks (it fails closed: an incomplete answer is no answer); `differences` is pure. The venue is right
about what happened; it is never asked what we meant.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from risk_manager.domain.events import AccountReport, Event, InputRefused, OrderReport, PositionReport, TradeReport
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.state import AccountState
from risk_manager.errors import VenueAmbiguous
from risk_manager.sdk.venue import Venue


class Snapshot(msgspec.Struct, frozen=True):
    """What the venue says at one moment.

    settled: how orders ended that we believed to be working and that it no longer lists. unresolved: ids of such orders
    of which it knows nothing; they are neither working nor gone until somebody finds out.
    """

    account: AccountReport
    positions: tuple[PositionReport, ...]
    working_orders: tuple[Order, ...]
    trades: tuple[Trade, ...]
    settled: tuple[Order, ...] = ()
    unresolved: tuple[str, ...] = ()


async def take_snapshot(venue: Venue, state: AccountState, *, since_ns: int, deadline_s: float) -> Snapshot:
    """Ask for account, positions, working orders and our trades since `since_ns`, side by side.

    Raises VenueAmbiguous where any answer is missing by the deadline, and whatever the venue raised otherwise.
    """
    try:
        async with asyncio.timeout(deadline_s):
            # The time is read first: what happens while the rest is asked must not look older than the snapshot.
            account = await venue.account()
            positions, working, trades = await asyncio.gather(
                venue.positions(), venue.working_orders(), venue.trades_since(since_ns)
            )
            listed = {str(order.order_id) for order in working}
            missing = [key for key in state.orders if key not in listed]
            found = await asyncio.gather(*(venue.order(int(key)) for key in missing))
    except TimeoutError:
        message = f"the venue did not say within {deadline_s:g} s how the account stands"
        raise VenueAmbiguous(message, hint="an incomplete answer is no answer: not starting on a guess") from None
    settled = tuple(order for order in found if order is not None)
    unresolved = tuple(key for key, order in zip(missing, found, strict=True) if order is None)
    return Snapshot(account, tuple(positions), tuple(working), tuple(trades), settled, unresolved)


def differences(state: AccountState, snapshot: Snapshot) -> Sequence[Event]:
    """The events that bring us to what the venue says: trades first, so that they are counted before they are judged.

    What already agrees changes nothing when the engine takes it in, so doing this twice is the same as doing it once.
    """
    t_ns = snapshot.account.t_ns
    events: list[Event] = [snapshot.account]
    events += [TradeReport(trade.t_ns, trade) for trade in sorted(snapshot.trades, key=lambda t: (t.t_ns, t.trade_id))]
    events += [OrderReport(order.t_ns, order) for order in (*snapshot.settled, *snapshot.working_orders)]
    why = "it was working when we last heard of it, and the venue does not know it"
    events += [InputRefused(t_ns, f"order {key}", why) for key in snapshot.unresolved]
    reported = {report.contract for report in snapshot.positions}
    for contract, position in sorted(state.positions.items()):
        if contract not in reported:
            events.append(PositionReport(t_ns, contract, position.symbol, 0, None))
    events += snapshot.positions
    return events
