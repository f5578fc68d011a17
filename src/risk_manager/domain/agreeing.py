"""What a complete answer of the venue settles, and what it leaves open for a person.

The venue is right about what happened. So a fill that its history tells otherwise than its stream did is taken as the
history has it, and a position that our fills do not explain becomes the new baseline: each with both values in an
alert, and only up to the tolerance. What lies beyond it stands as it is, for the invariants to freeze. An order of
which the venue knows nothing is neither working nor gone; it is marked, and an operator's word ends it.
"""

from collections.abc import Iterator

from risk_manager.domain.counting import result_mils
from risk_manager.domain.decision import Alert
from risk_manager.domain.events import Event, OrderUnresolved, Reconciled, TradeReport
from risk_manager.domain.fills import Gap, gaps, rebase
from risk_manager.domain.lockouts import INVARIANT_PREFIX
from risk_manager.domain.money import dollars
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.policy import Policy
from risk_manager.domain.state import AccountState, CountedTrade, Draft, Memo, memory_key

SETTLE_NS = 5_000_000_000
"""So long a fill and its position may be apart: they arrive in either order."""
BY_OPERATOR = frozenset({"INV-001", "INV-013"})
"""Breaches that no answer of the venue can mend: lifting the freeze takes the venue's word as the new beginning."""
_UNRESOLVED = memory_key("unresolved", "")


def standing_gaps(state: AccountState, event: Reconciled) -> Iterator[Gap]:
    """The differences that this complete answer leaves, and that no report under way can explain any more."""
    now_ns = max(state.now_ns, event.t_ns)
    return (gap for gap in gaps(state) if event.confirmed or now_ns - gap.since_ns >= SETTLE_NS)


def settle(draft: Draft, event: Event, policy: Policy) -> list[Alert]:
    """Adopt what lies within the tolerance; returns what a person should hear of it, with both values."""
    if isinstance(event, Reconciled):
        return [_adopt(draft, gap, policy) for gap in list(standing_gaps(draft.state, event)) if _is_small(gap, policy)]
    if isinstance(event, TradeReport) and event.corrects:
        rows = [(change.before, change.after) for change in draft.changes if change.table == "trades"]
        return [
            _corrected(before.trade, after.trade)
            for before, after in rows
            if isinstance(before, CountedTrade) and isinstance(after, CountedTrade)
        ]
    return []


def _is_small(gap: Gap, policy: Policy) -> bool:
    return abs(gap.contracts) <= policy.tolerance.contracts


def _adopt(draft: Draft, gap: Gap, policy: Policy) -> Alert:
    rebase(draft, gap.contract, gap.venue_net, draft.state.now_ns)
    most = policy.tolerance.contracts
    text = f"{gap.arithmetic}; adopted, for it is no more than reconciliation.freeze_above_contracts {most}"
    return Alert("REC-001", "warning", text)


def _corrected(counted: Trade, says: Trade) -> Alert:
    text = f"fill {says.trade_id} of {says.symbol} was {_words(counted)}; the venue's history has {_words(says)}"
    return Alert("REC-002", "warning", text)


def _words(trade: Trade) -> str:
    voided = ", voided" if trade.voided else ""
    return f"{trade.side * trade.size:+d} at tick {trade.price_ticks}, result {dollars(result_mils(trade))}{voided}"


def is_same_fill(one: Trade, other: Trade) -> bool:
    """Is it the same execution, whatever was said of its price, its result, and its being voided?"""
    return _identity(one) == _identity(other)


def _identity(trade: Trade) -> tuple[int, int, str, int, int]:
    return trade.trade_id, trade.order_id, trade.contract, trade.side, trade.size


def mark_unresolved(draft: Draft, event: OrderUnresolved) -> None:
    """Remember that the venue knows nothing of an order that we believed to be working."""
    key = str(event.order_id)
    if key in draft.state.orders and _UNRESOLVED + key not in draft.state.memory:
        draft.set("memory", _UNRESOLVED + key, Memo(event.t_ns))


def heard_of(draft: Draft, order_id: int) -> None:
    """The venue spoke of an order: it is not unresolved any more."""
    draft.set("memory", f"{_UNRESOLVED}{order_id}", None)


def is_unresolved(state: AccountState, order: Order) -> bool:
    """Does nobody know whether this order may still fill?"""
    return f"{_UNRESOLVED}{order.order_id}" in state.memory


def unresolved_orders(state: AccountState) -> list[Order]:
    """Every order that nobody knows of whether it may still fill."""
    return [order for order in state.orders.values() if is_unresolved(state, order)]


def lift(draft: Draft, target: str, policy: Policy) -> None:
    """An operator lifts the freeze of a broken invariant: what the venue says now is where we begin anew."""
    name, _, symbol = target.removeprefix(INVARIANT_PREFIX).partition("@")
    state = draft.state
    if name == "INV-001":
        for gap in list(gaps(state)):
            if policy.instruments.symbol_of(gap.contract) == symbol:
                rebase(draft, gap.contract, gap.venue_net, state.now_ns)
    elif name == "INV-013":
        for order in unresolved_orders(state):
            if order.symbol == symbol:
                heard_of(draft, order.order_id)
                draft.set("orders", str(order.order_id), None)
                draft.set("removals", str(order.order_id), None)
