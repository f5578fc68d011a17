"""The demo: the same run as smoke, told as a story from the service's own log, and proven by the witness at the end."""

import sys
from collections.abc import Mapping
from pathlib import Path

from runtime.assertions import Answer
from runtime.observing.observation import Observation
from runtime.observing.progress import progress
from runtime.observing.session import Session
from runtime.observing.timeline import LogLine
from runtime.output.artifacts import as_json, pretty, write_artifacts
from runtime.output.smoke import last_words, print_exit_code, print_finding
from runtime.output.terminal import Paint, Terminal
from runtime.paths import relative
from runtime.smoke_test import SmokeRequest, SmokeResult
from runtime.verdict import Verdict

_LOUD = {"WARNING", "ERROR", "CRITICAL"}
_MOST_LINES = 200


class StoryTeller:
    """Prints the lines of the log that matter as they are written, and then what the witness says."""

    def __init__(self, request: SmokeRequest, *, json: bool = False, color: str | None = None) -> None:
        self.request = request
        self.json = json
        self.terminal = Terminal(sys.stderr if json else sys.stdout, color=color)
        self._read = 0
        self._texts = [step.log for step in request.contract.steps] + list(request.contract.story)
        self._repeating = [step.log for step in request.contract.steps if step.once_for_each is not None]
        self._once: set[str] = set()
        self._told = 0
        options = ", ".join(f"{name} {value}" for name, value in request.chosen.items())
        self.terminal.line(f"{request.contract.name}: {options}", Paint.STRONG)
        self.terminal.line()

    def watch(self, session: Session, observation: Observation) -> None:
        """Tell what is new in the log; before the end that is only what was written so far."""
        lines = session.new_log_lines() if not observation.over else (observation.log or ())[self._read :]
        self._read += len(lines)
        for line in lines:
            self._tell(line)

    def _tell(self, line: LogLine) -> None:
        if line.level not in _LOUD and not any(text in line.message for text in self._texts):
            return
        if any(text in line.message for text in self._repeating):
            if line.message in self._once:
                return
            self._once.add(line.message)
        self._told += 1
        if self._told == _MOST_LINES:
            self.terminal.line("  … (the rest is in the log)", Paint.DIM)
        if self._told >= _MOST_LINES:
            return
        paint = Paint.DOUBT if line.level in _LOUD else None
        said = line.message.partition(" | ")[0]  # what comes after it is in the log
        self.terminal.prose(f"  {line.time[11:]}  {said}", paint, hang=16)

    def finish(self, result: SmokeResult) -> int:
        """The summary, and the exit code."""
        write_artifacts(result)
        observation = result.observation
        self.terminal.line()
        if observation.probe is not None:
            self.terminal.line(f"What the {observation.outcome.probe} says:", Paint.STRONG)
            for answer in observation.probe.answers:
                self._answer(answer)
            self.terminal.line(f"  {observation.probe.problem}" if observation.probe.problem else "", Paint.BAD)
        done = [item for item in progress(observation) if item.complete_s is not None]
        self.terminal.line("Summary:", Paint.STRONG)
        self.terminal.line(f"  checkpoints  {len(done)} of {len(result.request.contract.steps)}")
        self.terminal.line(f"  time         {result.duration_s:.2f}s")
        self.terminal.line(f"  log          {relative(Path(result.request.places.text(result.request.contract.log)))}")
        self.terminal.line(f"  reports      {relative(result.request.places.run_dir)}")
        for finding in result.findings:
            print_finding(self.terminal, finding)
        self.terminal.line()
        passed = result.verdict is Verdict.PASS
        words = f"✅ Demo PASSED: {observation.outcome.scenario} shown and proven" if passed else last_words(result)
        self.terminal.line(words, Paint.GOOD if passed else Paint.BAD)
        print_exit_code(self.terminal, result.exit_code)
        if self.json:
            sys.stdout.write(pretty(as_json(result)).decode())
        return int(result.exit_code)

    def _answer(self, answer: Answer) -> None:
        self.terminal.prose(f"  {answer.spoken()}", Paint.GOOD if answer.holds else Paint.BAD)
        for entry in answer.matched[:5]:
            if isinstance(entry, Mapping):
                fields = [f"{key} {value}" for key, value in entry.items() if value not in {None, ""}]
                self.terminal.prose(f"    {', '.join(fields)}", Paint.DIM, hang=6)
