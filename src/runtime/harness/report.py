"""What a replay prints: the story as it happens, then what is claimed with its verdict, and the exit code."""

import os
import sys
from pathlib import Path

from runtime.harness.result import ReplayRequest, ReplayResult, as_json
from runtime.output import github
from runtime.output.artifacts import pretty
from runtime.output.smoke import print_exit_code
from runtime.output.terminal import Paint, Terminal
from runtime.paths import relative
from runtime.verdict import Verdict
from service_contract.atomic_files import write_atomically

_PAINTS = {Verdict.PASS: Paint.GOOD, Verdict.UNKNOWN: Paint.DOUBT, Verdict.FAIL: Paint.BAD}
_LAST_WORDS = {
    Verdict.PASS: "✅ Replay PASSED: what was carried along held",
    Verdict.UNKNOWN: "⚠️ Replay STALLED: it cannot be told",
    Verdict.FAIL: "❌ Replay FAILED",
}


class ReplayReporter:
    """Prints one replay. With `json`, standard output is one JSON object and every word goes to standard error."""

    def __init__(self, request: ReplayRequest, *, json: bool = False, color: str | None = None) -> None:
        self.request = request
        self.json = json
        self.terminal = Terminal(sys.stderr if json else sys.stdout, color=color)
        self.terminal.line(f"replay {request.contract.name}  run {request.places.run}", Paint.STRONG)

    def watch(self, words: str) -> None:
        """Something happened."""
        self.terminal.line(f"  {words}")

    def finish(self, result: ReplayResult) -> int:
        """Write result.json, print the end, and give the exit code back."""
        run_dir = self.request.places.run_dir
        write_atomically(run_dir / "result.json", pretty(as_json(result)))
        write_atomically(run_dir.parent / "latest", f"{run_dir.name}\n".encode())
        self.terminal.line()
        for played in result.played:
            if played.compared:
                self.terminal.line(f"  {played.play.name}, as the service and the venue's ledger have it:")
            for figure in played.compared:
                mark = "=" if figure.holds else "?" if figure.holds is None else "≠"
                self.terminal.line(f"    {mark} {figure}", None if figure.holds else Paint.BAD)
        self.terminal.line()
        for judgement in result.judgements:
            words = f"  {judgement.verdict.name:<8} {judgement.check:<11} {judgement.summary}"
            self.terminal.line(words, _PAINTS[judgement.verdict])
        log = Path(self.request.places.text(self.request.contract.log))
        self.terminal.line(f"  log      {relative(log)}", Paint.DIM)
        self.terminal.line(f"  reports  {relative(run_dir)}  ({result.duration_s:.1f}s)", Paint.DIM)
        self.terminal.line()
        self.terminal.line(_LAST_WORDS[result.verdict], _PAINTS[result.verdict])
        print_exit_code(self.terminal, result.exit_code)
        if github.active(os.environ):
            github.add_summary(os.environ, _markdown(result))
        if self.json:
            sys.stdout.write(pretty(as_json(result)).decode())
        return int(result.exit_code)


def _markdown(result: ReplayResult) -> str:
    rows = [f"| {each.check} | {each.verdict.name} | {each.summary} |" for each in result.judgements]
    head = f"### replay: {result.verdict.name}, exit code {int(result.exit_code)}"
    return "\n".join([head, "", "| check | verdict | what |", "|---|---|---|", *rows]) + "\n"
