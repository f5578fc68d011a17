"""The stages of the gate: each kind in a file of its own, all of them in one table.

A stage is run to its end within its bound, and what it says is read: an exit code of its own never passes through
unread, and no evidence is never a pass.
"""

from collections.abc import Awaitable, Callable, Mapping

from runtime.contract.model import applies
from runtime.gate.config import Stage
from runtime.gate.stages import clean_tree, command, evidence, lock, probe, smoke, soak, tests
from runtime.gate.stages.result import StageContext, StageResult, failed, not_run, passed
from runtime.observing.process import NotStarted

__all__ = ["StageContext", "StageResult", "failed", "not_run", "passed", "run_stage"]

_RUNNERS: Mapping[str, Callable[[Stage, StageContext], Awaitable[StageResult]]] = {
    "command": command.run,
    "smoke": smoke.run,
    "soak": soak.run,
    "pytest": tests.run,
    "lock": lock.run,
    "probe": probe.run,
    "evidence": evidence.run,
    "clean_tree": clean_tree.run,
}


async def run_stage(stage: Stage, context: StageContext) -> StageResult:
    """Run one stage to its end, within its bound; one that is not for what was chosen is a SKIP with its reason."""
    if not applies(stage.when, context.chosen):
        return not_run(stage.name, "SKIP", stage.otherwise)
    try:
        return await _RUNNERS[stage.kind](stage, context)
    except NotStarted as error:
        return failed(stage.name, 0.0, str(error))
