"""Names one cause for a run that did not pass, from evidence: how it ended, how far it came, and what it said.

A run that ended by itself is told from its exit code and last words. A run that stood still is told from the
checkpoint it waits for: `missing:` in service.yaml lists what may be wrong there, and the first that the evidence
supports is named; the others are listed as ruled out, with the reason. What the checks themselves found stands first.
"""

import re
import shlex
import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace

from runtime.causes import evidence
from runtime.causes.catalogue import CAUSES
from runtime.observing.observation import Observation
from runtime.observing.progress import StepProgress, progress
from runtime.verdict import Judgement, Verdict
from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding, Severity

_FAMILIES: Mapping[int, str] = {
    ExitCode.CONFIG_ERROR: "CFG",
    ExitCode.API_ERROR: "VENUE",
    ExitCode.DEPENDENCY_ERROR: "DEP",
}
_PLACE = re.compile(r"\S+:\d+:\d+: ")
_CAUSE_ID = re.compile(r"\b([A-Z]{2,8}-\d{3})\b")
# What an exit code of 4 is about, the most specific first.
_OF_THE_VENUE = (
    ("VENUE-004", evidence.NO_NAME),
    ("VENUE-005", evidence.NO_TLS),
    ("VENUE-006", evidence.EXPIRED),
    ("VENUE-002", evidence.UNREACHABLE),
)


def diagnose(
    observation: Observation,
    judgements: Sequence[Judgement],
    remedies: Mapping[str, Sequence[str]],
    look: Sequence[str],
) -> tuple[Finding, ...]:
    """The findings of a run, the most telling first; each ends with the commands to type next.

    remedies: commands per cause, with placeholders filled in. look: commands that help with any of them.
    """
    found = [finding for judgement in judgements for finding in judgement.findings]
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    warnings = [finding for finding in found if finding.severity is not Severity.ERROR]
    passed = bool(judgements) and all(judgement.verdict is Verdict.PASS for judgement in judgements)
    if not passed:
        ended = observation.never_started or observation.timeline.exit is not None
        if ended:
            errors.insert(0, _of_end(observation))
        elif not any(finding.id in {"COMP-001", "SEQ-002", "READY-001"} for finding in errors):
            stall = _of_stall(observation)
            errors += [stall] if stall is not None else []
    return tuple(_with_next(finding, remedies, look) for finding in (*errors, *warnings))


def _of_end(observation: Observation) -> Finding:
    end = observation.timeline.exit
    if end is None:
        return Finding("PROC-001", f"{CAUSES['PROC-001'].what}: {observation.never_started}")
    cause, why = _cause_of_end(end.code, observation)
    error = last_error(observation)
    code = _code_text(end.code)
    specific = f"it ended with {code} after {end.t_s:.2f}s" + (f": {error}" if error else "")
    facts = {**_evidence(observation), "exit_code": end.code, "told_by": why}
    return Finding(cause, f"{CAUSES[cause].what}: {specific}", facts, not_it=_not_it(observation))


def _cause_of_end(code: int, observation: Observation) -> tuple[str, str]:
    said = evidence.words(observation)
    family = _FAMILIES.get(code)
    named = [cause for text in reversed(said) for cause in _CAUSE_ID.findall(text) if cause in CAUSES]
    own = [cause for cause in named if family is None or cause.startswith(family)]
    if own and code != 0:
        return own[0], "the service names it"
    if code == ExitCode.DEPENDENCY_ERROR or (code != 0 and evidence.first(evidence.IMPORT_ERROR, said)):
        return "DEP-001", evidence.first(evidence.IMPORT_ERROR, said) or "its exit code"
    if code == ExitCode.CONFIG_ERROR:
        return "CFG-001", "its exit code"
    if code == ExitCode.API_ERROR:
        told = ((cause, evidence.first(pattern, said)) for cause, pattern in _OF_THE_VENUE)
        refused = ("VENUE-001", "its exit code; nothing says it was unreachable")
        return next(((cause, line) for cause, line in told if line), refused)
    for cause, pattern in (("INST-001", evidence.OTHER_INSTANCE), ("STORE-001", evidence.LOCKED)):
        if code != 0 and (line := evidence.first(pattern, said)):
            return cause, line
    event = observation.contract.first_event
    if code != 0 and event is not None and observation.timeline.reached(event.n):
        return "FEED-004", f"it ended after checkpoint {event.n} {event.name}"
    return "PROC-002", "its exit code"


