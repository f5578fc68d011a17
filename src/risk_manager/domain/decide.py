"""One event in, one decision out: the pure function at the centre of the program.

    observe    what the event says goes into the tables
    evaluate   every rule that hears this kind of event answers: ok, breach, unknown
    respond    breaches become lockouts, demands and removals: what must become true
    converge   what must become true and is not yet, and is not already on its way, becomes an intent

`decide` leaves the state as it found it. The caller makes the decision durable first and applies its changes then.

Because `respond` writes down what must become true instead of what to send, enforcement is a convergence loop: an
intent that failed, a fill that came late, a position opened by hand during a lockout all lead to the next intent,
until the venue reports the account as it must be.

Several breaches of one event give one consistent set of intents: per contract the smallest size demanded wins, one
intent per contract is under way at a time, and it never closes more than the position holds.
"""

from typing import Literal, NamedTuple

import msgspec

from risk_manager.domain.commands import CancelOrder, ClosePosition, Command, ReducePosition
from risk_manager.domain.events import AccountReport, Event, MarketTrade, PositionReport, Quote, TimeAdvanced
from risk_manager.domain.intents import Intent, client_order_id, target_of, verb_of
from risk_manager.domain.lockouts import allowed_size, forbids, lock
from risk_manager.domain.observe import Contradiction, demand, demand_flat, mark_of, observe
from risk_manager.domain.policy import BoundRule, Policy
from risk_manager.domain.positions import Position
from risk_manager.domain.state import (
    ACCOUNT,
    AccountState,
    Change,
    Demand,
    Draft,
    Effort,
    Removal,
    apply_all,
    drafting,
    effort_key,
)
from risk_manager.domain.verdicts import OK, Cap, Flatten, LockOut, Verdict, unknown

ALERT_AFTER_FAILURES = 3


class RuleVerdict(msgspec.Struct, frozen=True):
    """What one rule answered."""

    rule: str
    verdict: Verdict


class Alert(msgspec.Struct, frozen=True):
    """Something a person should hear of. id is stable, text says what and why with its numbers."""

    id: str
    severity: Literal["info", "warning", "critical"]
    text: str


class Decision(msgspec.Struct, frozen=True):
    """What follows from one event.

    changes: to durable rows, in order. verdicts: all that were asked for, ok ones too. intents: to be sent once the
    decision is durable; they are among the changes as well. contradiction: why the event was not believed, if so.
    """

    changes: tuple[Change, ...] = ()
    verdicts: tuple[RuleVerdict, ...] = ()
    intents: tuple[Intent, ...] = ()
    alerts: tuple[Alert, ...] = ()
    contradiction: str = ""

    @property
    def is_durable(self) -> bool:
        """Is there anything here that must survive?"""
        return bool(self.changes or self.alerts or self.contradiction)


_NOTHING = Decision()


def decide(state: AccountState, event: Event, policy: Policy) -> Decision:
    """What follows from `event` in `state` under `policy`. Pure: the durable tables are left as they were found.

    A market event sets the mark beforehand (`take_mark`), since marks are not durable.
    """
    with drafting(state) as draft:
        try:
            observe(draft, event, policy)
        except Contradiction as error:
            draft.take_back()
            text = f"{type(event).__name__} was not believed: {error}"
            return Decision(alerts=(Alert("INPUT-001", "warning", text),), contradiction=text)
        verdicts = evaluate(state, event, policy)
        alerts = respond(draft, event, verdicts, policy)
        intents = converge(draft, event, policy)
        alerts += _exhausted(draft)
        if not (draft.changes or verdicts or alerts):
            return _NOTHING
        return Decision(tuple(draft.changes), verdicts, intents, tuple(alerts))


def take_mark(state: AccountState, event: MarketTrade | Quote) -> None:
    """Remember the price at which positions in this contract are valued."""
    mark_ticks = mark_of(event)
    if mark_ticks is not None:
        state.marks[event.contract] = mark_ticks


