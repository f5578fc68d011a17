"""What a soak prints: how it goes on, the result in the words that were agreed, the findings and the exit code."""

import os
import shutil
import sys
from collections.abc import Sequence

from runtime.output import github
from runtime.output.artifacts import pretty
from runtime.output.smoke import print_exit_code, print_finding
from runtime.output.terminal import Paint, Terminal
from runtime.paths import from_here, relative
from runtime.soak.artifacts import artifacts, markdown, write_artifacts
from runtime.soak.live import LiveView
from runtime.soak.plan import OUTSIDE_UNITS, Kind
from runtime.soak.recording import Recording
from runtime.soak.result import SoakRequest, SoakResult, as_json
from runtime.soak.thresholds import Judged, claim, number
from runtime.verdict import Verdict, merge

_PAINTS = {Verdict.PASS: Paint.GOOD, Verdict.UNKNOWN: Paint.DOUBT, Verdict.FAIL: Paint.BAD}
_MARKS = {Verdict.PASS: "✅", Verdict.UNKNOWN: "⚠️", Verdict.FAIL: "❌"}
_MEMORY = ("rss_mb", "uss_mb")
_LOG_TAIL = 15
_WIDE = 10_000
_NAMED = 3


class SoakReporter:
    """Prints one run. With `json`, standard output is one JSON object and every word goes to standard error."""

    def __init__(self, request: SoakRequest, *, json: bool = False, color: str | None = None) -> None:
        self.request = request
        self.json = json
        self.terminal = Terminal(sys.stderr if json else sys.stdout, color=color)
        run = request.run
        options = " ".join(f"{name}={value}" for name, value in run.chosen.items())
        head = f"soak {run.contract.name}  {request.duration_s:g}s  {options}  run {run.places.run}"
        self.terminal.prose(head.replace("    ", "  "), Paint.STRONG)
        self._width = shutil.get_terminal_size().columns if self.terminal.stream.isatty() else _WIDE
        self._live = LiveView(self.terminal, request.plan, {**OUTSIDE_UNITS, **run.contract.metrics})

    def watch(self, recording: Recording) -> None:
        """Show how it goes on."""
        self._live.draw(recording)

    def finish(self, result: SoakResult) -> int:
        """Write the files, print the end, and give the exit code back."""
        self._live.close()
        write_artifacts(result)
        self._numbers(result)
        self._thresholds(result)
        self._comparison(result)
        for finding in result.findings:
            print_finding(self.terminal, finding)
        if result.verdict is not Verdict.PASS and result.observation.log:
            log = from_here(self.request.run.places.text(self.request.run.contract.log))
            self.terminal.line(f"  the end of {log}:")
            for line in result.observation.log[-_LOG_TAIL:]:
                self.terminal.line(f"    {line}", Paint.DIM)
        self.terminal.line(f"  report   {relative(self.request.run.places.run_dir / 'report.html')}", Paint.DIM)
        self.terminal.line(f"  reports  {relative(self.request.run.places.run_dir)}", Paint.DIM)
        self.terminal.line()
        for text, verdict in last_words(result):
            self.terminal.line(text, _PAINTS[verdict])
        self.terminal.line()
        print_exit_code(self.terminal, result.exit_code)
        if github.active(os.environ):
            github.annotate(self.terminal, result.findings)
            github.add_summary(os.environ, markdown(result))
        if self.json:
            sys.stdout.write(pretty(as_json(result, artifacts(result))).decode())
        return int(result.exit_code)

    def _numbers(self, result: SoakResult) -> None:
        self.terminal.line()
        self.terminal.line(f"Soak Test Results ({result.recording.now_s:.0f}s):", Paint.STRONG)
        for text in numbers(result):
            self.terminal.line(f"  {text}")

    def _thresholds(self, result: SoakResult) -> None:
        self.terminal.line()
        if result.boot_s is None:
            self.terminal.line("  it never got ready, so there was nothing to soak", Paint.STRONG)
        else:
            self._table(result)
        for judgement in result.judgements:
            if judgement.verdict is not Verdict.PASS:
                text = f"  {judgement.verdict.name:<8}{judgement.check:<28}{judgement.summary}"
                self.terminal.line(text, _PAINTS[judgement.verdict])

    def _table(self, result: SoakResult) -> None:
        kept = sum(1 for judged in result.thresholds if judged.verdict is Verdict.PASS)
        data = sum(1 for judged in result.thresholds if judged.samples)
        count = len(result.thresholds)
        title = (
            f"  {kept}/{count} thresholds hold, {data} with data; warm-up {result.recording.warm_up_s:.1f}s excluded"
        )
        self.terminal.line(title, Paint.STRONG)
        for judged in result.thresholds:
            paint = None if judged.verdict is Verdict.PASS else _PAINTS[judged.verdict]
            limit = claim(judged.threshold, judged.unit)
            text = f"  {judged.word:<8}{judged.threshold.metric:<28}{limit:<26}"
            room = self._width - len(text)
            self.terminal.line(text + judged.detail if len(judged.detail) <= room else text.rstrip(), paint)
            if len(judged.detail) > room:
                self.terminal.line(f"          {judged.detail}", paint)

    def _comparison(self, result: SoakResult) -> None:
        if result.comparison is None:
            return
        self.terminal.line()
        if result.comparison.problem:
            self.terminal.line(f"  not compared: {result.comparison.problem}", Paint.DOUBT)
            return
        self.terminal.line(f"  against the last good run {result.comparison.against}", Paint.STRONG)
        for row in result.comparison.rows:
            note = "  WORSE" if row.worse else ""
            text = f"  {row.metric:<28}{number(row.before):>10} -> {number(row.now):>10} {row.unit}{note}"
            self.terminal.line(text, Paint.DOUBT if row.worse else None)


