"""What a smoke run prints: one line per checkpoint as it comes, then the verdict, the diagnosis and the exit code.

With `--json` standard output is one JSON object and every word goes to standard error.
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence

from runtime.causes.diagnosis import waiting_for
from runtime.observing.observation import Observation
from runtime.observing.progress import StepProgress, progress
from runtime.observing.session import Session
from runtime.output import github
from runtime.output.artifacts import as_json, markdown, pretty, write_artifacts
from runtime.output.terminal import Paint, Terminal
from runtime.paths import from_here, relative
from runtime.smoke_test import SmokeRequest, SmokeResult
from runtime.verdict import Verdict
from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding, Severity
from service_contract.yaml_lines import Fault

_LOG_TAIL = 15
_PARKED = 20
_DETAIL = 60
_HASH = re.compile(r"[0-9a-f]{16,}")
_PAINTS = {Verdict.PASS: Paint.GOOD, Verdict.UNKNOWN: Paint.DOUBT, Verdict.FAIL: Paint.BAD}
_WORDS = {Verdict.PASS: "PASS", Verdict.UNKNOWN: "STALL", Verdict.FAIL: "FAIL"}


class SmokeReporter:
    """Prints one run. `watch` may be called as often as there is something new; each line is printed once."""

    def __init__(self, request: SmokeRequest, *, json: bool = False, color: str | None = None) -> None:
        self.request = request
        self.json = json
        self.terminal = Terminal(sys.stderr if json else sys.stdout, color=color)
        self._printed: set[int] = set()
        self._last_s = 0.0
        options = " ".join(f"{name}={value}" for name, value in request.chosen.items())
        name, places = request.contract.name, request.places
        head = f"smoke {name}  budget {request.limit_s:.1f}s  {options}  run {places.run}"
        self.terminal.prose(head.replace("    ", "  "), Paint.STRONG)

    def watch(self, session: Session, observation: Observation) -> None:
        """Print the checkpoints that are new."""
        session.new_log_lines()
        for item in progress(observation):
            if item.complete_s is not None and item.step.n not in self._printed:
                self._printed.add(item.step.n)
                self._line(item)

    def _line(self, item: StepProgress) -> None:
        at_s = item.complete_s or 0.0
        budget = f" of {item.step.budget_s:.2f}s" if item.step.budget_s is not None else ""
        late = "  LATE" if item.slow else ""
        step = max(0.0, at_s - self._last_s)
        self._last_s = max(self._last_s, at_s)
        label = f"{item.step.n}/{len(self.request.contract.steps)} {item.step.name}"
        text = f"  {label:<28}{at_s:>6.2f}s{budget:<9}  +{step:.2f}{late}  {_detail(item)}"
        self.terminal.row(text.rstrip(), Paint.DOUBT if item.slow else None)

    def finish(self, result: SmokeResult) -> int:
        """Write the files, print the end, and give the exit code back."""
        write_artifacts(result)
        self._unfinished(result)
        self.terminal.line()
        verdict = f"{_WORDS[result.verdict]}  {result.duration_s:.2f}s of {result.request.limit_s:.1f}s"
        self.terminal.line(verdict + _where(result), _PAINTS[result.verdict])
        if result.observation.probe is not None and result.verdict is Verdict.PASS:
            for answer in result.observation.probe.answers:
                self.terminal.prose(f"  {result.observation.outcome.probe}  {answer.spoken()}", Paint.DIM, hang=10)
        for finding in result.findings:
            print_finding(self.terminal, finding)
        if result.verdict is not Verdict.PASS:
            self._log_tail(result)
            self._parked(result)
        self.terminal.line(f"  reports  {relative(result.request.places.run_dir)}", Paint.DIM)
        self.terminal.line()
        self.terminal.prose(last_words(result), _PAINTS[result.verdict])
        print_exit_code(self.terminal, result.exit_code)
        if github.active(os.environ):
            github.annotate(self.terminal, result.findings)
            github.add_summary(os.environ, markdown(result))
        if self.json:
            sys.stdout.write(pretty(as_json(result)).decode())
        return int(result.exit_code)

    def _unfinished(self, result: SmokeResult) -> None:
        for item in progress(result.observation):
            if item.complete_s is not None:
                continue
            label = f"{item.step.n}/{len(self.request.contract.steps)} {item.step.name}"
            if item.missing and item.first_s is not None:
                state = (
                    f"{len(item.wanted) - len(item.missing)} of {len(item.wanted)}, not seen: {', '.join(item.missing)}"
                )
            elif item.phases:
                required = result.observation.outcome.phase
                state = f"{', '.join(dict.fromkeys(item.phases))} seen, {required} required"
            else:
                state = "not seen"
            self.terminal.prose(f"  {label:<28}   ....  {state}", Paint.DOUBT, hang=39)

    def _parked(self, result: SmokeResult) -> None:
        """What each task waited for when the time was up, as the service's trace agent saw it."""
        lines = result.observation.trace.parked() if result.observation.trace is not None else []
        for line in lines[:_PARKED]:
            self.terminal.prose(f"  {line}", Paint.DIM, hang=10)
        if len(lines) > _PARKED:
            self.terminal.line(f"  and {len(lines) - _PARKED} more; result.json has them all", Paint.DIM)

    def _log_tail(self, result: SmokeResult) -> None:
        lines = (result.observation.log or ())[-_LOG_TAIL:]
        log = from_here(self.request.places.text(self.request.contract.log))
        self.terminal.line(f"  the end of {log}:" if lines else f"  {log} has nothing from this run")
        for line in lines:
            self.terminal.line(f"    {line}", Paint.DIM)
        status = result.observation.timeline.fields("STATUS")
        if status:
            self.terminal.line(f"  its last STATUS, at {status[-1][0]:.2f}s: {status[-1][1]}")


