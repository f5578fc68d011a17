"""What the venue's answer says otherwise than we knew, in lines with both values. Empty where everything agrees."""

from collections.abc import Iterator
from typing import NamedTuple

from risk_manager.domain.counting import result_mils
from risk_manager.domain.intents import ID_PREFIX
from risk_manager.domain.money import dollars
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.state import ACCOUNT, AccountState
from risk_manager.domain.tolerance import Tolerance
from risk_manager.sdk.reconcile import Snapshot, reports, unexplained


class Finding(NamedTuple):
    """One difference. surprising: it should have been heard, so it is told as a warning."""

    text: str
    surprising: bool


def findings(state: AccountState, snapshot: Snapshot, tolerance: Tolerance, *, gap: bool) -> list[Finding]:
    """Every difference, before it is taken in.

    gap: nobody listened for a while (a start, a reconnect), so every fill that is not known was made meanwhile. Without
    one, what is younger than the protection window is only on its way.
    """
    young_ns = snapshot.account.t_ns - (0 if gap else tolerance.protection_ns)
    return [
        *_of_fills(state, snapshot, young_ns),
        *_of_orders(state, snapshot),
        *_of_positions(state, snapshot),
        *_of_account(state, snapshot),
    ]


def _of_fills(state: AccountState, snapshot: Snapshot, young_ns: int) -> Iterator[Finding]:
    for trade in sorted(snapshot.trades, key=lambda each: (each.t_ns, each.trade_id)):
        known = state.trades.get(str(trade.trade_id))
        if known is None:
            if trade.t_ns <= young_ns:
                text = f"ghost fill: trade {trade.trade_id}: {_fill(trade)}: made while nobody told us, counted now"
                yield Finding(text, surprising=True)
        elif known.trade != trade:
            text = f"fill differs: trade {trade.trade_id}: we have {_fill(known.trade)}, the venue has {_fill(trade)}"
            yield Finding(text, surprising=True)


def _of_orders(state: AccountState, snapshot: Snapshot) -> Iterator[Finding]:
    for order in (*snapshot.settled, *snapshot.working_orders):
        known = state.orders.get(str(order.order_id))
        if known is None:
            ours = "an order of ours" if (order.tag or "").startswith(ID_PREFIX) else "external order, kept"
            yield Finding(
                f"{ours}: {_named(order)}: we did not know it, the venue has {_order(order)}", surprising=False
            )
        elif known != order and known.version <= order.version:
            text = f"order differs: {_named(order)}: we have {_order(known)}, the venue has {_order(order)}"
            yield Finding(text, surprising=False)
    for key in snapshot.unresolved:
        known = state.orders.get(key)
        if known is not None:
            text = f"order missing: {_named(known)}: we have {_order(known)}, the venue knows no such order"
            yield Finding(text, surprising=True)


def _of_positions(state: AccountState, snapshot: Snapshot) -> Iterator[Finding]:
    without_fills = unexplained(state, snapshot)
    for report in reports(state, snapshot):
        position = state.positions.get(report.contract)
        held = position.net if position else 0
        apart = without_fills.get(report.contract, 0)
        if held != report.net:
            text = f"position differs: {report.symbol}: we have {held:+d}, the venue has {report.net:+d}"
            text += f"; fills do not explain {apart:+d}" if apart else "; fills explain it" if position else ""
            yield Finding(text, surprising=apart != 0)


def _of_account(state: AccountState, snapshot: Snapshot) -> Iterator[Finding]:
    known, says = state.account.get(ACCOUNT), snapshot.account
    if known is None:
        return
    if known.can_trade != says.can_trade:
        words = ["may trade" if each.can_trade else "MAY NOT trade" for each in (known, says)]
        yield Finding(f"account differs: we have {words[0]}, the venue has {words[1]}", surprising=True)
    if known.balance_mils != says.balance_mils:
        amounts = [dollars(each.balance_mils) for each in (known, says)]
        yield Finding(f"balance differs: we have {amounts[0]}, the venue has {amounts[1]}", surprising=False)


def _fill(trade: Trade) -> str:
    verb = "bought" if trade.side > 0 else "sold"
    voided = ", voided" if trade.voided else ""
    result = dollars(result_mils(trade))
    return f"{verb} {trade.size} {trade.symbol} at tick {trade.price_ticks}, result {result}{voided}"


def _named(order: Order) -> str:
    verb = "buy" if order.side > 0 else "sell"
    return f"order {order.order_id} ({verb} {order.size} {order.symbol} {order.type})"


def _order(order: Order) -> str:
    return f"{order.status} with {order.filled} of {order.size} filled"
