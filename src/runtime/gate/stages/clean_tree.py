"""The stage `clean_tree`: what would be deployed is what was committed."""

from runtime.gate.config import Stage
from runtime.gate.stages.result import StageContext, StageResult, failed, passed
from service_contract.exit_codes import ExitCode


async def run(stage: Stage, context: StageContext) -> StageResult:
    """PASS where no tracked file differs from the commit; without a repository nothing can be told."""
    if context.changed is None:
        return failed(stage.name, 0.0, "there is no repository here to compare with", ExitCode.STALLED)
    if context.changed:
        more = f" (+{len(context.changed) - 1} more)" if len(context.changed) > 1 else ""
        return failed(stage.name, 0.0, f"changed since the commit: {context.changed[0]}{more}", output=context.changed)
    return passed(stage.name, 0.0, "nothing differs from the commit")
