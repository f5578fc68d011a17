"""The exchange's records as the events and reports of the domain."""

from risk_manager.domain.events import PositionReport
from risk_manager.domain.orders import Order, Trade
from risk_manager.sdk.simulated.accounting import Holding
from risk_manager.sdk.simulated.model import ExchangeOrder, ExchangeTrade, Listing


def order_report(order: ExchangeOrder, listing: Listing) -> Order:
    """An order as the port hands it out."""
    return Order(
        order_id=order.order_id,
        contract=order.contract,
        symbol=listing.instrument.symbol,
        side=order.side,
        size=order.size,
        type=order.type,
        status=order.status,
        filled=order.filled,
        t_ns=order.t_ns,
        version=order.version,
        limit_ticks=order.limit_ticks,
        stop_ticks=order.stop_ticks,
        trail_ticks=order.trail_ticks,
        tag=order.tag,
    )


def trade_report(trade: ExchangeTrade, listing: Listing, *, voided: bool) -> Trade:
    """A trade as the port hands it out."""
    return Trade(
        trade_id=trade.trade_id,
        order_id=trade.order_id,
        contract=trade.contract,
        symbol=listing.instrument.symbol,
        side=trade.side,
        size=trade.size,
        price_ticks=trade.price_ticks,
        pnl_mils=trade.pnl_mils,
        fees_mils=trade.fees_mils,
        t_ns=trade.t_ns,
        voided=voided,
    )


def position_report(t_ns: int, holding: Holding, listing: Listing) -> PositionReport:
    """A position as the port hands it out."""
    return PositionReport(t_ns, listing.contract, listing.instrument.symbol, holding.net, holding.cost_mils)
