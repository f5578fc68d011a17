"""What the service claims is what the independent witness says; where they differ, the witness is right."""

from runtime.observing.observation import Observation
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding

NAME = "ledger"


def judge(observation: Observation) -> Judgement:
    """FAIL where the probe contradicts the outcome, UNKNOWN where it could not be asked or cannot tell."""
    outcome, reading = observation.outcome, observation.probe
    if outcome.probe is None:
        return Judgement(NAME, Verdict.PASS, f"no witness is asked under {outcome.scenario}", settled=True)
    if reading is None or reading.agrees is None:
        problem = "it was not asked" if reading is None else reading.problem
        open_ones = [str(answer) for answer in reading.answers if answer.holds is None] if reading else []
        what = f"probe {outcome.probe}: {problem or '; '.join(open_ones) or 'no answer'}"
        finding = Finding("ENF-004", what, {"probe": outcome.probe, "open": open_ones})
        return Judgement(NAME, Verdict.UNKNOWN, what, settled=True, findings=(finding,))
    if not reading.agrees:
        broken = [str(answer) for answer in reading.answers if answer.holds is False]
        claimed = outcome.phase or observation.contract.step(outcome.checkpoint).name
        what = f"claimed {claimed}, but the {outcome.probe} says: {'; '.join(broken)}"
        finding = Finding("ENF-003", what, {"claimed": claimed, "broken": broken})
        return Judgement(NAME, Verdict.FAIL, what, settled=True, findings=(finding,))
    return Judgement(NAME, Verdict.PASS, "; ".join(str(answer) for answer in reading.answers), settled=True)
