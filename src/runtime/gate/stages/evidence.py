"""The stage `evidence`: the result of an earlier run, such as a drill, that must say PASS and not be too old."""

import datetime as dt
from pathlib import Path

import msgspec

from runtime.clocks import utc_now
from runtime.gate.config import Stage
from runtime.gate.stages.result import StageContext, StageResult, failed, passed
from service_contract.exit_codes import ExitCode

_TEMPLATE = '{"verdict": "PASS", "started_at": "2026-01-31T09:00:00Z"}'


class _Evidence(msgspec.Struct):
    """What counts of a result: `verdict` and when it began."""

    verdict: str
    started_at: dt.datetime


async def run(stage: Stage, context: StageContext) -> StageResult:
    """PASS for a result that passed within the days allowed. None is no evidence; one that is too old fails."""
    file = _file(context.project / stage.file)
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_Evidence)
    except OSError:
        return failed(stage.name, 0.0, f"there is no evidence in {stage.file}", ExitCode.STALLED)
    except msgspec.MsgspecError as error:
        return failed(stage.name, 0.0, f"{stage.file}: {error}; it must hold {_TEMPLATE}", ExitCode.STALLED)
    if found.started_at.tzinfo is None:
        return failed(stage.name, 0.0, f"{stage.file}: started_at has no time zone (…Z)", ExitCode.STALLED)
    days = (utc_now() - found.started_at) / dt.timedelta(days=1)
    when = f"of {found.started_at:%Y-%m-%d %H:%MZ}"
    if days < 0:
        return failed(stage.name, 0.0, f"the evidence {when} lies in the future", ExitCode.STALLED)
    if days > stage.max_age_days:
        return failed(stage.name, 0.0, f"the evidence {when} is {days:.1f} days old (at most {stage.max_age_days:g})")
    if found.verdict != "PASS":
        return failed(stage.name, 0.0, f"the run {when} ended with {found.verdict}")
    return passed(stage.name, 0.0, f"PASS {when}, {days:.1f} days old (at most {stage.max_age_days:g})")


def _file(path: Path) -> Path:
    """The result itself; of a directory of reports the one that its `latest` names."""
    if not path.is_dir():
        return path
    try:
        name = (path / "latest").read_text(encoding="utf-8").strip()
    except OSError:
        return path / "latest"
    return path / name / "result.json"
