"""What of an account's state a person should know of: read off the state, so that it is the same after a crash.

Nothing is remembered here. Whatever holds is a condition with a key; what was told of it already is the book's affair.
So an alert that was lost between the commit and the telling is told by the next look at the state.
"""

import re
from collections.abc import Iterator
from hashlib import sha256

import msgspec

from risk_manager.config.alerts import Severity
from risk_manager.core.alerts.page import Condition
from risk_manager.domain.converge import ALERT_AFTER_FAILURES
from risk_manager.domain.decision import Decision
from risk_manager.domain.lockouts import BREAKER, INVARIANT_PREFIX, is_liftable
from risk_manager.domain.state import AccountState, Demand, Lockout, Removal

OPERATOR = "operator"
TABLES = frozenset({"lockouts", "demands", "removals", "positions", "orders", "efforts"})
"""A decision that changes none of these changes no condition."""
_SHOWN = 5
_OURS = re.compile(r"rm-[0-9a-f]+|[0-9]+")
_UNKNOWN_PREFIX = "unknown:"
_ENDS = {
    "daily_reset": "the daily reset; nobody can lift it",
    "session_start": "the start of the session; nobody can lift it",
    "timer": "its timer",
    "venue_allows": "the venue, when it allows trading again",
    "operator": "an operator",
}


def standing(state: AccountState) -> dict[str, Condition]:
    """Everything that holds now, by its key."""
    found = (*_lockouts(state), *_exposure(state), *_demands(state), *_removals(state), *_enforcement(state))
    return {each.key: each for each in found}


def told_besides(decision: Decision, conditions: dict[str, Condition], t_ns: int) -> list[Condition]:
    """The alerts of a decision that no condition stands for: they happened, and nothing holds."""
    known = {each.id for each in conditions.values()}
    return [
        Condition(
            key=once_key(alert.id, alert.text),
            id=alert.id,
            severity=alert.severity,
            what=alert.text,
            blocked="nothing by this alert",
            why=alert.text,
            since_ns=t_ns,
            ends="itself: it happened once, or the log tells more",
        )
        for alert in decision.alerts
        if alert.id not in known
    ]


def once_key(alert_id: str, text: str) -> str:
    """The key of something that happened: the same words with other numbers are the same thing."""
    return f"once:{alert_id}:{sha256(_OURS.sub('', text).encode()).hexdigest()[:8]}"


def with_arithmetic(conditions: dict[str, Condition], decision: Decision) -> dict[str, Condition]:
    """A demand carries a reason and no numbers: these are in the alert of the decision that made it."""
    texts = {alert.id: alert.text for alert in decision.alerts}
    return {
        key: msgspec.structs.replace(each, arithmetic=texts[each.id])
        if each.id in texts and not each.arithmetic and key.startswith(("demand:", "removal:"))
        else each
        for key, each in conditions.items()
    }


def _lockouts(state: AccountState) -> Iterator[Condition]:
    for key, lockout in state.lockouts.items():
        alert = _id_of(lockout.rule)
        is_serious = lockout.kind == "hard" or alert.startswith(("INV-", "BREAKER", "RULE-000"))
        of = lockout.symbol or "the account"
        yield Condition(
            key=f"lockout:{key}",
            id=alert,
            severity="critical" if is_serious else "warning",
            what=f"{of} is locked out by {lockout.rule}: {lockout.reason}",
            blocked=blocked(lockout),
            why=lockout.reason,
            arithmetic=lockout.arithmetic,
            since_ns=lockout.since_ns,
            until_ns=lockout.until_ns,
            ends=_ends(key, lockout),
            over="it expired, or was lifted by whoever may",
        )


def _id_of(rule: str) -> str:
    """The id of the alert that the lockout or demand of a rule stands for."""
    if rule.startswith(INVARIANT_PREFIX):
        return rule.removeprefix(INVARIANT_PREFIX)
    if rule.startswith(_UNKNOWN_PREFIX):
        return "RULE-000"
    return {BREAKER: "BREAKER-001", OPERATOR: "OPERATOR-001"}.get(rule, f"RULE-{rule}")


def blocked(lockout: Lockout) -> str:
    """What a lockout keeps from happening, and what stays possible, as a trader would say it."""
    of = f"symbol {lockout.symbol}" if lockout.symbol else "the whole account"
    if lockout.kind == "hard":
        return f"{of}: every position is closed, every working order is cancelled, new ones are closed and cancelled"
    held = ", ".join(f"{contract} {net:+d}" for contract, net in lockout.held.items() if net)
    may_stay = f"{held} may stay and shrink" if held else "reducing and closing stay possible"
    return f"{of}: new exposure; {may_stay}"


