"""Told to stop, the service stops: within its deadline, and not with an error."""

import signal

from runtime.observing.observation import Observation
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding

NAME = "stop"
# A service without a handler of its own is ended by the signal itself; a shell reports that as 143.
_CLEAN = (0, -signal.SIGTERM, 128 + signal.SIGTERM)


def judge(observation: Observation) -> Judgement:
    """FAIL where it had to be killed or ended with an error."""
    stopped = observation.stopped
    if stopped is None:
        return Judgement(NAME, Verdict.UNKNOWN, "it was not told to stop", settled=True)
    if not stopped.forced and stopped.code in _CLEAN:
        return Judgement(NAME, Verdict.PASS, f"clean in {stopped.seconds:.2f}s", settled=True)
    how = "had to be killed" if stopped.forced else f"ended with {stopped.code}"
    what = f"told to stop (SIGTERM), it {how} after {stopped.seconds:.2f}s"
    finding = Finding("PROC-003", what, {"code": stopped.code, "forced": stopped.forced, "seconds": stopped.seconds})
    return Judgement(NAME, Verdict.FAIL, what, settled=True, findings=(finding,))
