"""How a stage ended, what it is given, and how a command of it is run and its output read."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.gate.config import Stage
from runtime.logs.file import tail
from runtime.observing.process import Finished, Launch, run_to_end
from runtime.output.junit import JunitReport
from runtime.verdict import Verdict
from service_contract.exit_codes import ExitCode

_SHOWN = 15
_SEARCHED = 200
_FAULT = re.compile(r"\S+:\d+:\d+: ")
_DETAIL = 100
_OWN_CODES = frozenset({ExitCode.STALLED, ExitCode.CONFIG_ERROR, ExitCode.API_ERROR, ExitCode.DEPENDENCY_ERROR})


@dataclass(frozen=True, slots=True)
class StageResult:
    """How a stage ended. verdict None: it did not run. output: the end of what it printed."""

    name: str
    word: str
    verdict: Verdict | None
    code: ExitCode
    seconds: float
    detail: str
    output: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageContext:
    """Where stages run and write.

    accepted: a JUnit report of this very commit, where the profile takes one. chosen: the service's options.
    changed: tracked files that differ from the commit; None where there is no repository to ask.
    """

    project: Path
    run_dir: Path
    environ: Mapping[str, str]
    accepted: JunitReport | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] | None = None


def passed(name: str, seconds: float, detail: str) -> StageResult:
    """PASS."""
    return StageResult(name, "PASS", Verdict.PASS, ExitCode.SUCCESS, seconds, detail)


def failed(
    name: str, seconds: float, detail: str, code: int = ExitCode.EXCEPTION, output: tuple[str, ...] = ()
) -> StageResult:
    """FAIL with a code of ours, or STALL for 2; any other code is an EXCEPTION."""
    ours = ExitCode(code) if code in _OWN_CODES else ExitCode.EXCEPTION
    stalled = ours is ExitCode.STALLED
    verdict = Verdict.UNKNOWN if stalled else Verdict.FAIL
    return StageResult(name, "STALL" if stalled else "FAIL", verdict, ours, seconds, detail, output)


def not_run(name: str, word: str, reason: str) -> StageResult:
    """SKIP or NOT RUN, and why; it proves nothing."""
    return StageResult(name, word, None, ExitCode.SUCCESS, 0.0, reason)


async def run_command(
    stage: Stage, argv: tuple[str, ...], context: StageContext, environ: Mapping[str, str]
) -> Finished:
    """Run a command of a stage within the stage's bound; its output goes into the run's directory."""
    stdout, stderr = (context.run_dir / f"{stage.name}.{stream}.txt" for stream in ("stdout", "stderr"))
    return await run_to_end(Launch(stage.name, expand(argv), environ, context.project, stdout, stderr), stage.timeout_s)


def expand(argv: tuple[str, ...]) -> list[str]:
    """An argv with this interpreter for `{python}`."""
    return [text.replace("{python}", sys.executable) for text in argv]


def not_zero(stage: Stage, finished: Finished) -> StageResult:
    """The result of a command that ended with another code than 0, or not in time."""
    if finished.code is None:
        detail = f"no verdict within {stage.timeout_s:g}s"
        return failed(stage.name, finished.seconds, detail, ExitCode.STALLED, output_of(finished))
    detail = _first_fault(finished) or last_line(finished) or f"exited with {finished.code}"
    return failed(stage.name, finished.seconds, detail, finished.code, output_of(finished))


def _first_fault(finished: Finished) -> str:
    """The first line that names a place in a file, `file:line:column: …`; more of them, or advice, come after it."""
    lines = [line for path in (finished.stdout, finished.stderr) for line in tail(path, _SEARCHED)]
    return next((line.strip() for line in lines if _FAULT.match(line)), "")


def output_of(finished: Finished) -> tuple[str, ...]:
    """The end of what a command printed; its errors, where it has any."""
    return tuple(tail(finished.stderr, _SHOWN) or tail(finished.stdout, _SHOWN))


def last_line(finished: Finished) -> str:
    """The last line that says something."""
    for path in (finished.stdout, finished.stderr):
        lines = [line.strip() for line in tail(path, _SHOWN) if line.strip() and not line.startswith("Exit Code")]
        if lines:
            return lines[-1][:_DETAIL]
    return ""
