"""What a client may ask of the exchange, and how each request is answered: one small function a request."""

from collections.abc import Callable
from itertools import islice
from typing import Any, Protocol

import msgspec

from risk_manager.domain.commands import ModifyOrder, PlaceOrder
from risk_manager.domain.orders import Side
from risk_manager.errors import VenueRefused
from risk_manager.sdk.normalise import Unbelievable, contract_id, price_ticks, shown, tag
from risk_manager.sdk.simulated import to_wire, wire
from risk_manager.sdk.simulated.exchange import Exchange
from risk_manager.sdk.simulated.model import Origin
from risk_manager.sdk.simulated.reports import order_report

Answer = Any
"""Whatever JSON the reply's `ok` holds; `wire.py` and the reference page say which for which request."""


class Teller(Protocol):
    """Who answers: the exchange, the writer of its events, and whom the asker is taken for."""

    exchange: Exchange
    writer: to_wire.WireWriter

    @property
    def origin(self) -> Origin:
        """Whose orders these are in the ledger."""


def _account(teller: Teller, _request: wire.GetAccount) -> Answer:
    return to_wire.account(teller.exchange.account.report())


def _positions(teller: Teller, _request: wire.GetPositions) -> Answer:
    return [teller.writer.position(report) for report in teller.exchange.account.positions()]


def _working_orders(teller: Teller, _request: wire.GetWorkingOrders) -> Answer:
    return [teller.writer.order(order) for order in teller.exchange.account.working_orders()]


def _order(teller: Teller, request: wire.GetOrder) -> Answer:
    account = teller.exchange.account
    if (request.order_id is None) == (request.tag is None):
        raise VenueRefused("ask for an order by its order_id or by its tag")
    found = account.order_by_tag(request.tag) if request.order_id is None else account.order(request.order_id)  # type: ignore[arg-type]  # one of the two is given, just checked
    return None if found is None else teller.writer.order(found)


def _trades(teller: Teller, request: wire.GetTrades) -> Answer:
    found = (t for t in teller.exchange.account.trades_since(request.since_ns) if t.trade_id > request.after)
    return [teller.writer.fill(trade) for trade in islice(found, wire.PAGE_TRADES)]


def _place(teller: Teller, request: wire.Place) -> Answer:
    contract = teller.exchange.contract_of(_contract(request.contract))
    command = PlaceOrder(
        contract=contract,
        side=1 if request.side == "buy" else -1,
        size=request.size,
        type=request.type,
        limit_ticks=_ticks(teller, contract, request.limit),
        stop_ticks=_ticks(teller, contract, request.stop),
        trail_ticks=request.trail_ticks,
    )
    return wire.Placed(teller.exchange.place(command, teller.origin, _tag(request.tag)))


def _modify(teller: Teller, request: wire.Modify) -> Answer:
    contract = teller.exchange.contract_of(_contract(request.contract))
    command = ModifyOrder(
        order_id=request.order_id,
        contract=contract,
        size=request.size,
        limit_ticks=_ticks(teller, contract, request.limit),
        stop_ticks=_ticks(teller, contract, request.stop),
        trail_ticks=request.trail_ticks,
    )
    teller.exchange.modify(command)
    return wire.Placed(request.order_id)


def _cancel(teller: Teller, request: wire.Cancel) -> Answer:
    teller.exchange.cancel(request.order_id)
    return wire.Placed(request.order_id)


def _close(teller: Teller, request: wire.Close) -> Answer:
    contract, name = _contract(request.contract), _tag(request.tag)
    if request.size is None:
        return wire.Placed(teller.exchange.close(contract, teller.origin, name))
    return wire.Placed(teller.exchange.partial_close(contract, request.size, teller.origin, name))


def _trade(teller: Teller, request: wire.Trade) -> Answer:
    side: Side = 1 if request.net > 0 else -1
    contract = teller.exchange.contract_of(request.symbol)
    order_id = teller.exchange.place(PlaceOrder(contract, side, abs(request.net), "market"), teller.origin)
    listing = teller.exchange.account.listings[contract]
    return teller.writer.order(order_report(teller.exchange.account.orders[order_id], listing))


_ANSWERS: dict[type, Callable[[Any, Any], Answer]] = {
    wire.GetAccount: _account,
    wire.GetPositions: _positions,
    wire.GetWorkingOrders: _working_orders,
    wire.GetOrder: _order,
    wire.GetTrades: _trades,
    wire.Place: _place,
    wire.Modify: _modify,
    wire.Cancel: _cancel,
    wire.Close: _close,
    wire.Trade: _trade,
}
MUTATIONS = (wire.Place, wire.Modify, wire.Cancel, wire.Close, wire.Trade)


def tag_of(request: wire.Request) -> str | None:
    """The client order id that a request carries."""
    return getattr(request, "tag", None)


def answer(teller: Teller, request: wire.Request) -> msgspec.Raw:
    """Answer a read or carry out a mutation. Raises VenueRefused or VenueBusy."""
    try:
        return msgspec.Raw(wire.encoder.encode(_ANSWERS[type(request)](teller, request)))
    except Unbelievable as error:
        raise VenueRefused(str(error)) from error


def _contract(text: str) -> str:
    try:
        return contract_id(text)
    except Unbelievable as error:
        raise VenueRefused(f"contract {shown(text)} not found") from error


def _tag(text: str | None) -> str | None:
    return None if text is None else tag(text)


def _ticks(teller: Teller, contract: str, text: str | None) -> int | None:
    return None if text is None else price_ticks(text, teller.exchange.account.listings[contract].instrument)
