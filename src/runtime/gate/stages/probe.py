"""The stage `probe`: a command that prints JSON, and what must hold in it."""

from runtime.clocks import monotonic_ns, seconds_between
from runtime.gate.config import Stage
from runtime.gate.stages.result import StageContext, StageResult, expand, failed, passed
from runtime.observing.probe import ask_probe
from runtime.observing.process import Launch
from service_contract.exit_codes import ExitCode


async def run(stage: Stage, context: StageContext) -> StageResult:
    """PASS where everything holds, FAIL where something does not, and no answer or no such place is no verdict."""
    stdout, stderr = (context.run_dir / f"{stage.name}.{stream}.txt" for stream in ("stdout", "stderr"))
    launch = Launch(stage.name, expand(stage.argv), context.environ, context.project, stdout, stderr)
    begun_ns = monotonic_ns()
    reading = await ask_probe(launch, stage.require, stage.timeout_s, 0.0)
    seconds = seconds_between(begun_ns, monotonic_ns())
    if reading.problem:
        return failed(stage.name, seconds, reading.problem, ExitCode.STALLED)
    broken = [str(answer) for answer in reading.answers if answer.holds is False]
    if broken:
        return failed(stage.name, seconds, broken[0])
    untold = [str(answer) for answer in reading.answers if answer.holds is not True]
    if untold or not reading.answers:
        return failed(stage.name, seconds, untold[0] if untold else "nothing was asked", ExitCode.STALLED)
    return passed(stage.name, seconds, "; ".join(map(str, reading.answers)))
