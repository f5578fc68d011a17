"""Verdicts become what must become true: lockouts, demands, removals, protections, memories. No command here."""

from risk_manager.domain.decision import Alert, RuleVerdict
from risk_manager.domain.events import Event, InvariantBroken, TradeReport
from risk_manager.domain.lockouts import lock
from risk_manager.domain.observe import demand, demand_flat
from risk_manager.domain.policy import Policy
from risk_manager.domain.state import Demand, Draft, Effort, Memo, Protection, Removal, memory_key
from risk_manager.domain.verdicts import (
    OK,
    Action,
    Cap,
    CloseUnlessProtected,
    Flatten,
    LockOut,
    Protect,
    Remember,
    Remove,
    Tell,
    Verdict,
)


def respond(draft: Draft, event: Event, verdicts: tuple[RuleVerdict, ...], policy: Policy) -> list[Alert]:
    """Write down what must become true because of these verdicts; returns what a person should hear of."""
    alerts: list[Alert] = []
    now_ns = max(draft.state.now_ns, event.t_ns)
    if isinstance(event, InvariantBroken) and draft.changes:
        what = event.symbol or "the account"
        text = f"{what} is frozen until an operator lifts it: {event.reason}: {event.arithmetic}"
        alerts.append(Alert(event.invariant, "critical", text))
    for answer in verdicts:
        verdict = answer.verdict
        if verdict is OK:
            continue
        if verdict.result == "unknown":
            alerts += _respond_to_unknown(draft, answer, policy, now_ns)
            continue
        before = len(draft.changes)
        alerts += [Alert(f"RULE-{answer.rule}", "warning", each.text) for each in verdict.actions if type(each) is Tell]
        for action in verdict.actions:
            _take(draft, answer.rule, verdict, action, event, now_ns)
        if verdict.result == "breach" and _news(draft, before):
            alerts.append(Alert(f"RULE-{answer.rule}", "critical", f"{verdict.reason}: {verdict.arithmetic}"))
    return alerts


def _news(draft: Draft, before: int) -> bool:
    """Did the breach lead to anything that did not have to become true already? A rule's memory alone is no news."""
    return any(change.table != "memory" for change in draft.changes[before:])


def _take(  # noqa: PLR0917 -- who says what because of which event, and when
    draft: Draft, rule: str, verdict: Verdict, action: Action, event: Event, now_ns: int
) -> None:
    reason = verdict.reason
    match action:
        case LockOut():
            trade = event.trade if isinstance(event, TradeReport) else None
            lock(draft, rule, action, reason=reason, arithmetic=verdict.arithmetic, t_ns=now_ns, trade=trade)
        case Cap():
            demand(draft, Demand(action.contract, action.max_size, rule, reason, now_ns))
        case CloseUnlessProtected():
            demand(draft, Demand(action.contract, 0, rule, reason, now_ns, unless_protected=True))
        case Flatten():
            demand_flat(draft, rule, reason, now_ns)
        case Remove():
            key = str(action.order_id)
            if key in draft.state.orders and key not in draft.state.removals:
                draft.set("removals", key, Removal(action.order_id, rule, reason))
        case Protect():
            wanted = Protection(action.contract, action.stop_ticks, action.target_ticks, rule)
            nothing = action.stop_ticks is None and action.target_ticks is None
            draft.set("protections", action.contract, None if nothing else wanted)
        case Remember():
            draft.set("memory", memory_key(rule, action.key), None if action.value is None else Memo(action.value))
        case Tell():
            pass  # told by `respond`, for it changes nothing


def _respond_to_unknown(draft: Draft, answer: RuleVerdict, policy: Policy, now_ns: int) -> list[Alert]:
    key = f"unknown:{answer.rule}"
    if policy.on_rule_error == "block":
        action = LockOut("cooldown", "operator", None)
        if lock(draft, key, action, reason=answer.verdict.reason, arithmetic="", t_ns=now_ns) is None:
            return []
        consequence = "new exposure is blocked until an operator lifts it"
    else:
        if key in draft.state.efforts:
            return []
        draft.set("efforts", key, Effort(attempts=1))
        consequence = "on_rule_error is alert, so nothing is blocked"
    return [Alert("RULE-000", "critical", f"rule {answer.rule} has no answer: {answer.verdict.reason}; {consequence}")]
