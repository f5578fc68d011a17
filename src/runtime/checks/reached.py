"""Every checkpoint of the contract has been seen at least once."""

from runtime.observing.observation import Observation
from runtime.observing.progress import progress
from runtime.verdict import Judgement, Verdict

NAME = "reached"


def judge(observation: Observation) -> Judgement:
    """UNKNOWN while one is missing: it may still come."""
    steps = progress(observation)
    missing = [f"{item.step.n} {item.step.name}" for item in steps if item.first_s is None]
    if missing:
        return Judgement(NAME, Verdict.UNKNOWN, "not seen: " + ", ".join(missing))
    return Judgement(NAME, Verdict.PASS, f"{len(steps)} of {len(steps)} seen")
