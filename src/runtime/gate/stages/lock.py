"""The stage `lock`: every package is installed in the version that the lock file names."""

from runtime.environment.lock import compare
from runtime.gate.config import Stage
from runtime.gate.stages.result import StageContext, StageResult, failed, passed
from service_contract.exit_codes import ExitCode


async def run(stage: Stage, context: StageContext) -> StageResult:
    """PASS where all that is pinned is here as pinned; nothing pinned is no evidence."""
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
