"""What the gate prints and leaves behind: one table, JSON, JUnit, Markdown, and the words READY or NOT READY."""

import os
import sys
from pathlib import Path

from runtime.contract.model import Contract
from runtime.gate.config import Profile
from runtime.gate.progress import GateProgress, durations_s
from runtime.gate.run import GateResult
from runtime.gate.stages import StageResult
from runtime.logs.file import tail
from runtime.observing.timeline import checkpoint_lines, read_log
from runtime.output import github
from runtime.output.artifacts import pretty
from runtime.output.junit import Case, write_junit
from runtime.output.smoke import print_exit_code
from runtime.output.terminal import Paint, Terminal
from runtime.paths import relative
from runtime.verdict import Verdict
from service_contract.atomic_files import write_atomically
from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding

_PAINTS = {Verdict.PASS: Paint.GOOD, Verdict.UNKNOWN: Paint.DOUBT, Verdict.FAIL: Paint.BAD, None: Paint.DIM}
_OUTCOMES = {Verdict.PASS: "passed", Verdict.UNKNOWN: "error", Verdict.FAIL: "failure", None: "skipped"}
_LOG_TAIL = 20
_LOG_READ = 2000


class GateReporter:
    """Prints one run of the gate."""

    def __init__(self, profile: Profile, project: Path, reports_dir: Path, *, json: bool, color: str | None) -> None:
        self.json = json
        self.terminal = Terminal(sys.stderr if json else sys.stdout, color=color)
        self._progress = GateProgress(self.terminal, durations_s(reports_dir / "gate"))
        self.tick = self._progress.tick
        self.terminal.line(f"gate {profile.name}  {project}", Paint.STRONG)
        self.terminal.line(f"  {'stage':<14}{'result':<9}{'time':>8}  detail")

    def watch(self, result: StageResult) -> None:
        """Print the row of a stage."""
        self._progress.next_stage()
        seconds = f"{result.seconds:.1f}s" if result.verdict is not None else "-"
        text = f"  {result.name:<14}{result.word:<9}{seconds:>8}  {result.detail}"
        self.terminal.prose(text, _PAINTS[result.verdict], hang=35)

    def finish(self, result: GateResult, contract: Contract | None, project: Path) -> int:
        """Write the files, print the end, and give the exit code back."""
        _write(result)
        for note in result.notes:
            self.terminal.line(f"  note: {note}", Paint.DIM)
        for stage in result.stages:
            if stage.output:
                self.terminal.line()
                self.terminal.line(f"  the end of {stage.name}:")
                for line in stage.output:
                    self.terminal.line(f"    {line}", Paint.DIM)
        if contract is not None:
            self._log(result, contract, project)
        self.terminal.line()
        self.terminal.line(f"  reports  {relative(result.run_dir)}", Paint.DIM)
        print_exit_code(self.terminal, result.exit_code)
        if github.active(os.environ):
            github.annotate(self.terminal, _findings(result))
            github.add_summary(os.environ, markdown(result))
        self.terminal.prose(last_words(result), _PAINTS[result.verdict])
        if self.json:
            sys.stdout.write(pretty(as_json(result)).decode())
        return int(result.exit_code)

    def _log(self, result: GateResult, contract: Contract, project: Path) -> None:
        """On an exception the end of the service's log, on a stall the checkpoints of its last boot."""
        path = Path(contract.log.replace("{log_dir}", str(project / "data" / "logs")))
        texts = [step.log for step in contract.steps]
        if result.exit_code is ExitCode.EXCEPTION:
            lines, title = tail(path, _LOG_TAIL), "the end of"
        elif result.exit_code is ExitCode.STALLED:
            found = [str(line) for line in checkpoint_lines(read_log("\n".join(tail(path, _LOG_READ))), texts)]
            boots = [index for index, line in enumerate(found) if texts[0] in line]
            lines, title = found[boots[-1] if boots else 0 :], "the checkpoints in"
        else:
            return
        self.terminal.line()
        self.terminal.line(f"  {title} {relative(path)}:" if lines else f"  {relative(path)} has none to show")
        for line in lines:
            self.terminal.line(f"    {line}", Paint.DIM)


def last_words(result: GateResult) -> str:
    """The line that a deploy script looks for."""
    if result.verdict is Verdict.PASS and result.exit_code is ExitCode.SUCCESS:
        return "✅ READY TO DEPLOY"
    first = result.first_failure
    why = f"{first.name} {first.word}: {first.detail}" if first is not None else "no evidence"
    return f"❌ NOT READY: {why}"


def as_json(result: GateResult) -> dict[str, object]:
    """The object that `--json` prints; its schema is docs/reference/schemas/gate.schema.json."""
    return {
        "schema": "runtime.gate/1",
        "profile": result.profile,
        "run": result.run,
        "commit": result.revision.commit,
        "dirty": result.revision.dirty,
        "started_at": result.started_at,
        "duration_s": round(result.duration_s, 3),
        "verdict": result.verdict.name,
        "exit_code": int(result.exit_code),
        "stages": [
            {
                "name": stage.name,
                "result": stage.word,
                "exit_code": int(stage.code),
                "duration_s": round(stage.seconds, 3),
                "detail": stage.detail,
            }
            for stage in result.stages
        ],
        "notes": list(result.notes),
        "artifacts": {
            "dir": str(result.run_dir),
            "result": str(result.run_dir / "result.json"),
            "junit": str(result.run_dir / "junit.xml"),
            "summary": str(result.run_dir / "summary.md"),
        },
    }


def markdown(result: GateResult) -> str:
    """The table as Markdown."""
    rows = [
        f"| {stage.name} | {stage.word} | {stage.seconds:.1f} s | {stage.detail.replace('|', chr(92) + '|')} |"
        for stage in result.stages
    ]
    head = [f"### gate {result.profile} at {result.revision}: {last_words(result)}", ""]
    return "\n".join([*head, "| stage | result | time | detail |", "|---|---|---|---|", *rows]) + "\n"


def _findings(result: GateResult) -> list[Finding]:
    return [
        Finding(f"GATE-{stage.name}", f"{stage.name} {stage.word}: {stage.detail}")
        for stage in result.stages
        if stage.verdict not in {None, Verdict.PASS}
    ]


def _write(result: GateResult) -> None:
    write_atomically(result.run_dir / "result.json", pretty(as_json(result)))
    write_atomically(result.run_dir / "summary.md", markdown(result).encode())
    cases = [
        Case("gate", stage.name, stage.seconds, _OUTCOMES[stage.verdict], "" if stage.word == "PASS" else stage.detail)
        for stage in result.stages
    ]
    properties = {"commit": result.revision.commit, "profile": result.profile, "exit_code": str(int(result.exit_code))}
    write_junit(result.run_dir / "junit.xml", "gate", cases, properties)
    write_atomically(result.run_dir.parent / "latest", f"{result.run_dir.name}\n".encode())
