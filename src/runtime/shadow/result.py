"""What a shadow run comes to: the verdict, why, and the object that `--json` prints."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runtime.clocks import utc_text
from runtime.shadow.cutover import NS_PER_S, CutoverClock
from runtime.shadow.matching import Difference, Who
from runtime.shadow.memory import Identity
from runtime.shadow.record import ShadowReport
from runtime.shadow.side import Side
from runtime.shadow.signals import Signal, Signals
from runtime.verdict import Verdict, exit_code
from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding

SCHEMA = "runtime.shadow/1"
_CAUSES = {"decision_differences": "SHADOW-001", "candidate_sent": "SHADOW-002"}


@dataclass(frozen=True, slots=True)
class Group:
    """Differences that belong together: one side, one rule, one moment. `at` is when it was found."""

    at: str
    who: Who
    rule: str
    differences: tuple[Difference, ...]


def groups(report: ShadowReport, settle_s: float) -> list[Group]:
    """The differences, those of one rule within the time to settle taken together."""
    found: list[Group] = []
    for at, difference in report.differences:
        last = next((g for g in reversed(found) if g.who is difference.who and g.rule == difference.line.rule), None)
        if last is not None and _close(last.differences[-1], difference, settle_s):
            found[found.index(last)] = Group(last.at, last.who, last.rule, (*last.differences, difference))
        else:
            found.append(Group(at, difference.who, difference.line.rule, (difference,)))
    return found


def _close(one: Difference, other: Difference, settle_s: float) -> bool:
    return abs(one.line.mono_ns - other.line.mono_ns) <= settle_s * NS_PER_S


def verdict(report: ShadowReport, sides: Mapping[Who, Side]) -> tuple[Verdict, list[str]]:
    """FAIL for a fault or a difference, UNKNOWN where something could not be told; with the reasons."""
    bad = [f"{event.who} {event.signal}: {event.what}" for event in report.faults]
    if report.gave_up:
        bad.append(report.gave_up)
    if bad:
        return Verdict.FAIL, bad
    doubts = list(_doubts(report, sides))
    return (Verdict.UNKNOWN, doubts) if doubts else (Verdict.PASS, [])


def _doubts(report: ShadowReport, sides: Mapping[Who, Side]) -> Iterator[str]:
    if report.never_started:
        yield report.never_started
    if report.unsure:
        yield report.unsure
    if report.pending and not report.interrupted:
        yield f"{report.pending} decisions were not judged"
    for who, side in sides.items():
        if not side.has_input:
            yield f"{who.value} has had no input"
        for name in side.request.plan.faults:
            if side.signals.signals[name].count is None:
                yield f"{who.value}: {name} cannot be told: there is no log"
    if report.sent.count is None:
        yield "whether the candidate sent anything cannot be told"


def code_of(report: ShadowReport, judged: Verdict) -> ExitCode:
    """What the process ends with."""
    return ExitCode.INTERRUPTED if report.interrupted else exit_code(judged, [])


def findings(report: ShadowReport, settle_s: float) -> list[Finding]:
    """One finding for each kind of trouble."""
    found = []
    for group in groups(report, settle_s):
        first = group.differences[0]
        evidence = {"event": first.line.event, "t_ns": first.line.t_ns, "decided": [str(d) for d in group.differences]}
        found.append(Finding("SHADOW-001", str(first), evidence, next=["risk-runtime explain SHADOW-001"]))
    for event in report.faults:
        if event.signal != "decision_differences":
            cause = _CAUSES.get(event.signal, "SHADOW-003")
            what = f"{event.who} {event.signal}: {event.what}"
            found.append(Finding(cause, what, {"at": event.at}, next=[f"risk-runtime explain {cause}"]))
    return found


def cutover_line(clock: CutoverClock) -> str:
    """The last line: may the candidate take over?"""
    hours, needed = hours_text(clock.healthy_ns), hours_text(clock.eligible_after_ns)
    if clock.is_eligible:
        return (
            f"cutover ELIGIBLE since {time_text(clock.eligible_wall_ns)}: T+{hours} without a fault, {needed} asked for"
        )
    why = f"cutover NOT ELIGIBLE: T+{hours} of {needed}"
    if clock.since_wall_ns is not None:
        why += f" since {time_text(clock.since_wall_ns)}"
    if clock.resets:
        why += f"; reset at {time_text(clock.resets[-1].wall_ns)}: {clock.resets[-1].why}"
    return f"{why}; it stands: {clock.unsure}" if clock.unsure else why


def hours_text(ns: int) -> str:
    """A duration as people read this clock: `83.5h`, below an hour in minutes and seconds."""
    seconds = ns / NS_PER_S
    if seconds < 3600:  # noqa: PLR2004 -- an hour
        return f"{int(seconds // 60)}m{seconds % 60:04.1f}s"
    return f"{seconds / 3600:.1f}h"


def time_text(wall_ns: int | None) -> str:
    """A moment in UTC."""
    if wall_ns is None:
        return "never"
    return utc_text(dt.datetime.fromtimestamp(wall_ns / NS_PER_S, tz=dt.UTC))


def as_json(
    report: ShadowReport,
    sides: Mapping[Who, Side],
    identity: Identity,
    *,
    settle_s: float,
    head: Mapping[str, object],
    artifacts: Mapping[str, str],
) -> dict[str, object]:
    """The object that `--json` prints; its schema is docs/reference/schemas/shadow.schema.json. head: service, run."""
    judged, why = verdict(report, sides)
    return {
        "schema": SCHEMA,
        **head,
        "started_at": report.started_at,
        "ran_s": round(report.ran_s, 3),
        "verdict": judged.name,
        "exit_code": int(code_of(report, judged)),
        "why": why,
        "live": _side(identity.live, sides[Who.LIVE].signals),
        "candidate": _side(identity.candidate, sides[Who.CANDIDATE].signals),
        "candidate_sent": _signal(report.sent),
        "decisions": {
            "compared": report.compared,
            "not_compared": report.not_compared,
            "pending": report.pending,
            "settle_s": settle_s,
            "differences": [_group(group) for group in groups(report, settle_s)],
        },
        "cutover": _clock(report.clock),
        "events": [
            {"at": event.at, "side": event.who, "signal": event.signal or None, "what": event.what}
            for event in report.events
        ],
        "diagnosis": [found.as_json() for found in findings(report, settle_s)],
        "artifacts": dict(artifacts),
    }


def _side(version: str, signals: Signals) -> dict[str, object]:
    return {
        "version": version,
        "up_s": round(signals.up_s, 3),
        "healthy_s": round(signals.healthy_s, 3),
        "signals": {name: _signal(signal) for name, signal in signals.signals.items()},
    }


def _signal(signal: Signal) -> dict[str, object]:
    return {"count": signal.count, "last_at": signal.last_at, "last_what": signal.last_what}


def _group(group: Group) -> dict[str, object]:
    return {
        "found_at": group.at,
        "side": group.who.value,
        "rule": group.rule,
        "decided": [
            {
                "key": each.line.key,
                "event": each.line.event,
                "t_ns": each.line.t_ns,
                "words": each.line.words,
                "other_side": each.instead.words if each.instead else None,
            }
            for each in group.differences
        ],
    }


def _clock(clock: CutoverClock) -> dict[str, object]:
    return {
        "eligible": clock.is_eligible,
        "healthy_s": round(clock.healthy_ns / NS_PER_S, 3),
        "eligible_after_s": round(clock.eligible_after_ns / NS_PER_S, 3),
        "since": None if clock.since_wall_ns is None else time_text(clock.since_wall_ns),
        "eligible_since": None if clock.eligible_wall_ns is None else time_text(clock.eligible_wall_ns),
        "stands_because": clock.unsure or None,
        "resets": [
            {"at": time_text(each.wall_ns), "why": each.why, "lost_s": round(each.lost_ns / NS_PER_S, 3)}
            for each in clock.resets
        ],
    }
