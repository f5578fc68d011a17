"""The stage `pytest`: tests that have to run and to pass; pytest's own exit codes mean other things than ours."""

import sys

from runtime.gate.config import Stage
from runtime.gate.stages.result import (
    StageContext,
    StageResult,
    expand,
    failed,
    not_zero,
    output_of,
    passed,
    run_command,
)
from runtime.output.junit import JunitReport, UnreadableJunit, read_junit
from runtime.verdict import Verdict

_NAMES_CUT = ("RISK_", "RUNTIME_")
_PYTEST_CODES = {2: "interrupted", 3: "internal error", 4: "wrong usage of pytest", 5: "no tests were collected"}


async def run(stage: Stage, context: StageContext) -> StageResult:
    """PASS where tests ran and all of them passed, here or in the report of this commit."""
    if context.accepted is not None:
        prefixes = tuple(path.removesuffix(".py").strip("/").replace("/", ".") for path in stage.paths)
        cases = [case for case in context.accepted.cases if _belongs(case.suite, prefixes)]
        if cases:
            return _of_junit(stage, JunitReport(cases), 0.0, "from the report of this commit: ")
    junit = context.run_dir / f"{stage.name}.junit.xml"
    command = (sys.executable, "-m", "pytest", *expand(stage.arguments), f"--junitxml={junit}", *stage.paths)
    environ = {name: value for name, value in context.environ.items() if not name.startswith(_NAMES_CUT)}
    finished = await run_command(stage, command, context, environ)
    if finished.code is None:
        return not_zero(stage, finished)
    reason = _PYTEST_CODES.get(finished.code, f"pytest exited with {finished.code}")
    try:
        report = read_junit(junit)
    except UnreadableJunit as error:
        return failed(stage.name, finished.seconds, f"{reason}; {error}", output=output_of(finished))
    result = _of_junit(stage, report, finished.seconds, "", output_of(finished))
    if result.verdict is Verdict.PASS and finished.code != 0:
        return failed(stage.name, finished.seconds, reason, output=output_of(finished))
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
