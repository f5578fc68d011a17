"""The processes the service needs are ready and stay alive; without them nothing is proven about the service."""

from runtime.observing.observation import Observation
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding

NAME = "companions"


def judge(observation: Observation) -> Judgement:
    """FAIL where one ended by itself, UNKNOWN where one has not said READY=1."""
    for companion in observation.companions:
        if companion.code is None:
            continue
        what = f"companion {companion.name} ended by itself with {companion.code}"
        evidence = {"companion": companion.name, "code": companion.code, "last_words": companion.last_words}
        finding = Finding("COMP-001", what, evidence)
        return Judgement(NAME, Verdict.FAIL, what, settled=True, findings=(finding,))
    waiting = [companion.name for companion in observation.companions if companion.ready_s is None]
    if waiting:
        what = f"companion {waiting[0]} has not said READY=1"
        finding = Finding("COMP-001", what, {"companion": waiting[0]})
        return Judgement(NAME, Verdict.UNKNOWN, what, findings=(finding,))
    count = len(observation.companions)
    return Judgement(NAME, Verdict.PASS, f"{count} ready" if count else "none needed")
