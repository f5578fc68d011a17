"""Checkpoints that came late: a warning, because only the limit of the whole run decides."""

from runtime.observing.observation import Observation
from runtime.observing.progress import progress
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding, Severity

NAME = "budgets"


def judge(observation: Observation) -> Judgement:
    """Always PASS for a run that was complete in time; names each checkpoint past its own budget."""
    findings = tuple(
        Finding(
            "SLOW-001",
            f"checkpoint {item.step.n} {item.step.name} took {item.complete_s:.2f}s of {item.step.budget_s:.2f}s",
            {"checkpoint": item.step.n, "complete_s": item.complete_s, "budget_s": item.step.budget_s},
            severity=Severity.WARNING,
        )
        for item in progress(observation)
        if item.slow
    )
    summary = f"{len(findings)} late" if findings else "all within their budgets"
    return Judgement(NAME, Verdict.PASS, summary, settled=True, findings=findings)