def _where(result: SmokeResult) -> str:
    waiting = waiting_for(result.observation)
    if result.verdict is Verdict.PASS or waiting is None:
        return ""
    last = result.observation.timeline.last_checkpoint
    progress_s = f", last progress {last.t_s:.2f}s" if last else ""
    return f" at {waiting.step.n}/{len(result.request.contract.steps)} {waiting.step.name}{progress_s}"


def last_words(result: SmokeResult) -> str:
    """The line that scripts look for, in the words that were agreed."""
    event = result.request.contract.first_event
    steps = progress(result.observation)
    first_s = steps[event.n - 1].first_s if event is not None else None
    if result.verdict is Verdict.PASS:
        return f"✅ Smoke test PASSED: First event after {first_s or 0.0:.1f}s"
    if result.verdict is Verdict.FAIL:
        return f"❌ Smoke test EXCEPTION: {_error(result)}"
    if first_s is None:
        return f"⚠️ Smoke test STALLED: No events after {result.duration_s:.1f}s"
    return f"⚠️ Smoke test STALLED: No verdict after {result.duration_s:.1f}s: {_error(result)}"


def _error(result: SmokeResult) -> str:
    for finding in result.findings:
        if finding.severity is Severity.ERROR:
            return f"{finding.id} {finding.what}"
    failed = [judgement for judgement in result.judgements if judgement.verdict is not Verdict.PASS]
    return failed[0].summary if failed else "no evidence"


def _detail(item: StepProgress) -> str:
    if item.step.once_for_each is not None:
        return f"{len(item.wanted)} of {len(item.wanted)}"
    parts = [_short(key, value) for key, value in item.detail.items()]
    text = ", ".join(part for part in parts if part)
    return text if len(text) <= _DETAIL else text[: _DETAIL - 1] + "…"


def _short(key: str, value: object) -> str:
    if key == "n":  # a count without a noun; what it counts has a list of its own
        return ""
    if isinstance(value, list | dict):
        return f"{len(value)} {key}" if value else ""
    if isinstance(value, str) and _HASH.fullmatch(value):
        return f"{key} {value[:8]}"
    return f"{key} {value}"


def print_finding(terminal: Terminal, finding: Finding) -> None:
    """A finding as people read it: what, evidence, what it is not, and what to type next."""
    paint = Paint.BAD if finding.severity is Severity.ERROR else Paint.DOUBT
    terminal.line()
    title = "cause" if finding.severity is Severity.ERROR else "note"
    terminal.prose(f"  {title:<9} {finding.id}  {finding.what}", paint, hang=12)
    evidence = [f"{key}: {_plain(value)}" for key, value in finding.evidence.items()]
    for title, lines in (("evidence", evidence), ("not it", finding.not_it), ("next", finding.next)):
        for number, line in enumerate(lines):
            text = f"  {title if number == 0 else '':<9} {from_here(line)}"
            if title == "next":
                terminal.line(text)  # a command is copied as it stands
            else:
                terminal.prose(text, hang=14)


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " | ".join(map(str, value))
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def print_exit_code(terminal: Terminal, code: ExitCode) -> None:
    """The last line of everything: the number a script gates on, and what it means."""
    terminal.line(f"Exit Code: {code.value} ({code.meaning})")


def print_faults(terminal: Terminal, faults: Sequence[Fault]) -> None:
    """Every fault of a file, with its line and its remedy."""
    for fault in faults:
        terminal.line(fault.explain())
    if github.active(os.environ):
        github.annotate_faults(terminal, faults)
