"""What must become true, is not yet, and is not already on its way, becomes an intent.

The precedence, which docs/reference/rules.md shows as a table: cancels before closes before protective orders; per
contract the smallest size demanded wins, and of equal ones a lockout's; one intent per target is under way at a time;
a close is never larger than the position; an attempt that failed waits a little longer each time.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from risk_manager.domain.agreeing import is_unresolved
from risk_manager.domain.commands import CancelOrder, ClosePosition, CloseUnprotected, Command, ReducePosition
from risk_manager.domain.decision import Alert
from risk_manager.domain.events import Event
from risk_manager.domain.intents import Intent, client_order_id, target_of, verb_of
from risk_manager.domain.lockouts import allowed_size, forbids
from risk_manager.domain.policy import Policy
from risk_manager.domain.positions import Position
from risk_manager.domain.protection import is_wanted, protective_commands
from risk_manager.domain.settling import unsettled
from risk_manager.domain.state import AccountState, Draft, Effort, effort_key

ALERT_AFTER_FAILURES = 3
_ALERT_EVERY_FAILURES = 10


class _Wanted(NamedTuple):
    """A command that would bring the account closer to what must become true, and on whose behalf."""

    command: Command
    rule: str
    reason: str


def converge(draft: Draft, event: Event, policy: Policy) -> tuple[Intent, ...]:
    """Write the intents that are missing."""
    state = draft.state
    if not (state.lockouts or state.demands or state.removals or state.protections or state.orders):
        return ()
    now_ns = max(state.now_ns, event.t_ns)
    under_way = {intent.target for intent in state.intents.values()}
    intents = []
    in_doubt = unsettled(state, event, draft.changes)
    for wanted in (*_wanted_cancels(state), *_wanted_closes(state), *_wanted_protection(state, in_doubt)):
        target = target_of(wanted.command)
        effort = state.efforts.get(effort_key(wanted.rule, target), Effort())
        if target in under_way or effort.retry_ns > now_ns:
            continue
        intents.append(_write(draft, wanted, policy.account, now_ns))
        under_way.add(target)
    return tuple(intents)


def _write(draft: Draft, wanted: _Wanted, account: str, now_ns: int) -> Intent:
    command, rule, reason = wanted
    target, today = target_of(command), draft.state.today
    effort = draft.state.efforts.get(effort_key(rule, target), Effort())
    attempt = effort.attempts + 1
    name = client_order_id(
        account=account,
        trading_day=today.name if today else "",
        rule=rule,
        verb=verb_of(command),
        target=target,
        attempt=attempt,
    )
    intent = Intent(name, command, "written", rule, reason, target, attempt, now_ns, again=effort.failures > 0)
    draft.set("efforts", effort_key(rule, target), msgspec.structs.replace(effort, attempts=attempt))
    draft.set("intents", name, intent)
    return intent


def _wanted_cancels(state: AccountState) -> Iterator[_Wanted]:
    for key, order in state.orders.items():
        if is_unresolved(state, order):
            continue  # there is nothing at the venue that could be cancelled
        lockout = forbids(state, order)
        if lockout is not None and not (lockout.kind == "cooldown" and is_wanted(state, order)):
            yield _Wanted(CancelOrder(order.order_id, order.contract), lockout.rule, lockout.reason)
        elif (removal := state.removals.get(key)) is not None:
            yield _Wanted(CancelOrder(order.order_id, order.contract), removal.rule, removal.reason)


def _wanted_closes(state: AccountState) -> Iterator[_Wanted]:
    for contract, position in state.positions.items():
        bounds: list[tuple[int, str, str, bool]] = []
        allowed = allowed_size(state, position)
        if allowed is not None:
            bounds.append((allowed[0], allowed[1].rule, allowed[1].reason, False))
        demand = state.demands.get(contract)
        if demand is not None:
            bounds.append((demand.max_size, demand.rule, demand.reason, demand.unless_protected))
        if not bounds:
            continue
        size, rule, reason, ask_first = min(bounds, key=lambda bound: bound[0])
        if abs(position.net) > size:
            yield _Wanted(_shrink(position, size, ask_first=ask_first), rule, reason)


def _shrink(position: Position, size: int, *, ask_first: bool) -> Command:
    if ask_first:
        return CloseUnprotected(position.contract, position.net)
    if size == 0:
        return ClosePosition(position.contract, position.net)
    return ReducePosition(position.contract, abs(position.net) - size, position.net)


def _wanted_protection(state: AccountState, in_doubt: set[str]) -> Iterator[_Wanted]:
    """Protective orders, for positions that are to stay: what is being closed or reduced waits until it is.

    in_doubt: contracts with a fill whose position is not heard yet: nothing is placed or resized for the one that we
    still believe in.
    """
    for command, rule in protective_commands(state):
        if isinstance(command, CancelOrder):
            yield _Wanted(command, rule, "protective order without its position")
            continue
        position = state.positions[command.contract]
        allowed = allowed_size(state, position)
        leaving = command.contract in state.demands or (allowed is not None and allowed[0] < abs(position.net))
        if not leaving and command.contract not in in_doubt:
            yield _Wanted(command, rule, "protective order")


def exhausted(draft: Draft) -> list[Alert]:
    """An enforcement that keeps failing is told to a person, at the third failure and at every tenth after it."""
    alerts = []
    for change in draft.changes:
        effort = change.after
        if change.table != "efforts" or not isinstance(effort, Effort):
            continue
        grew = effort.failures > (change.before.failures if isinstance(change.before, Effort) else 0)
        if grew and (effort.failures == ALERT_AFTER_FAILURES or effort.failures % _ALERT_EVERY_FAILURES == 0):
            text = f"{change.key.partition('|')[2]} failed {effort.failures} times in a row; it is tried again"
            alerts.append(Alert("ENF-010", "critical", text))
    return alerts
