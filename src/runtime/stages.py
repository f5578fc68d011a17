"""How each kind of gate stage runs and what it takes for evidence. Its own exit code never passes through unread."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runtime.gate_config import Stage
from runtime.junit import JunitReport, UnreadableJunit, read_junit
from runtime.lock import compare
from runtime.log_file import tail
from runtime.process import Finished, Launch, NotStarted, run_to_end
from runtime.verdict import Verdict
from service_contract.exit_codes import ExitCode

_SHOWN = 15
_NAMES_CUT = ("RISK_", "RUNTIME_")
_OWN_CODES = frozenset({ExitCode.STALLED, ExitCode.CONFIG_ERROR, ExitCode.API_ERROR, ExitCode.DEPENDENCY_ERROR})
_PYTEST_CODES = {2: "interrupted", 3: "internal error", 4: "wrong usage of pytest", 5: "no tests were collected"}


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
    """Where stages run and write. accepted: a JUnit report of this very commit, where the profile takes one."""

    project: Path
    run_dir: Path
    environ: Mapping[str, str]
    accepted: JunitReport | None = None


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


async def run_stage(stage: Stage, context: StageContext) -> StageResult:
    """Run one stage to its end, within its bound."""
    try:
        return await _RUNNERS[stage.kind](stage, context)
    except NotStarted as error:
        return failed(stage.name, 0.0, str(error))


async def _command(stage: Stage, context: StageContext) -> StageResult:
    finished = await _run(stage, _expand(stage.argv), context, context.environ)
    if finished.code == 0:
        return passed(stage.name, finished.seconds, _last_line(finished))
    return _not_zero(stage, finished)


async def _smoke(stage: Stage, context: StageContext) -> StageResult:
    """A command that prints the JSON of smoke: its code and its words must agree."""
    finished = await _run(stage, _expand(stage.argv), context, context.environ)
    try:
        report = msgspec.json.decode(finished.stdout.read_bytes(), type=_SmokeJson)
    except (OSError, msgspec.MsgspecError):
        if finished.code:
            return _not_zero(stage, finished)
        return failed(stage.name, finished.seconds, "it printed no JSON of smoke", ExitCode.STALLED, _output(finished))
    if finished.code == 0 and report.verdict == "PASS" and report.exit_code == 0:
        complete = sum(1 for item in report.checkpoints if item.get("complete_s") is not None)
        return passed(stage.name, finished.seconds, f"{complete}/{len(report.checkpoints)} in {report.duration_s:.2f}s")
    if finished.code == 0:
        detail = f"it exited with 0 and reported {report.verdict}"
        return failed(stage.name, finished.seconds, detail, ExitCode.STALLED, _output(finished))
    causes = [f"{item.get('id')} {item.get('what')}" for item in report.diagnosis] or [report.error]
    if finished.code is None:
        return _not_zero(stage, finished)
    return failed(stage.name, finished.seconds, causes[0], finished.code, _output(finished))


class _SmokeJson(msgspec.Struct):
    """What the gate reads of the JSON of smoke; it may hold more."""

    verdict: str
    exit_code: int
    duration_s: float = 0.0
    checkpoints: list[dict[str, object]] = []
    diagnosis: list[dict[str, object]] = []
    error: str = ""


async def _pytest(stage: Stage, context: StageContext) -> StageResult:
    if context.accepted is not None:
        prefixes = tuple(path.removesuffix(".py").strip("/").replace("/", ".") for path in stage.paths)
        cases = [case for case in context.accepted.cases if _belongs(case.suite, prefixes)]
        if cases:
            return _of_junit(stage, JunitReport(cases), 0.0, "from the report of this commit: ")
    junit = context.run_dir / f"{stage.name}.junit.xml"
    command = [sys.executable, "-m", "pytest", *_expand(stage.arguments), f"--junitxml={junit}", *stage.paths]
    environ = {name: value for name, value in context.environ.items() if not name.startswith(_NAMES_CUT)}
    finished = await _run(stage, command, context, environ)
    if finished.code is None:
        return _not_zero(stage, finished)
    try:
        report = read_junit(junit)
    except UnreadableJunit as error:
        reason = _PYTEST_CODES.get(finished.code, f"pytest exited with {finished.code}")
        return failed(stage.name, finished.seconds, f"{reason}; {error}", output=_output(finished))
    result = _of_junit(stage, report, finished.seconds, "", _output(finished))
    if result.verdict is Verdict.PASS and finished.code != 0:
        reason = _PYTEST_CODES.get(finished.code, f"pytest exited with {finished.code}")
        return failed(stage.name, finished.seconds, reason, output=_output(finished))
    return result


def _of_junit(
    stage: Stage, report: JunitReport, seconds: float, prefix: str, output: tuple[str, ...] = ()
) -> StageResult:
    bad, skipped = report.count("failure", "error"), report.count("skipped")
    if report.ran == 0:
        return failed(stage.name, seconds, f"{prefix}no tests ran", output=output)
    detail = f"{prefix}{report.ran - bad} passed, {bad} failed, {skipped} skipped"
    return failed(stage.name, seconds, detail, output=output) if bad else passed(stage.name, seconds, detail)


def _belongs(suite: str, prefixes: tuple[str, ...]) -> bool:
    return any(suite == prefix or suite.startswith(prefix + ".") for prefix in prefixes)


async def _lock(stage: Stage, context: StageContext) -> StageResult:
    try:
        report = compare(context.project / stage.file)
    except OSError as error:
        return failed(stage.name, 0.0, f"{stage.file} cannot be read: {error.strerror}", ExitCode.DEPENDENCY_ERROR)
    if report.wrong:
        more = f" (+{len(report.wrong) - 1} more)" if len(report.wrong) > 1 else ""
        return failed(stage.name, 0.0, report.wrong[0] + more, ExitCode.DEPENDENCY_ERROR, report.wrong)
    if report.open or not report.compared:
        detail = report.open[0] if report.open else f"{stage.file} pins nothing"
        return failed(stage.name, 0.0, detail, ExitCode.STALLED)
    return passed(stage.name, 0.0, f"{report.compared} of {report.compared} packages as locked")


_RUNNERS: Mapping[str, Callable[[Stage, StageContext], Awaitable[StageResult]]] = {
    "command": _command,
    "smoke": _smoke,
    "pytest": _pytest,
    "lock": _lock,
}


async def _run(stage: Stage, argv: list[str], context: StageContext, environ: Mapping[str, str]) -> Finished:
    stdout, stderr = (context.run_dir / f"{stage.name}.{stream}.txt" for stream in ("stdout", "stderr"))
    return await run_to_end(Launch(stage.name, argv, environ, context.project, stdout, stderr), stage.timeout_s)


def _not_zero(stage: Stage, finished: Finished) -> StageResult:
    if finished.code is None:
        detail = f"no verdict within {stage.timeout_s:g}s"
        return failed(stage.name, finished.seconds, detail, ExitCode.STALLED, _output(finished))
    detail = _last_line(finished) or f"exited with {finished.code}"
    return failed(stage.name, finished.seconds, detail, finished.code, _output(finished))


def _expand(argv: tuple[str, ...]) -> list[str]:
    return [text.replace("{python}", sys.executable) for text in argv]


def _output(finished: Finished) -> tuple[str, ...]:
    lines = tail(finished.stderr, _SHOWN) or tail(finished.stdout, _SHOWN)
    return tuple(lines)


def _last_line(finished: Finished) -> str:
    for path in (finished.stdout, finished.stderr):
        lines = [line.strip() for line in tail(path, _SHOWN) if line.strip() and not line.startswith("Exit Code")]
        if lines:
            return lines[-1][:100]
    return ""
