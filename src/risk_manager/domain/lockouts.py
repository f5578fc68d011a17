"""Lockouts: several may hold at once, each ends by its own end, and a weaker one never touches a stronger one."""

import msgspec

from risk_manager.domain.intents import ID_PREFIX
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.positions import Position
from risk_manager.domain.state import AccountState, Draft, Lockout
from risk_manager.domain.verdicts import LockOut

BREAKER = "breaker"
"""What stands as the rule of a lockout that the breaker holds; it is no rule of `rules/`."""
INVARIANT_PREFIX = "invariant:"
"""What the rule of a lockout begins with that a broken invariant holds."""


def lock(
    draft: Draft, rule: str, action: LockOut, *, reason: str, arithmetic: str, t_ns: int, trade: Trade | None = None
) -> Lockout | None:
    """Begin a lockout, or prolong the one this rule holds; returns it where it is new.

    One row a rule (and symbol, where it is about one): no rule can shorten what it or another holds.
    trade: the one that led to it; what it executed may stay in a cooldown, also where its position is not heard yet.
    """
    state = draft.state
    key = f"{rule}@{action.symbol}" if action.symbol else rule
    standing = state.lockouts.get(key)
    if standing is not None:
        if standing.kind == action.kind and _later(action.until_ns, standing.until_ns):
            row = msgspec.structs.replace(standing, until_ns=action.until_ns, reason=reason, arithmetic=arithmetic)
            draft.set("lockouts", key, row)
        return None
    held = {} if action.kind == "hard" else _held(state, trade)
    lockout = Lockout(
        rule, action.kind, action.end, t_ns, action.until_ns, reason, arithmetic, held, symbol=action.symbol
    )
    draft.set("lockouts", key, lockout)
    return lockout


def _held(state: AccountState, trade: Trade | None) -> dict[str, int]:
    """What is open as a cooldown begins. A trade is heard before the position that it changed."""
    held = {contract: position.net for contract, position in state.positions.items()}
    if trade is not None and not trade.voided:
        position = state.positions.get(trade.contract)
        reported_ns = state.reported_ns.get(trade.contract, position.t_ns if position else 0)
        if reported_ns < trade.t_ns:
            held[trade.contract] = held.get(trade.contract, 0) + trade.side * trade.size
    return held


def _later(until_ns: int | None, than_ns: int | None) -> bool:
    if than_ns is None:
        return False
    return until_ns is None or until_ns > than_ns


def expire(draft: Draft, t_ns: int) -> None:
    """End every lockout whose time has come, and no other."""
    for key, lockout in list(draft.state.lockouts.items()):
        if lockout.until_ns is not None and lockout.until_ns <= t_ns:
            draft.set("lockouts", key, None)


def shrink_held(draft: Draft, contract: str, net: int, t_ns: int) -> None:
    """During a cooldown what was open when it began may shrink, and may not grow back.

    t_ns: of the report. One from the very moment at which the cooldown began, or before, says what was open then.
    """
    for key, lockout in list(draft.state.lockouts.items()):
        held = lockout.held.get(contract)
        if lockout.kind == "cooldown" and t_ns <= lockout.since_ns:
            allowed = net
        elif held is None:
            continue
        else:
            allowed = net if held * net > 0 and abs(net) < abs(held) else held if held * net > 0 else 0
        if allowed != (held or 0):
            draft.set("lockouts", key, msgspec.structs.replace(lockout, held={**lockout.held, contract: allowed}))


def is_liftable(lockout: Lockout) -> bool:
    """May an operator end it? Never a hard one; the breaker's and those that wait for him."""
    return lockout.kind == "cooldown" and (lockout.end == "operator" or lockout.rule == BREAKER)


def allow_again(draft: Draft) -> None:
    """The venue says that trading is allowed: end the lockouts that waited for this word, and no other."""
    for key, lockout in list(draft.state.lockouts.items()):
        if lockout.end == "venue_allows":
            draft.set("lockouts", key, None)


def allowed_size(state: AccountState, position: Position) -> tuple[int, Lockout] | None:
    """The most contracts the lockouts allow in this direction, and the lockout that says so; None for no bound."""
    strictest: tuple[int, Lockout] | None = None
    for lockout in state.lockouts.values():
        if lockout.symbol not in {"", position.symbol}:
            continue
        held = lockout.held.get(position.contract, 0)
        size = abs(held) if held * position.net > 0 else 0
        if strictest is None or size < strictest[0]:
            strictest = (size, lockout)
    return strictest


def closes_at_market(state: AccountState, order: Order) -> bool:
    """Is it a market order that closes? It is never cancelled: it may be our own close, seen just before it fills."""
    is_ours = order.tag is not None and order.tag.startswith(ID_PREFIX)
    return order.type == "market" and (is_ours or _reduces(state, order))


def _reduces(state: AccountState, order: Order) -> bool:
    position = state.positions.get(order.contract)
    return position is not None and position.net * order.side < 0 and order.remaining <= abs(position.net)


def forbids(state: AccountState, order: Order) -> Lockout | None:
    """The lockout under which this order must go: a hard one always, a cooldown where it could add exposure."""
    if closes_at_market(state, order):
        return None
    reduces = _reduces(state, order)
    for lockout in state.lockouts.values():
        if lockout.symbol in {"", order.symbol} and (lockout.kind == "hard" or not reduces):
            return lockout
    return None
