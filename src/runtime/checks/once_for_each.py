"""Where a checkpoint must come once for each entry of a list, it has come for each of them."""

from runtime.observing.observation import Observation
from runtime.observing.progress import progress
from runtime.verdict import Judgement, Verdict

NAME = "once_for_each"


def judge(observation: Observation) -> Judgement:
    """UNKNOWN while an entry is missing; an empty list proves nothing either."""
    steps = [item for item in progress(observation) if item.step.once_for_each is not None]
    if not steps:
        return Judgement(NAME, Verdict.PASS, "the contract asks for none")
    for item in steps:
        if item.missing:
            seen = len(item.wanted) - len(item.missing)
            summary = f"{item.step.name}: {seen} of {len(item.wanted)}, not seen: {', '.join(item.missing)}"
            return Judgement(NAME, Verdict.UNKNOWN, summary)
        if item.complete_s is None:
            return Judgement(NAME, Verdict.UNKNOWN, f"{item.step.name}: {item.step.once_for_each} is empty or unknown")
    return Judgement(NAME, Verdict.PASS, ", ".join(f"{item.step.name}: all {len(item.wanted)}" for item in steps))
