"""READY=1 is announced, and not before the boot it stands for: a supervisor acts on nothing else."""

from runtime.observing.observation import Observation
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding

NAME = "ready"


def judge(observation: Observation) -> Judgement:
    """FAIL where READY=1 comes before the checkpoint that precedes `ready` (the two of them may change places)."""
    contract, timeline = observation.contract, observation.timeline
    announced = [t_s for t_s, value in timeline.fields("READY") if value == "1"]
    if not announced:
        return Judgement(NAME, Verdict.UNKNOWN, "READY=1 not seen")
    needed = contract.step(contract.ready).after
    reached = timeline.reached(needed) if needed is not None else []
    if needed is not None and (not reached or reached[0].t_s > announced[0]):
        what = f"READY=1 at {announced[0]:.3f}s, before checkpoint {needed} {contract.step(needed).name}"
        finding = Finding("READY-001", what, {"ready_s": announced[0]})
        return Judgement(NAME, Verdict.FAIL, what, settled=True, findings=(finding,))
    return Judgement(NAME, Verdict.PASS, f"READY=1 at {announced[0]:.3f}s")
