"""The run ends as its scenario must: the last checkpoint in the phase that is required."""

from runtime.observing.observation import Observation
from runtime.observing.progress import progress
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding

NAME = "outcome"


def judge(observation: Observation) -> Judgement:
    """UNKNOWN until the service claims the phase; whether the claim is true is for `ledger`."""
    outcome = observation.outcome
    item = progress(observation)[outcome.checkpoint - 1]
    if item.complete_s is None:
        seen = ", ".join(dict.fromkeys(item.phases)) or "nothing"
        required = outcome.phase or "it"
        return Judgement(NAME, Verdict.UNKNOWN, f"{item.step.name}: {required} is required, seen: {seen}")
    statuses = observation.timeline.fields("STATUS")
    if outcome.said is not None and not any(outcome.said in text for _, text in statuses):
        what = f"no STATUS has said {outcome.said!r}"
        finding = Finding("OUT-001", what, {"required": outcome.said, "seen": [text for _, text in statuses][-5:]})
        return Judgement(NAME, Verdict.UNKNOWN, what, findings=(finding,))
    return Judgement(NAME, Verdict.PASS, f"{item.step.name}: {outcome.phase or 'seen'} at {item.complete_s:.3f}s")