def _ends(key: str, lockout: Lockout) -> str:
    own = _ENDS[lockout.end]
    if not is_liftable(lockout):
        return own
    lift = f"risk-manager unfreeze {key} --reason ..."
    return f"{own}: {lift}" if lockout.end == "operator" else f"{own}, or {lift}"


def _exposure(state: AccountState) -> Iterator[Condition]:
    hard = [each for each in state.lockouts.values() if each.kind == "hard"]
    held = [each for each in state.positions.values() if any(lock.symbol in {"", each.symbol} for lock in hard)]
    if held:
        what = ", ".join(f"{each.symbol} {each.net:+d}" for each in held)
        yield Condition(
            key="exposure",
            id="ENF-011",
            severity="warning",
            what="held under a hard lockout, being closed",
            blocked=f"{what}: it is being closed until the venue confirms",
            why=hard[0].reason,
            arithmetic=f"{what}; allowed is 0",
            since_ns=max(min(each.since_ns for each in hard), min(each.since_ns for each in held)),
            ends="the venue, when it says that it is flat",
            over="the venue says that it is flat",
        )


def _demands(state: AccountState) -> Iterator[Condition]:
    for contract, demand in state.demands.items():
        if _is_told_by_its_lockout(state, demand.rule):
            continue
        position = state.positions.get(contract)
        symbol = position.symbol if position else contract
        to = "closed" if demand.max_size == 0 else f"reduced to {demand.max_size}"
        yield Condition(
            key=f"demand:{contract}",
            id=_id_of(demand.rule),
            severity=_severity(demand.rule),
            what=f"{symbol} is being {to} by {demand.rule}: {demand.reason}",
            blocked=f"symbol {symbol}: more than {demand.max_size} contracts{_unless(demand)}",
            why=demand.reason,
            since_ns=demand.since_ns,
            ends="the venue, when it says that the position is small enough",
            over="the venue says that the position is small enough",
        )


def _unless(demand: Demand) -> str:
    return ", unless a working stop covers all of it" if demand.unless_protected else ""


def _removals(state: AccountState) -> Iterator[Condition]:
    """One for each rule and symbol: who enters a hundred orders is not to be paged a hundred times."""
    groups: dict[tuple[str, str], list[Removal]] = {}
    for key, removal in state.removals.items():
        order = state.orders.get(key)
        if not _is_told_by_its_lockout(state, removal.rule):
            groups.setdefault((removal.rule, order.symbol if order else "unknown"), []).append(removal)
    for (rule, symbol), removals in groups.items():
        numbers = ", ".join(str(each.order_id) for each in removals[:_SHOWN])
        yield Condition(
            key=f"removal:{rule}@{symbol}",
            id=_id_of(rule),
            severity=_severity(rule),
            what=f"orders in {symbol} are being cancelled by {rule}: {removals[0].reason}",
            blocked=f"{_orders(len(removals))} in {symbol}: {numbers}{', ...' if len(removals) > _SHOWN else ''}",
            why=removals[0].reason,
            ends="the venue, when it says that they are gone",
            over="the venue says that they are gone",
        )


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count} orders"


def _is_told_by_its_lockout(state: AccountState, rule: str) -> bool:
    """One breach, one page: where the rule holds a lockout, what it closes is told by `exposure`."""
    return any(lockout.rule == rule for lockout in state.lockouts.values())


def _severity(rule: str) -> Severity:
    return "info" if rule == OPERATOR else "warning"


def _enforcement(state: AccountState) -> Iterator[Condition]:
    """One for each rule, whatever it is that the venue does not confirm."""
    groups: dict[str, list[tuple[str, int]]] = {}
    for key, effort in state.efforts.items():
        if effort.failures >= ALERT_AFTER_FAILURES:
            rule, _, target = key.partition("|")
            kind, _, of = target.partition(":")
            if of in (state.orders if kind == "order" else state.positions):
                groups.setdefault(rule, []).append((target, effort.failures))
    for rule, failing in groups.items():
        targets = ", ".join(target for target, _ in failing[:_SHOWN])
        worst, most = max(failing, key=lambda each: each[1])
        yield Condition(
            key=f"enforcement:{rule}",
            id="ENF-010",
            severity="critical",
            what=f"the venue does not confirm what {rule} asks for",
            blocked=f"{targets}{', ...' if len(failing) > _SHOWN else ''}: it stays as it is until the venue takes the"
            " command, which is tried again",
            why="enforcement keeps failing; close by hand at the venue if it must be now",
            arithmetic=f"{worst}: {most} failures in a row >= {ALERT_AFTER_FAILURES}; {len(failing)} of this kind",
            ends="the venue, when it confirms",
            over="the venue confirmed it, or what it was about is gone",
        )
