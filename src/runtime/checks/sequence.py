"""Nothing the service said was lost: sequence numbers start at 1 and have no gap."""

from runtime.observing.observation import Observation
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding

NAME = "sequence"


def judge(observation: Observation) -> Judgement:
    """UNKNOWN for a gap (what was lost may have been anything), FAIL for a number that comes again."""
    numbers = [
        entry.said.seq
        for entry in observation.timeline.entries
        if entry.said is not None and entry.said.seq is not None
    ]
    if not numbers:
        return Judgement(NAME, Verdict.UNKNOWN, "no numbered message seen")
    expected = 1
    lost: list[int] = []
    for number in numbers:
        if number < expected:
            what = f"message {number} came after message {expected - 1}"
            finding = Finding("SEQ-002", what, {"numbers": numbers[-20:]})
            return Judgement(NAME, Verdict.FAIL, what, settled=True, findings=(finding,))
        lost.extend(range(expected, min(number, expected + 100)))
        expected = number + 1
    if lost:
        what = f"{len(lost)} messages were lost" if len(lost) > 1 else f"message {lost[0]} was lost"
        finding = Finding("SEQ-001", what, {"lost": lost[:20], "received": len(numbers), "last": numbers[-1]})
        return Judgement(NAME, Verdict.UNKNOWN, what, settled=True, findings=(finding,))
    return Judgement(NAME, Verdict.PASS, f"{len(numbers)} messages, none lost")
