"""The stage `command`: a program that has to exit with 0."""

from runtime.gate.config import Stage
from runtime.gate.stages.result import StageContext, StageResult, last_line, not_zero, passed, run_command


async def run(stage: Stage, context: StageContext) -> StageResult:
    """PASS for 0; 2, 3, 4 and 5 are kept, any other code is an EXCEPTION."""
    finished = await run_command(stage, stage.argv, context, context.environ)
    if finished.code == 0:
        return passed(stage.name, finished.seconds, last_line(finished))
    return not_zero(stage, finished)