def _of_stall(observation: Observation) -> Finding | None:
    waiting = waiting_for(observation)
    if waiting is None:
        return None
    if observation.trace is not None and observation.trace.findings:
        found = observation.trace.findings[0]
        facts = {**found.evidence, **_evidence(observation), "told_by": "its trace agent"}
        return replace(found, evidence=facts, not_it=_not_it(observation))
    if not observation.timeline.entries:
        what = f"{CAUSES['PROC-001'].what}: it runs, but said nothing for {observation.limit_s:g}s"
        return Finding("PROC-001", what, _evidence(observation))
    if jump := evidence.jumped(observation):
        what = f"{CAUSES['TIME-001'].what}: {jump}"
        return Finding("TIME-001", what, {**_evidence(observation), "told_by": jump}, not_it=_not_it(observation))
    ruled_out = []
    chosen, why = "BOOT-001", "no likelier cause is listed for this checkpoint"
    for candidate in waiting.step.missing:
        supported, reason = _supports(candidate, observation, waiting)
        if supported:
            chosen, why = candidate, reason
            break
        ruled_out.append(f"{candidate} {CAUSES[candidate].what}: {reason}")
    step = waiting.step
    part = "not complete" if waiting.first_s is not None else "not reached"
    what = f"{CAUSES[chosen].what} ({step.n}/{len(observation.contract.steps)} {step.name} {part})"
    facts = {**_evidence(observation), "waiting_for": step.name, "told_by": why}
    if waiting.missing:
        facts["not_seen"] = list(waiting.missing)
    if waiting.phases:
        facts["phases_seen"] = list(dict.fromkeys(waiting.phases))
    return Finding(chosen, what, facts, not_it=[*ruled_out, *_not_it(observation)])


def waiting_for(observation: Observation) -> StepProgress | None:
    """The first checkpoint whose condition is not met."""
    return next((item for item in progress(observation) if item.complete_s is None), None)


def _supports(cause: str, observation: Observation, waiting: StepProgress) -> tuple[bool, str]:
    test = evidence.EVIDENCE_FOR.get(cause)
    if test is None:
        return True, f"it waits for {waiting.step.name}"
    return test(observation, waiting)


def last_error(observation: Observation) -> str:
    """The line that most likely says what went wrong: the first fault of a file that is named with its place, else
    the last line of stderr, else the last ERROR of the log.
    """
    faults = _faults(observation)
    if faults:
        return faults[0][:300]
    logged = [line.message for line in observation.log or () if line.level in {"ERROR", "CRITICAL"}]
    lines = evidence.spoken(observation) or logged
    return lines[-1][:300] if lines else ""


def _faults(observation: Observation) -> list[str]:
    """Lines that name a place in a file, `config/x.yaml:7:12: …`; there may be many, and each has to be mended."""
    return [line for line in evidence.spoken(observation) if _PLACE.match(line)]


def _evidence(observation: Observation) -> dict[str, object]:
    last = observation.timeline.last_checkpoint
    status = observation.timeline.fields("STATUS")
    facts: dict[str, object] = {
        "last_checkpoint": f"{last.checkpoint.n} {last.checkpoint.name}" if last and last.checkpoint else "none",
        "last_checkpoint_s": last.t_s if last else None,
        "messages": len(observation.timeline.entries),
    }
    if status:
        facts["status"] = status[-1][1]
    if observation.probe is not None:
        facts["witness"] = observation.probe.problem or [str(answer) for answer in observation.probe.answers]
    faults = _faults(observation)
    if faults:
        facts["faults"] = faults
    elif observation.last_words:
        facts["last_words"] = observation.last_words.splitlines()[-5:]
    return facts


def _not_it(observation: Observation) -> list[str]:
    done = [item for item in progress(observation) if item.complete_s is not None]
    reached = [f"{item.step.name} was complete at {item.complete_s:.2f}s" for item in done[-3:]]
    alive = ["the process was running to the end"] if observation.timeline.exit is None else []
    traced = observation.trace is not None and not observation.trace.findings
    free = ["its trace agent sees a loop that turns, no deadlock and no dead task"] if traced else []
    return [*reached, *alive, *free]


def _with_next(finding: Finding, remedies: Mapping[str, Sequence[str]], look: Sequence[str]) -> Finding:
    page = f"risk-runtime explain {finding.id}"
    told = [*finding.next, *remedies.get(finding.id, ()), *look]
    return replace(finding, next=[*told, *([page] if finding.id in CAUSES and page not in told else [])])


def _code_text(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def command(argv: Sequence[object]) -> str:
    """An argv as a line to type."""
    return shlex.join(map(str, argv))
