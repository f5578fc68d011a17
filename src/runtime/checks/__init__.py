"""The checks: pure judgements over an Observation, one per file, found by their line in the registry here.

LIVE checks are asked whenever something new was seen; a run ends when all of them pass or one fails. FINAL checks are
about a run that got that far: they are asked once, after the service was stopped, and only then.
"""

from collections.abc import Callable, Sequence

from runtime.checks import (
    budgets,
    companions,
    ledger,
    liveness,
    log_lines,
    once_for_each,
    order,
    outcome,
    protocol,
    reached,
    ready,
    sequence,
    stop,
)
from runtime.observing.observation import Observation
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding

Check = Callable[[Observation], Judgement]

LIVE: dict[str, Check] = {
    "companions": companions.judge,
    "liveness": liveness.judge,
    "protocol": protocol.judge,
    "sequence": sequence.judge,
    "order": order.judge,
    "reached": reached.judge,
    "ready": ready.judge,
    "once_for_each": once_for_each.judge,
    "outcome": outcome.judge,
}
FINAL: dict[str, Check] = {
    "ledger": ledger.judge,
    "stop": stop.judge,
    "log_lines": log_lines.judge,
    "budgets": budgets.judge,
}


def judge(checks: dict[str, Check], observation: Observation) -> tuple[Judgement, ...]:
    """What each of these checks says. A check that crashes says UNKNOWN, never PASS."""
    return tuple(_guarded(name, check, observation) for name, check in checks.items())


def _guarded(name: str, check: Check, observation: Observation) -> Judgement:
    try:
        return check(observation)
    except Exception as error:  # noqa: BLE001 -- whatever breaks a check, its claim is unproven and the run goes on
        what = f"check {name} crashed: {type(error).__name__}: {error}"
        finding = Finding("CHECK-001", what, {"check": name, "error": repr(error)})
        return Judgement(name, Verdict.UNKNOWN, what, settled=True, findings=(finding,))


def all_pass(judgements: Sequence[Judgement]) -> bool:
    """Is everything shown? Of no judgements, nothing is."""
    return bool(judgements) and all(judgement.verdict is Verdict.PASS for judgement in judgements)


def decided(judgements: Sequence[Judgement]) -> bool:
    """Can waiting no longer change the outcome? A failure decides at once, the rest when nothing is left to come."""
    return any(judgement.verdict is Verdict.FAIL for judgement in judgements) or all(
        judgement.verdict is Verdict.PASS or judgement.settled for judgement in judgements
    )
