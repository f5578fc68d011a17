"""One event in, one decision out: the pure function at the centre of the program.

    observe    what the event says goes into the tables
    evaluate   every rule that hears this kind of event answers: ok, breach, unknown
    respond    answers become lockouts, demands, removals, protections: what must become true
    converge   what must become true and is not yet, and is not already on its way, becomes an intent

`decide` leaves the state as it found it. The caller makes the decision durable first and applies its changes then.

Because `respond` writes down what must become true instead of what to send, enforcement is a convergence loop: an
intent that failed, a fill that came late, a position opened by hand during a lockout all lead to the next intent,
until the venue reports the account as it must be.
"""

from risk_manager.domain.agreeing import settle
from risk_manager.domain.breaker import leaps, lifted_symbol, trip
from risk_manager.domain.converge import converge, exhausted
from risk_manager.domain.decision import NOTHING, Alert, Decision, RuleVerdict
from risk_manager.domain.events import (
    AccountReport,
    Event,
    MarketTrade,
    OperatorCommand,
    PositionReport,
    Quote,
    TimeAdvanced,
)
from risk_manager.domain.observe import Contradiction, mark_of, observe
from risk_manager.domain.policy import BoundRule, Policy
from risk_manager.domain.respond import respond
from risk_manager.domain.settling import unsettled
from risk_manager.domain.state import ACCOUNT, AccountState, Draft, apply_all
from risk_manager.domain.verdicts import OK, Verdict, unknown


def decide(state: AccountState, event: Event, policy: Policy) -> Decision:
    """What follows from `event` in `state` under `policy`. Pure: the durable tables are left as they were found.

    A market event sets the mark beforehand (`take_mark`), since marks are not durable. A price with which every rule is
    fine changes nothing: what it might be time to try again is for the clock to say (`wake_ns`).
    """
    kind = type(event)
    if (
        (kind is Quote or kind is MarketTrade)
        and not leaps(state, event.contract)  # type: ignore[union-attr]  # the two kinds that have a contract
        and _is_fine(state, event, policy.rules_that_hear(kind))
    ):
        return policy.all_fine(kind)
    draft = Draft(state)
    try:
        return _decided(draft, event, policy)
    finally:
        draft.take_back()


def _decided(draft: Draft, event: Event, policy: Policy) -> Decision:
    """The same, in a draft that is taken back afterwards."""
    try:
        observe(draft, event, policy)
    except Contradiction as error:
        draft.take_back()
        text = f"{type(event).__name__} was not believed: {error}"
        return Decision(alerts=(Alert("INPUT-001", "warning", text),), contradiction=text)
    alerts = settle(draft, event, policy)
    verdicts = evaluate(draft.state, event, policy)
    alerts += respond(draft, event, verdicts, policy)
    if policy.breaker is not None:
        alerts += trip(draft, event, policy.breaker)
    intents = converge(draft, event, policy)
    alerts += exhausted(draft)
    if not (draft.changes or verdicts or alerts):
        return NOTHING
    return Decision(tuple(draft.changes), verdicts, intents, tuple(alerts))


def take_mark(state: AccountState, event: MarketTrade | Quote) -> None:
    """Remember the price at which positions in this contract are valued."""
    mark_ticks = mark_of(event)
    if mark_ticks is not None:
        state.open_pnl.mark(event.contract, mark_ticks)
        if state.swings is not None:
            state.swings.take(event.contract, event.t_ns, mark_ticks)


def accept(state: AccountState, event: Event, decision: Decision) -> None:
    """Take a decision into memory, once it is durable, and with it what is not durable about its event."""
    if decision.changes:
        apply_all(state, decision.changes)
    if decision.contradiction or isinstance(event, Quote | MarketTrade):
        return
    state.unsettled = unsettled(state, event, decision.changes)
    if isinstance(event, TimeAdvanced):
        state.now_ns = event.t_ns
    elif isinstance(event, PositionReport | AccountReport):
        what = ACCOUNT if isinstance(event, AccountReport) else event.contract
        state.reported_ns[what] = max(event.t_ns, state.reported_ns.get(what, 0))
    elif isinstance(event, OperatorCommand) and state.swings is not None:
        state.swings.forget(lifted_symbol(event) or "")


def evaluate(state: AccountState, event: Event, policy: Policy) -> tuple[RuleVerdict, ...]:
    """Ask every rule that hears this kind of event."""
    return tuple(RuleVerdict(rule.key, _ask(rule, state, event)) for rule in policy.rules_that_hear(type(event)))


def _is_fine(state: AccountState, event: Event, rules: tuple[BoundRule, ...]) -> bool:
    try:
        for rule in rules:
            if rule.check(state, event) is not OK:
                return False
    except Exception:  # noqa: BLE001 -- `evaluate` asks the rule again and makes an unknown answer of it
        return False
    return True


def _ask(rule: BoundRule, state: AccountState, event: Event) -> Verdict:
    try:
        return rule.check(state, event)
    except Exception as error:  # noqa: BLE001 -- a rule that fails is an unknown answer, and on_rule_error decides
        return unknown(f"the rule failed: {type(error).__name__}: {error}")


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
    """Can nothing follow from this event? True for time without a timer, and for prices of contracts we do not hold.

    Where the breaker watches a contract, a price that leaps is looked at whether it is held or not.
    """
    kind = type(event)
    if kind is TimeAdvanced:
        return state.now_ns <= event.t_ns < wakes_ns
    if kind is MarketTrade or kind is Quote:
        contract = event.contract  # type: ignore[union-attr]  # the two kinds that have a contract
        return contract not in state.positions and not leaps(state, contract)
    return False
