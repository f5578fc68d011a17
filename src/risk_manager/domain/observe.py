"""What an event says about the account, written into the tables. No judgement here, and no command."""

from collections.abc import Callable
from typing import Any

import msgspec

from risk_manager.domain.agreeing import heard_of, is_same_fill, lift, mark_unresolved
from risk_manager.domain.counting import count
from risk_manager.domain.events import (
    AccountReport,
    Event,
    IntentProgress,
    InvariantBroken,
    MarketTrade,
    OperatorCommand,
    OrderReport,
    OrderUnresolved,
    PositionReport,
    Quote,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.fills import book_position, forget_flat
from risk_manager.domain.intents import FINAL_STATUSES, NEXT_STATUSES, IntentStatus
from risk_manager.domain.lockouts import INVARIANT_PREFIX, allow_again, expire, is_liftable, lock, shrink_held
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.policy import Policy
from risk_manager.domain.positions import Position
from risk_manager.domain.protection import is_covered
from risk_manager.domain.state import (
    ACCOUNT,
    TODAY,
    AccountFacts,
    Demand,
    Draft,
    Effort,
    Removal,
    Today,
    effort_key,
)
from risk_manager.domain.verdicts import LockOut

RETRY_FIRST_NS = 250_000_000
RETRY_MOST_NS = 5_000_000_000
_KEEP_TRADES_NS = 3 * 86_400_000_000_000


class Contradiction(Exception):
    """The venue said something that cannot be true beside what it said before."""


def observe(draft: Draft, event: Event, policy: Policy) -> None:
    """Take in an event.

    Raises Contradiction where it cannot be true; nothing of it is taken then.
    """
    observer = _OBSERVERS.get(type(event))
    if observer is not None:
        observer(draft, event, policy)


def mark_of(event: MarketTrade | Quote) -> int | None:
    """The price at which an open position is valued: the last trade; before one is known, the middle of the quote."""
    if isinstance(event, MarketTrade):
        return event.price_ticks
    if event.last_ticks is not None:
        return event.last_ticks
    if event.bid_ticks is not None and event.ask_ticks is not None:
        return (event.bid_ticks + event.ask_ticks) // 2
    return None


def _time(draft: Draft, event: TimeAdvanced, policy: Policy) -> None:
    state = draft.state
    if event.t_ns < state.now_ns:
        message = f"time went back from {state.now_ns} to {event.t_ns}"
        raise Contradiction(message)
    expire(draft, event.t_ns)
    today = state.today
    if today is not None and today.start_ns <= event.t_ns < today.end_ns:
        return
    day = policy.trading_days.at(event.t_ns)
    if day is None:
        return  # beyond the calendar: rules that need the day say so
    # Trades of the new day may have come before the word that it began; whatever was counted in it is its total.
    counted = [row.trade for row in state.trades.values() if row.day == day.name and not row.trade.voided]
    totals = (sum(trade.pnl_mils or 0 for trade in counted), sum(trade.fees_mils for trade in counted), len(counted))
    draft.set("days", TODAY, Today(day.name, day.start_ns, day.end_ns, *totals))
    forget_flat(draft)
    # Counted from the day that ends: after a week of standing still the venue is asked of fills since then.
    keep_ns = (today.start_ns if today is not None else day.start_ns) - _KEEP_TRADES_NS
    for key, row in list(state.trades.items()):
        if row.trade.t_ns < keep_ns:
            draft.set("trades", key, None)
    for key in list(state.efforts):
        if not any(key.endswith(f"|{intent.target}") for intent in state.intents.values()):
            draft.set("efforts", key, None)


def _position(draft: Draft, event: PositionReport, policy: Policy) -> None:
    state = draft.state
    known = state.positions.get(event.contract)
    if event.t_ns < state.reported_ns.get(event.contract, known.t_ns if known else 0):
        return  # an older report than the one we have
    if event.net == 0:
        draft.set("positions", event.contract, None)
    else:
        instrument = policy.instruments.by_symbol(event.symbol)
        same_side = known is not None and known.net * event.net > 0
        position = Position(
            contract=event.contract,
            symbol=event.symbol,
            net=event.net,
            cost_mils=event.cost_mils,
            tick_value_mils=instrument.tick_value_mils if instrument else None,
            t_ns=event.t_ns,
            since_ns=known.since_ns if known is not None and same_side else event.t_ns,
        )
        if known is None or msgspec.structs.replace(position, t_ns=known.t_ns) != known:  # only heard again: no news
            draft.set("positions", event.contract, position)
    book_position(draft, event)
    standing = state.demands.get(event.contract)
    if standing is not None and abs(event.net) <= standing.max_size:
        draft.set("demands", event.contract, None)
    if event.contract in state.protections and (known is None or known.net * event.net <= 0):
        draft.set("protections", event.contract, None)  # closed, or turned round: another position, other prices
    shrink_held(draft, event.contract, event.net, event.t_ns)


def _order(draft: Draft, event: OrderReport, _policy: Policy) -> None:
    order, key = event.order, str(event.order.order_id)
    known = draft.state.orders.get(key)
    if known is not None and order.version < known.version:
        return  # an older version than the one we have
    if known is not None and order.version == known.version and order != known:
        message = f"order {key} version {order.version} was {_brief(known)}, now it is {_brief(order)}"
        raise Contradiction(message)
    draft.set("orders", key, order if order.is_working else None)
    heard_of(draft, order.order_id)
    if not order.is_working:
        draft.set("removals", key, None)
    standing = draft.state.demands.get(order.contract)
    position = draft.state.positions.get(order.contract)
    if standing is None or position is None or not standing.unless_protected:
        return
    if is_covered(draft.state.orders.values(), order.contract, position.net):
        draft.set("demands", order.contract, None)


def _brief(order: Order) -> str:
    return f"{order.status} {order.filled}/{order.size}"


def _trade(draft: Draft, event: TradeReport, policy: Policy) -> None:
    state, trade, key = draft.state, event.trade, str(event.trade.trade_id)
    counted = state.trades.get(key)
    if counted is not None:
        if counted.trade == trade:
            return  # heard before: a trade counts once
        known = is_same_fill(counted.trade, trade) if event.corrects else _is_but_voided(counted.trade, trade)
        if not known:
            message = f"trade {key} was {counted.trade}, now it is {trade}"
            raise Contradiction(message)
    count(draft, trade, policy)


def _is_but_voided(counted: Trade, trade: Trade) -> bool:
    return msgspec.structs.replace(counted, voided=trade.voided) == trade


def _account(draft: Draft, event: AccountReport, _policy: Policy) -> None:
    known = draft.state.account.get(ACCOUNT)
    if known is not None:
        if event.t_ns < draft.state.reported_ns.get(ACCOUNT, known.t_ns):
            return  # older than what we know
        if (event.can_trade, event.balance_mils) == (known.can_trade, known.balance_mils):
            return  # heard again: no news
    if event.can_trade:
        allow_again(draft)
    draft.set("account", ACCOUNT, AccountFacts(event.can_trade, event.balance_mils, event.t_ns))


def _progress(draft: Draft, event: IntentProgress, _policy: Policy) -> None:
    state = draft.state
    intent = state.intents.get(event.client_order_id)
    if intent is None:
        return  # final already: a late word about it changes nothing
    status: IntentStatus = event.status
    if status == intent.status:
        return
    if status not in NEXT_STATUSES[intent.status]:
        message = f"intent {intent.client_order_id} cannot go from {intent.status} to {status}"
        raise Contradiction(message)
    final = status in FINAL_STATUSES
    moved = None if final else msgspec.structs.replace(intent, status=status, detail=event.detail)
    draft.set("intents", intent.client_order_id, moved)
    if final and not event.lapsed:
        key = effort_key(intent.rule, intent.target)
        effort = state.efforts.get(key, Effort())
        failures = effort.failures + 1 if status == "failed" else 0
        pause_ns = min(RETRY_FIRST_NS << min(failures - 1, 10), RETRY_MOST_NS) if failures else 0
        now_ns = max(state.now_ns, event.t_ns)
        draft.set("efforts", key, Effort(effort.attempts, failures, now_ns + pause_ns if failures else 0))


def _operator(draft: Draft, event: OperatorCommand, policy: Policy) -> None:
    state = draft.state
    if event.verb == "flatten":
        demand_flat(draft, "operator", event.reason or "operator asked to flatten", event.t_ns)
    elif event.verb == "unfreeze":
        lockout = state.lockouts.get(event.target)
        if lockout is not None and is_liftable(lockout):
            draft.set("lockouts", event.target, None)
            lift(draft, event.target, policy)
    elif event.verb == "freeze":
        action = LockOut("cooldown", "operator", None)
        lock(draft, "operator", action, reason=event.reason or "frozen by the operator", arithmetic="", t_ns=event.t_ns)


def _broken(draft: Draft, event: InvariantBroken, _policy: Policy) -> None:
    """Freeze what it is about. Nothing is repaired: a state that contradicts itself is for a person to look at."""
    action = LockOut("cooldown", "operator", None, event.symbol)
    name = f"{INVARIANT_PREFIX}{event.invariant}"
    lock(draft, name, action, reason=event.reason, arithmetic=event.arithmetic, t_ns=event.t_ns)


def _unresolved(draft: Draft, event: OrderUnresolved, _policy: Policy) -> None:
    mark_unresolved(draft, event)


def demand_flat(draft: Draft, rule: str, reason: str, t_ns: int) -> None:
    """Ask once for no positions and no working orders."""
    for contract in list(draft.state.positions):
        demand(draft, Demand(contract, 0, rule, reason, t_ns))
    for key, order in list(draft.state.orders.items()):
        if key not in draft.state.removals:
            draft.set("removals", key, Removal(order.order_id, rule, reason))


def demand(draft: Draft, wanted: Demand) -> None:
    """Ask for a smaller position; of two demands the smaller size stands, and of equal ones the unconditional."""
    standing = draft.state.demands.get(wanted.contract)
    if standing is None or (wanted.max_size, wanted.unless_protected) < (standing.max_size, standing.unless_protected):
        draft.set("demands", wanted.contract, wanted)


_OBSERVERS: dict[type, Callable[[Draft, Any, Policy], None]] = {
    TimeAdvanced: _time,
    PositionReport: _position,
    OrderReport: _order,
    TradeReport: _trade,
    AccountReport: _account,
    IntentProgress: _progress,
    OperatorCommand: _operator,
    InvariantBroken: _broken,
    OrderUnresolved: _unresolved,
}
