"""Compares what we believe with what the venue says, and tells the engine the difference as ordinary events.

`take_snapshot` asks (it fails closed: an incomplete answer is no answer); the rest is pure. The venue is right about
what happened; it is never asked what we meant. What already agrees changes nothing when the engine takes it in, so
doing this twice, or again after a crash in the middle of it, is the same as doing it once.
"""

import asyncio
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from risk_manager.domain.agreeing import is_same_fill
from risk_manager.domain.events import (
    AccountReport,
    Event,
    OrderReport,
    OrderUnresolved,
    PositionReport,
    Reconciled,
    TradeReport,
)
from risk_manager.domain.fills import tallied, tally
from risk_manager.domain.invariants import broken
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.state import AccountState
from risk_manager.domain.tolerance import Tolerance
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

    An order that we believe to be working and that is not listed is asked for by its id. Raises VenueAmbiguous where
    any answer is missing by the deadline, and whatever the venue raised otherwise.
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


def differences(state: AccountState, snapshot: Snapshot, tolerance: Tolerance, *, confirmed: bool) -> list[Event]:
    """The events that bring us to what the venue says: trades first, so that they are counted before they are judged.

    confirmed: the venue was asked twice and nothing is under way, so what it says of positions is final.
    """
    t_ns = snapshot.account.t_ns
    events: list[Event] = [snapshot.account]
    events += [_told_of_trade(state, trade, t_ns) for trade in sorted(snapshot.trades, key=_when)]
    events += [_told_of_order(state, order, t_ns) for order in (*snapshot.settled, *snapshot.working_orders)]
    events += _told_of_missing(state, snapshot, tolerance)
    for report in reports(state, snapshot):
        if confirmed and contradicts_newer(state, report):
            held, says = _held(state, report.contract), report.net
            text = f"{report.contract}: the venue says {says:+d} twice, of an earlier time than the {held:+d} we heard"
            events.append(broken(t_ns, "INV-003", text, report.symbol))
        else:
            events.append(report)
    events.append(Reconciled(t_ns, confirmed))
    return events


def reports(state: AccountState, snapshot: Snapshot) -> list[PositionReport]:
    """What the venue says of every contract that it or we hold, as of the moment it was asked; not listed is flat."""
    t_ns = snapshot.account.t_ns
    listed = {report.contract for report in snapshot.positions}
    flat = [
        PositionReport(t_ns, contract, position.symbol, 0, None)
        for contract, position in sorted(state.positions.items())
        if contract not in listed
    ]
    return [*flat, *(replace(report, t_ns=max(report.t_ns, t_ns)) for report in snapshot.positions)]


def unexplained(state: AccountState, snapshot: Snapshot) -> dict[str, int]:
    """By how many contracts the venue's positions differ from what our fills make, the ones it just told included."""
    found: dict[str, int] = {}
    nets = {report.contract: report.net for report in snapshot.positions}
    for contract in tallied(state):  # a contract without a book was never reported: the baseline, and no difference
        book = tally(state, contract)
        if book is None:
            continue
        fills_net = book.net + sum(_adds(state, trade, book.since_ns) for trade in _of(snapshot, contract))
        apart = nets.get(contract, 0) - fills_net
        if apart:
            found[contract] = apart
    return found


def is_doubtful(state: AccountState, snapshot: Snapshot) -> bool:
    """Does it need a second look, because the venue's positions follow neither from our fills nor from our clock?"""
    return bool(unexplained(state, snapshot)) or any(
        contradicts_newer(state, report) for report in reports(state, snapshot)
    )


def says_the_same(first: Snapshot, second: Snapshot) -> bool:
    """Are positions and fills in both answers the same? Times may differ, and so may what is only working."""
    nets = [{(report.contract, report.net) for report in each.positions} for each in (first, second)]
    return nets[0] == nets[1] and set(first.trades) == set(second.trades)


def is_current(state: AccountState, snapshot: Snapshot, since_ns: int) -> bool:
    """Does the answer know every fill that we know? Where not, it is older than what we heard."""
    told = {trade.trade_id for trade in snapshot.trades}
    return all(row.trade.trade_id in told for row in state.trades.values() if row.trade.t_ns >= since_ns)


def contradicts_newer(state: AccountState, report: PositionReport) -> bool:
    """Is it another position than the one we heard of later?"""
    position = state.positions.get(report.contract)
    heard_ns = state.reported_ns.get(report.contract, position.t_ns if position else 0)
    return report.t_ns < heard_ns and report.net != _held(state, report.contract)


def _held(state: AccountState, contract: str) -> int:
    position = state.positions.get(contract)
    return position.net if position else 0


def _when(trade: Trade) -> tuple[int, int]:
    return trade.t_ns, trade.trade_id


def _of(snapshot: Snapshot, contract: str) -> Iterator[Trade]:
    """Each fill in a contract once, however often it is listed."""
    return (trade for trade in {each.trade_id: each for each in snapshot.trades}.values() if trade.contract == contract)


def _adds(state: AccountState, trade: Trade, since_ns: int) -> int:
    """Signed contracts that a fill of the answer adds to what was counted."""
    known = state.trades.get(str(trade.trade_id))
    before = known is not None and not known.trade.voided
    change = int(not trade.voided) - int(before)
    return change * trade.side * trade.size if trade.t_ns > since_ns else 0


def _told_of_trade(state: AccountState, trade: Trade, t_ns: int) -> Event:
    known = state.trades.get(str(trade.trade_id))
    if known is None or replace(known.trade, voided=trade.voided) == trade:
        return TradeReport(trade.t_ns, trade)
    if is_same_fill(known.trade, trade):
        return TradeReport(trade.t_ns, trade, corrects=True)
    text = f"trade {trade.trade_id} was counted as {known.trade}; the venue's history has {trade}"
    return broken(t_ns, "INV-005", text)


def _told_of_order(state: AccountState, order: Order, t_ns: int) -> Event:
    known = state.orders.get(str(order.order_id))
    if known is None or known.version != order.version or known == order:
        return OrderReport(order.t_ns, order)
    text = f"order {order.order_id} version {order.version} was {known}; the venue, when asked, says {order}"
    return broken(t_ns, "INV-008", text, order.symbol)


def _told_of_missing(state: AccountState, snapshot: Snapshot, tolerance: Tolerance) -> Iterator[Event]:
    """Orders that the venue neither lists nor knows: its history of fills decides, else they are unresolved."""
    t_ns = snapshot.account.t_ns
    for key in snapshot.unresolved:
        order = state.orders.get(key)
        if order is None:
            continue  # its end was told while we asked
        filled = _filled(state, snapshot, order.order_id)
        if filled >= order.size:
            yield OrderReport(t_ns, replace(order, status="filled", filled=order.size, version=order.version + 1))
        elif t_ns - order.t_ns >= tolerance.protection_ns:
            yield OrderUnresolved(t_ns, order.order_id, order.symbol)


def _filled(state: AccountState, snapshot: Snapshot, order_id: int) -> int:
    """Contracts that this order filled, by every fill that the venue or its stream told of."""
    fills = {row.trade.trade_id: row.trade for row in state.trades.values()}
    fills |= {trade.trade_id: trade for trade in snapshot.trades}
    return sum(trade.size for trade in fills.values() if trade.order_id == order_id and not trade.voided)