def accept(state: AccountState, event: Event, decision: Decision) -> None:
    """Take a decision into memory, once it is durable, and with it what is not durable about its event."""
    apply_all(state, decision.changes)
    if decision.contradiction:
        return
    if isinstance(event, TimeAdvanced):
        state.now_ns = event.t_ns
    elif isinstance(event, PositionReport | AccountReport):
        what = ACCOUNT if isinstance(event, AccountReport) else event.contract
        state.reported_ns[what] = max(event.t_ns, state.reported_ns.get(what, 0))


def evaluate(state: AccountState, event: Event, policy: Policy) -> tuple[RuleVerdict, ...]:
    """Ask every rule that hears this kind of event."""
    return tuple(RuleVerdict(rule.key, _ask(rule, state, event)) for rule in policy.rules_that_hear(type(event)))


def _ask(rule: BoundRule, state: AccountState, event: Event) -> Verdict:
    try:
        return rule.check(state, event)
    except Exception as error:  # noqa: BLE001 -- a rule that fails is an unknown answer, and on_rule_error decides
        return unknown(f"the rule failed: {type(error).__name__}: {error}")


def respond(draft: Draft, event: Event, verdicts: tuple[RuleVerdict, ...], policy: Policy) -> list[Alert]:
    """Write down what must become true because of these verdicts."""
    alerts: list[Alert] = []
    for answer in verdicts:
        if answer.verdict is OK or answer.verdict.result == "ok":
            continue
        if answer.verdict.result == "unknown":
            alerts += _respond_to_unknown(draft, event, answer, policy)
            continue
        for action in answer.verdict.actions:
            alerts += _respond_to_breach(draft, event, answer, action)
    return alerts


def _respond_to_breach(draft: Draft, event: Event, answer: RuleVerdict, action: Cap | Flatten | LockOut) -> list[Alert]:
    rule, verdict = answer.rule, answer.verdict
    now_ns = max(draft.state.now_ns, event.t_ns)
    before = len(draft.changes)
    match action:
        case LockOut():
            lock(draft, rule, action, reason=verdict.reason, arithmetic=verdict.arithmetic, t_ns=now_ns)
        case Cap():
            demand(draft, Demand(action.contract, action.max_size, rule, verdict.reason, now_ns))
        case Flatten():
            demand_flat(draft, rule, verdict.reason, now_ns)
    if len(draft.changes) == before:
        return []  # it already must become true
    return [Alert(f"RULE-{rule}", "critical", f"{verdict.reason}: {verdict.arithmetic}")]


def _respond_to_unknown(draft: Draft, event: Event, answer: RuleVerdict, policy: Policy) -> list[Alert]:
    key = f"unknown:{answer.rule}"
    if policy.on_rule_error == "block":
        action = LockOut("cooldown", "operator", None)
        now_ns = max(draft.state.now_ns, event.t_ns)
        if lock(draft, key, action, reason=answer.verdict.reason, arithmetic="", t_ns=now_ns) is None:
            return []
        consequence = "new exposure is blocked until an operator lifts it"
    else:
        effort = draft.state.efforts.get(key)
        if effort is not None:
            return []
        draft.set("efforts", key, Effort(attempts=1))
        consequence = "on_rule_error is alert, so nothing is blocked"
    return [Alert("RULE-000", "critical", f"rule {answer.rule} has no answer: {answer.verdict.reason}; {consequence}")]


def converge(draft: Draft, event: Event, policy: Policy) -> tuple[Intent, ...]:
    """Turn what must become true, is not yet, and is not under way, into intents. Cancels come before closes."""
    state = draft.state
    if not (state.lockouts or state.demands or state.removals):
        return ()
    now_ns = max(state.now_ns, event.t_ns)
    under_way = {intent.target for intent in state.intents.values()}
    intents = []
    for wanted in (*_wanted_cancels(state), *_wanted_closes(state)):
        target = target_of(wanted.command)
        effort = state.efforts.get(effort_key(wanted.rule, target), Effort())
        if target in under_way or effort.retry_ns > now_ns:
            continue
        intents.append(_write(draft, wanted, policy.account, now_ns))
        under_way.add(target)
    return tuple(intents)


