"""The service is alive until it is told to stop; one that ends by itself guards nothing, whatever its exit code."""

from runtime.observing.observation import Observation
from runtime.verdict import Judgement, Verdict

NAME = "liveness"


def judge(observation: Observation) -> Judgement:
    """FAIL where it could not be started or ended by itself. The diagnosis names the cause."""
    if observation.never_started:
        return Judgement(NAME, Verdict.FAIL, observation.never_started, settled=True)
    end = observation.timeline.exit
    if end is not None:
        return Judgement(NAME, Verdict.FAIL, f"ended by itself with {end.code} after {end.t_s:.3f}s", settled=True)
    if not observation.timeline.start_ns:
        return Judgement(NAME, Verdict.UNKNOWN, "not started yet")
    return Judgement(NAME, Verdict.PASS, "running")
