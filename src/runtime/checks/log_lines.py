"""What was announced also stands in the log, where an operator looks for it."""

from runtime.observing.observation import Observation
from runtime.observing.timeline import checkpoint_lines
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding

NAME = "log_lines"


def judge(observation: Observation) -> Judgement:
    """FAIL where a checkpoint that was seen has no line in the log of this run."""
    lines = observation.log
    if lines is None:
        return Judgement(NAME, Verdict.UNKNOWN, "the log was not read", settled=True)
    missing = [step.log for step in observation.contract.steps if not checkpoint_lines(lines, [step.log])]
    if missing:
        what = f"announced, but not in the log: {missing[0]!r}"
        finding = Finding("LOG-001", what, {"missing": missing, "lines_read": len(lines)})
        return Judgement(NAME, Verdict.FAIL, what, settled=True, findings=(finding,))
    return Judgement(NAME, Verdict.PASS, f"{len(observation.contract.steps)} of them in the log", settled=True)