class _Wanted(NamedTuple):
    """A command that would bring the account closer to what must become true, and on whose behalf."""

    command: Command
    rule: str
    reason: str


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
    intent = Intent(name, command, "written", rule, reason, target, attempt, now_ns)
    draft.set("efforts", effort_key(rule, target), msgspec.structs.replace(effort, attempts=attempt))
    draft.set("intents", name, intent)
    return intent


def _wanted_cancels(state: AccountState) -> list[_Wanted]:
    wanted: list[_Wanted] = []
    for key, order in state.orders.items():
        removal: Removal | None = state.removals.get(key)
        lockout = forbids(state, order)
        if lockout is not None:
            wanted.append(_Wanted(CancelOrder(order.order_id, order.contract), lockout.rule, lockout.reason))
        elif removal is not None:
            wanted.append(_Wanted(CancelOrder(order.order_id, order.contract), removal.rule, removal.reason))
    return wanted


def _wanted_closes(state: AccountState) -> list[_Wanted]:
    wanted: list[_Wanted] = []
    for contract, position in state.positions.items():
        bounds: list[tuple[int, str, str]] = []
        allowed = allowed_size(state, contract, position.net)
        if allowed is not None:
            bounds.append((allowed[0], allowed[1].rule, allowed[1].reason))
        wish = state.demands.get(contract)
        if wish is not None:
            bounds.append((wish.max_size, wish.rule, wish.reason))
        if not bounds:
            continue
        size, rule, reason = min(bounds, key=lambda bound: bound[0])
        if abs(position.net) > size:
            wanted.append(_Wanted(_shrink(position, size), rule, reason))
    return wanted


def _shrink(position: Position, size: int) -> Command:
    if size == 0:
        return ClosePosition(position.contract, position.net)
    return ReducePosition(position.contract, abs(position.net) - size, position.net)


def _exhausted(draft: Draft) -> list[Alert]:
    """An enforcement that keeps failing is told to a person, at the third failure and at every tenth after it."""
    alerts = []
    for change in draft.changes:
        effort = change.after
        if change.table != "efforts" or not isinstance(effort, Effort):
            continue
        grew = effort.failures > (change.before.failures if isinstance(change.before, Effort) else 0)
        if grew and (effort.failures == ALERT_AFTER_FAILURES or effort.failures % 10 == 0):
            text = f"{change.key.partition('|')[2]} failed {effort.failures} times in a row; it is tried again"
            alerts.append(Alert("ENF-001", "critical", text))
    return alerts


def wake_ns(state: AccountState, policy: Policy) -> int:
    """The next instant at which time alone changes something; before it, a `TimeAdvanced` may be skipped."""
    if state.today is None:
        return 0
    moments = [state.today.end_ns]
    moments += [lockout.until_ns for lockout in state.lockouts.values() if lockout.until_ns is not None]
    moments += [effort.retry_ns for effort in state.efforts.values() if effort.retry_ns > state.now_ns]
    for rule in policy.rules:
        moment = rule.wakes_ns(state) if rule.wakes_ns else None
        if moment is not None:
            moments.append(moment)
    return min(moments)


def may_be_skipped(state: AccountState, event: Event, wakes_ns: int) -> bool:
    """Can nothing follow from this event? True for prices of contracts we do not hold, and for time without a timer."""
    kind = type(event)
    if kind is TimeAdvanced:
        return state.now_ns <= event.t_ns < wakes_ns
    if kind is MarketTrade or kind is Quote:
        return event.contract not in state.positions  # type: ignore[union-attr]  # the two kinds that have a contract
    return False
