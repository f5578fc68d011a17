"""When a run of the pack took place, from the report that it left: for a log that does not name its runs itself."""

import datetime as dt
from pathlib import Path

import msgspec

_SLACK_S = 1.0


class UnknownRun(ValueError):
    """A name that fits more than one run."""


class _Result(msgspec.Struct):
    started_at: str
    duration_s: float


def find_run(reports: Path, name: str) -> tuple[float, float] | None:
    """Between which seconds the run took place whose directory is called so, or begins or ends so.

    None where there is no such report: then it is the id of one life of the service, which the log itself names.
    Raises UnknownRun.
    """
    found = [path.parent for path in sorted(reports.glob("*/*/result.json")) if _is(path.parent.name, name)]
    if not found:
        return None
    if len(found) > 1:
        raise UnknownRun(f"--run {name!r} fits {len(found)} runs: {', '.join(path.name for path in found[:3])}, …")
    try:
        result = msgspec.json.decode((found[0] / "result.json").read_bytes(), type=_Result)
        begin = dt.datetime.fromisoformat(result.started_at).timestamp()
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise UnknownRun(f"--run {name!r}: {found[0] / 'result.json'} does not say when it was: {error}") from error
    return begin - _SLACK_S, begin + result.duration_s + _SLACK_S


def _is(directory: str, name: str) -> bool:
    return directory == name or (len(name) >= 4 and (directory.startswith(name) or directory.endswith(f"-{name}")))  # noqa: PLR2004 -- fewer letters fit by chance
