"""Each checkpoint comes after the one it builds on, and the boot happens once."""

from runtime.observing.observation import Observation
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding

NAME = "order"


def judge(observation: Observation) -> Judgement:
    """FAIL for a checkpoint before its predecessor, a boot checkpoint that repeats, or a second life of the service."""
    steps = {step.n: step for step in observation.contract.steps}
    seen: list[int] = []
    runs: list[str] = []
    wrong: list[str] = []
    for entry in observation.timeline.entries:
        checkpoint = entry.checkpoint
        if checkpoint is None or checkpoint.n not in steps:
            continue  # protocol.py judges what is no checkpoint of this contract
        step = steps[checkpoint.n]
        if step.after is not None and step.after not in seen:
            wrong.append(f"{step.n} {step.name} came before {step.after} {steps[step.after].name}")
        if step.n <= observation.contract.ready and step.n in seen:
            wrong.append(f"{step.n} {step.name} came twice")
        if checkpoint.run not in runs:
            runs.append(checkpoint.run)
        seen.append(step.n)
    if len(runs) > 1:
        wrong.append(f"the service started {len(runs)} times (runs {', '.join(runs)})")
    if wrong:
        finding = Finding("SEQ-002", wrong[0], {"violations": wrong, "order_seen": seen})
        return Judgement(NAME, Verdict.FAIL, "; ".join(wrong[:3]), settled=True, findings=(finding,))
    if not seen:
        return Judgement(NAME, Verdict.UNKNOWN, "no checkpoint seen")
    return Judgement(NAME, Verdict.PASS, f"{len(seen)} in order")