def numbers(result: SoakResult) -> list[str]:
    """The result in the words that were agreed."""
    lines = []
    if result.memory_mb is not None:
        start, end, peak = result.memory_mb
        lines += [f"Start Memory: {start:.1f} MB", f"End Memory: {end:.1f} MB", f"Peak Memory: {peak:.1f} MB"]
        lines.append(f"Memory Growth: {end - start:.1f} MB")
    else:
        lines.append("Memory: NO DATA")
    lines.append(f"Events Processed: {result.recording.events:.0f}")
    lines.append(f"Events/Second: {result.events_per_s:.1f}")
    return lines


def last_words(result: SoakResult) -> list[tuple[str, Verdict]]:
    """Three lines: memory, performance, resources; and one more where the service itself did not hold up."""
    memory = [each for each in result.thresholds if each.threshold.metric in _MEMORY]
    growing = (Kind.SLOPE, Kind.GROWTH)
    others = [each for each in result.thresholds if each.threshold.metric not in _MEMORY]
    resources = [each for each in others if each.threshold.kind in growing]
    performance = [each for each in others if each.threshold.kind not in growing]
    grown = f"{result.grown_mb:.1f}MB" if result.grown_mb is not None else "NO DATA"
    lines = [
        _line(memory, f"Memory stable: {grown} growth", f"⚠️ Potential memory leak: {grown}", "Memory unproven"),
        _line(performance, "Performance consistent", "❌ Performance not consistent", "Performance unproven"),
        _line(resources, "No resource exhaustion detected", "❌ Resource exhaustion", "Resources unproven"),
    ]
    broken = [each for each in result.judgements if each.verdict is not Verdict.PASS]
    if broken:
        verdict = merge(each.verdict for each in broken)
        worst = next(each.summary for each in broken if each.verdict is verdict)
        lines.append((f"{_MARKS[verdict]} Service: {worst}", verdict))
    return lines


def _line(part: Sequence[Judged], good: str, bad: str, unproven: str) -> tuple[str, Verdict]:
    """Of no thresholds nothing is claimed: what nobody limits is unproven, but it is not what the verdict is about."""
    if not part:
        return f"- {good.partition(':')[0]}: no threshold in service.yaml", Verdict.PASS
    verdict = merge(each.verdict for each in part)
    names = list(dict.fromkeys(each.threshold.metric for each in part if each.verdict is verdict))
    word = "NO DATA " if any(each.word == "NO DATA" for each in part) and verdict is Verdict.UNKNOWN else ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    named = f"{word}{', '.join(names[:_NAMED])}{more}"
    if verdict is Verdict.PASS:
        return f"{_MARKS[verdict]} {good}", verdict
    return f"{bad if verdict is Verdict.FAIL else f'{_MARKS[verdict]} {unproven}'} ({named})", verdict
