"""The stage `smoke`: a command that prints the JSON of smoke; its code and its words must agree."""

import msgspec

from runtime.gate.config import Stage
from runtime.gate.stages.diagnosed import headline, lines_of
from runtime.gate.stages.result import StageContext, StageResult, failed, not_zero, output_of, passed, run_command
from service_contract.exit_codes import ExitCode


class _SmokeJson(msgspec.Struct):
    """What the gate reads of the JSON of smoke; it may hold more."""

    verdict: str
    exit_code: int
    duration_s: float = 0.0
    checkpoints: list[dict[str, object]] = []
    diagnosis: list[dict[str, object]] = []
    error: str = ""


async def run(stage: Stage, context: StageContext) -> StageResult:
    """PASS where it exits with 0 and its JSON says PASS."""
    finished = await run_command(stage, stage.argv, context, context.environ)
    try:
        report = msgspec.json.decode(finished.stdout.read_bytes(), type=_SmokeJson)
    except (OSError, msgspec.MsgspecError):
        if finished.code:
            return not_zero(stage, finished)
        return failed(
            stage.name, finished.seconds, "it printed no JSON of smoke", ExitCode.STALLED, output_of(finished)
        )
    if finished.code == 0 and report.verdict == "PASS" and report.exit_code == 0:
        complete = sum(1 for item in report.checkpoints if item.get("complete_s") is not None)
        return passed(stage.name, finished.seconds, f"{complete}/{len(report.checkpoints)} in {report.duration_s:.2f}s")
    if finished.code == 0:
        detail = f"it exited with 0 and reported {report.verdict}"
        return failed(stage.name, finished.seconds, detail, ExitCode.STALLED, output_of(finished))
    if finished.code is None:
        return not_zero(stage, finished)
    detail = headline(report.diagnosis, report.error)
    return failed(
        stage.name, finished.seconds, detail, finished.code, lines_of(report.diagnosis) or output_of(finished)
    )
