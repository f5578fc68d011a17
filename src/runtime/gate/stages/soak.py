"""The stage `soak`: a command that prints the JSON of soak; every threshold must hold, and have data."""

import msgspec

from runtime.gate.config import Stage
from runtime.gate.stages.diagnosed import headline, lines_of
from runtime.gate.stages.result import StageContext, StageResult, failed, not_zero, output_of, passed, run_command
from service_contract.exit_codes import ExitCode


class _Threshold(msgspec.Struct):
    name: str = ""
    verdict: str = "UNKNOWN"
    samples: int = 0
    word: str = ""


class _SoakJson(msgspec.Struct):
    """What the gate reads of the JSON of soak; it may hold more."""

    verdict: str
    exit_code: int
    duration_seconds: float = 0.0
    memory_leak_mb: float | None = None
    thresholds: list[_Threshold] = []
    diagnosis: list[dict[str, object]] = []
    error: str = ""


async def run(stage: Stage, context: StageContext) -> StageResult:
    """PASS where it exits with 0, its JSON says PASS, and there are thresholds that all hold on data."""
    finished = await run_command(stage, stage.argv, context, context.environ)
    try:
        report = msgspec.json.decode(finished.stdout.read_bytes(), type=_SoakJson)
    except (OSError, msgspec.MsgspecError):
        if finished.code:
            return not_zero(stage, finished)
        return failed(stage.name, finished.seconds, "it printed no JSON of soak", ExitCode.STALLED, output_of(finished))
    if finished.code is None:
        return not_zero(stage, finished)
    if finished.code != 0:
        detail = headline(report.diagnosis, report.error)
        output = lines_of(report.diagnosis) or output_of(finished)
        return failed(stage.name, finished.seconds, detail, finished.code, output)
    if problem := _contradiction(report):
        return failed(stage.name, finished.seconds, problem, ExitCode.STALLED, output_of(finished))
    held = len(report.thresholds)
    grown = "" if report.memory_leak_mb is None else f", {report.memory_leak_mb:+.1f} MB"
    detail = f"{held}/{held} thresholds with data in {report.duration_seconds:.0f}s{grown}"
    return passed(stage.name, finished.seconds, detail)


def _contradiction(report: _SoakJson) -> str:
    """Why an exit code of 0 is not believed; empty where it is."""
    if report.verdict != "PASS" or report.exit_code != 0:
        return f"it exited with 0 and reported {report.verdict}"
    if not report.thresholds:
        return "it exited with 0 and judged no threshold"
    for each in report.thresholds:
        if each.verdict != "PASS" or each.samples == 0:
            return f"it exited with 0, and {each.name} is {each.word or each.verdict} with {each.samples} samples"
    return ""
