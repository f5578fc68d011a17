"""What the service says is the notify protocol, and speaks of the checkpoints its contract names."""

from runtime.observing.observation import Observation
from runtime.observing.timeline import Entry
from runtime.verdict import Judgement, Verdict
from service_contract.findings import Finding
from service_contract.messages import Checkpoint

NAME = "protocol"


def judge(observation: Observation) -> Judgement:
    """UNKNOWN for anything that cannot be read or is not in the contract: it may have been the evidence."""
    wrong = [fault for entry in observation.timeline.entries if (fault := _fault(entry, observation))]
    if wrong:
        finding = Finding("PROTO-001", wrong[0], {"messages": wrong[:10], "count": len(wrong)})
        return Judgement(NAME, Verdict.UNKNOWN, wrong[0], settled=True, findings=(finding,))
    if not observation.timeline.entries:
        return Judgement(NAME, Verdict.UNKNOWN, "no message seen")
    return Judgement(NAME, Verdict.PASS, f"{len(observation.timeline.entries)} messages read")


def _fault(entry: Entry, observation: Observation) -> str:
    if entry.said is None:
        return f"unreadable at {entry.t_s:.3f}s: {entry.garbage}"
    checkpoint = entry.checkpoint
    if checkpoint is None:
        return ""
    steps = observation.contract.steps
    if checkpoint.of != len(steps) or not 1 <= checkpoint.n <= len(steps):
        return f"checkpoint {checkpoint.n} of {checkpoint.of}: service.yaml has {len(steps)}"
    if checkpoint.name != steps[checkpoint.n - 1].name:
        return f"checkpoint {checkpoint.n} is named {checkpoint.name!r}, not {steps[checkpoint.n - 1].name!r}"
    if not observation.timeline.start_ns <= checkpoint.t_ns <= entry.t_ns:
        return f"checkpoint {checkpoint.n}: t_ns lies outside this run (is it CLOCK_MONOTONIC?)"
    return _announced_list_fault(checkpoint, observation)


def _announced_list_fault(checkpoint: Checkpoint, observation: Observation) -> str:
    for step in observation.contract.steps:
        reference = step.once_for_each
        if reference is None or reference.checkpoint != checkpoint.n:
            continue
        if not isinstance(checkpoint.detail.get(reference.key), list | dict):
            return f"checkpoint {checkpoint.n} has no list {reference.key!r} in its detail ({reference} is needed)"
    return ""
