"""The run ends as its scenario must: the last checkpoint in the phase that is required."""

from runtime.observation import Observation
from runtime.progress import progress
from runtime.verdict import Judgement, Verdict

NAME = "outcome"


def judge(observation: Observation) -> Judgement:
    """UNKNOWN until the service claims the phase; whether the claim is true is for `ledger`."""
    outcome = observation.outcome
    item = progress(observation)[outcome.checkpoint - 1]
    if item.complete_s is None:
        seen = ", ".join(dict.fromkeys(item.phases)) or "nothing"
        return Judgement(NAME, Verdict.UNKNOWN, f"{item.step.name}: {outcome.phase} is required, seen: {seen}")
    if outcome.said is not None and not any(outcome.said in text for _, text in observation.timeline.fields("STATUS")):
        return Judgement(NAME, Verdict.UNKNOWN, f"no STATUS has said {outcome.said!r}")
    return Judgement(NAME, Verdict.PASS, f"{item.step.name}: {outcome.phase} at {item.complete_s:.3f}s")
