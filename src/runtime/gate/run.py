"""The gate: runs the stages of a profile in order, and says whether what is here may be deployed.

It refuses to pass on no evidence: zero tests, a report of another commit, a stage that gave no verdict in time. The
exit code is that of the first stage that failed.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.clocks import monotonic_ns, new_run_name, seconds_between, utc_now, utc_text
from runtime.gate.config import GateConfig, Profile, Skip, Stage
from runtime.gate.stages import StageContext, StageResult, failed, not_run, run_stage
from runtime.observing.foreground import read_output
from runtime.output.junit import JunitReport, UnreadableJunit, read_junit
from runtime.verdict import Verdict, merge
from service_contract.atomic_files import make_private_dir
from service_contract.exit_codes import ExitCode

GATE_FILE = Path("config") / "gate.yaml"
_TICK_S = 1.0


@dataclass(frozen=True, slots=True)
class Revision:
    """Which state of the project is judged.

    commit: empty where there is no repository. changed: the tracked files that differ from it.
    """

    commit: str
    changed: tuple[str, ...]

    @property
    def dirty(self) -> bool:
        """Is what is here something else than what was committed?"""
        return bool(self.changed)

    def __str__(self) -> str:
        return f"{self.commit[:7] or 'no commit'}{' with changes' if self.dirty else ''}"


@dataclass(frozen=True, slots=True)
class GateResult:
    """What came out."""

    profile: str
    revision: Revision
    started_at: str
    duration_s: float
    stages: tuple[StageResult, ...]
    verdict: Verdict
    exit_code: ExitCode
    run: str
    run_dir: Path
    notes: tuple[str, ...]

    @property
    def first_failure(self) -> StageResult | None:
        """The stage that decided."""
        return next((stage for stage in self.stages if stage.verdict not in {None, Verdict.PASS}), None)


def read_revision(project: Path) -> Revision:
    """The commit, and whether tracked files differ from it."""
    commit = read_output(["git", "rev-parse", "HEAD"], project)
    if commit is None:
        return Revision("", ())
    changes = read_output(["git", "status", "--porcelain", "--untracked-files=no"], project)
    if changes is None:
        return Revision(commit.strip(), ("git status gave no answer",))
    return Revision(commit.strip(), tuple(line[3:] for line in changes.splitlines()))


async def run_gate(
    config: GateConfig,
    profile: Profile,
    *,
    project: Path,
    reports_dir: Path,
    environ: Mapping[str, str],
    chosen: Mapping[str, str],
    watch: Callable[[StageResult], None],
    tick: Callable[[str, float], None],
) -> GateResult:
    """Run a profile. chosen: the service's options.

    watch: is given each stage's result as it comes. tick: is told every second which stage runs, and for how long.
    """
    started_at, begun_ns, run = utc_text(utc_now()), monotonic_ns(), new_run_name()
    run_dir = make_private_dir(reports_dir / "gate" / run)
    revision = read_revision(project)
    accepted, notes = _accept_junit(profile, revision, project)
    changed = revision.changed if revision.commit else None
    context = StageContext(project, run_dir, environ, accepted, chosen, changed)
    results: list[StageResult] = []
    for name in profile.stages:
        stopped = profile.stop_at_failure and any(result.verdict not in {None, Verdict.PASS} for result in results)
        skip = _skip_of(config, name, notes)
        if stopped:
            result = not_run(name, "NOT RUN", "an earlier stage failed")
        elif skip is not None:
            result = not_run(name, "SKIP", f"{skip.reason} (until {skip.until})")
        else:
            result = await _ticking(config.stages[name], context, tick)
        results.append(result)
        watch(result)
    verdict = merge(result.verdict for result in results if result.verdict is not None)
    if not any(result.verdict is not None for result in results):
        results.append(failed("evidence", 0.0, "no stage ran", ExitCode.STALLED))
        watch(results[-1])
    code = next((result.code for result in results if result.verdict not in {None, Verdict.PASS}), ExitCode.SUCCESS)
    duration_s = seconds_between(begun_ns, monotonic_ns())
    return GateResult(
        profile.name, revision, started_at, duration_s, tuple(results), verdict, code, run, run_dir, tuple(notes)
    )


async def _ticking(stage: Stage, context: StageContext, tick: Callable[[str, float], None]) -> StageResult:
    ticker = _Ticker(asyncio.get_running_loop(), lambda seconds: tick(stage.name, seconds))
    try:
        return await run_stage(stage, context)
    finally:
        ticker.stop()


class _Ticker:
    """Tells every second how long it has been; no task of its own, so that an error of the stage passes as it is."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tell: Callable[[float], None]) -> None:
        self._loop = loop
        self._tell = tell
        self._begun_ns = monotonic_ns()
        self._timer = loop.call_later(_TICK_S, self._tick)

    def _tick(self) -> None:
        self._timer = self._loop.call_later(_TICK_S, self._tick)
        self._tell(seconds_between(self._begun_ns, monotonic_ns()))

    def stop(self) -> None:
        self._timer.cancel()


def _skip_of(config: GateConfig, stage: str, notes: list[str]) -> Skip | None:
    """The skip that holds today; one that has expired is told and does not count."""
    for skip in config.skips:
        if skip.stage != stage:
            continue
        if skip.until >= utc_now().date():
            return skip
        notes.append(f"the skip of {stage} ended on {skip.until}, so it ran ({skip.reason})")
    return None


def _accept_junit(profile: Profile, revision: Revision, project: Path) -> tuple[JunitReport | None, list[str]]:
    """The profile's JUnit report, if it was written for exactly what is here."""
    if profile.junit is None:
        return None, []
    try:
        report = read_junit(project / profile.junit)
    except UnreadableJunit as error:
        return None, [f"tests run again: {error}"]
    tested = report.properties.get("commit", "")
    if not revision.commit or revision.dirty or tested != revision.commit:
        return None, [f"tests run again: {profile.junit} is of {tested[:15] or 'no commit'}, here is {revision}"]
    return report, [f"tests taken from {profile.junit}, written for this commit"]
