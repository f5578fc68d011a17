"""What the menu knows before anything is run: the commit, the last verdicts, what the last tests came to.

Everything is read from files that the runs left behind. What is not there is None, and is shown as "never run" or "-":
no file is no evidence.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from runtime.clocks import utc_now
from runtime.observing.foreground import read_output
from runtime.output.junit import Totals, UnreadableJunit, read_totals
from runtime.output.terminal import Paint

_STATUS = ("git", "status", "--porcelain=v2", "--branch", "--untracked-files=no")
_PAINTS = {"PASS": Paint.GOOD, "FAIL": Paint.BAD}
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Revision:
    """What is checked out. commit and branch are empty where there is no repository."""

    branch: str
    commit: str
    changed: int

    def __str__(self) -> str:
        if not self.commit:
            return "no commit"
        return f"{self.branch}@{self.commit[:7]}" + (f" ({self.changed} changed)" if self.changed else "")


def read_revision(project: Path) -> Revision:
    """Branch, commit, and how many tracked files differ from it."""
    lines = (read_output(_STATUS, project) or "").splitlines()
    head = dict(line.removeprefix("# ").split(" ", 1) for line in lines if line.startswith("# branch."))
    commit = head.get("branch.oid", "").removeprefix("(initial)").strip()
    branch = head.get("branch.head", "").replace("(detached)", "detached")
    return Revision(branch, commit, sum(1 for line in lines if not line.startswith("#")))


class _Result(msgspec.Struct):
    """What the menu reads of a result.json; it may hold more."""

    verdict: str
    commit: str = ""


def last_verdict(project: Path, kind: str, commit: str) -> tuple[str, Paint | None]:
    """`smoke PASS 12m ago`, of the last run of this kind; says so where it judged another commit."""
    directory = project / "data" / "reports" / kind
    try:
        file = directory / (directory / "latest").read_text(encoding="utf-8").strip() / "result.json"
    except (OSError, ValueError):
        return f"{kind} never run", Paint.DIM
    try:
        result = msgspec.json.decode(file.read_bytes(), type=_Result)
        age_s = utc_now().timestamp() - file.stat().st_mtime
    except (OSError, msgspec.MsgspecError):
        return f"{kind} UNKNOWN (its report cannot be read)", Paint.DOUBT
    other = ", other commit" if result.commit and commit and result.commit != commit else ""
    return f"{kind} {result.verdict} {age(age_s)}{other}", _PAINTS.get(result.verdict, Paint.DOUBT)


def age(seconds: float) -> str:
    """`12m ago`, in the largest unit that is not 0; a time that is still to come means that a clock was set."""
    if seconds < -_DAY_S:
        return "at a wrong time"
    for size, unit in ((_DAY_S, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size:.0f}{unit} ago"
    return "just now"


def last_totals(project: Path, label: str) -> Totals | None:
    """What the last whole run of a group of tests came to; None where there is no report that can be read.

    The group `all` is also what `make test` runs, which leaves its report under a name of its own.
    """
    reports = project / "test_reports"
    found = sorted(reports.glob(f"*Z-{label}.xml"))[-1:]
    made = reports / "junit.xml"
    if label == "all" and made.is_file():
        found.append(made)
    try:
        newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
        return read_totals(newest) if newest is not None else None
    except (OSError, UnreadableJunit):
        return None


def failed_last_time(project: Path) -> int | None:
    """How many tests pytest would run again; None where it remembers nothing."""
    memory = project / ".pytest_cache" / "v" / "cache"
    try:
        return len(msgspec.json.decode((memory / "lastfailed").read_bytes(), type=dict[str, bool]))
    except msgspec.MsgspecError:
        return None
    except OSError:  # it writes that file with the first failure only
        return 0 if (memory / "nodeids").is_file() else None
