"""Soak: run the real service for a while under a lively session, and judge how it holds up.

The service is started like in smoke. From the moment it is ready the process is looked at from outside several times a
second, and what it says of itself is written down; after the warm-up (a quarter of the duration, at most 15 s) each
threshold of service.yaml is judged. It passes when the service was alive all the while, did its work, and every
threshold holds and has data.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from runtime.causes.diagnosis import diagnose
from runtime.checks import FINAL, LIVE, judge
from runtime.clocks import utc_now, utc_text
from runtime.contract.model import Contract
from runtime.observing.observation import Observation
from runtime.observing.progress import progress
from runtime.observing.session import Session
from runtime.paths import relative
from runtime.settings import WrongUsage
from runtime.soak import allocations, findings
from runtime.soak.compare import FILE_NAME, Comparison, Good, compare, keep
from runtime.soak.inside import Listener
from runtime.soak.outside import LogGrowth, ProcessSampler
from runtime.soak.plan import OUTSIDE_UNITS, warm_up_s
from runtime.soak.recording import Recording
from runtime.soak.result import SoakRequest, SoakResult
from runtime.soak.statistics import percentile
from runtime.soak.thresholds import judge as judge_threshold
from runtime.verdict import Judgement, Verdict, exit_code, merge
from service_contract.findings import Finding

Watcher = Callable[[Recording], None]

_MOST_SAMPLES = 3600  # of a long soak; a shorter interval would only make the report larger
_MORE_IS_BETTER = frozenset({"events_per_s"})
_FINAL = {name: FINAL[name] for name in ("ledger", "stop")}


class _Run:
    """One soak while it runs: the session, its recorders, and the two questions about allocations."""

    def __init__(self, request: SoakRequest, session: Session, watch: Watcher) -> None:
        self.request = request
        self.session = session
        self.boot_s: float | None = None
        self.recording = Recording(request.duration_s, warm_up_s(request.duration_s))
        self.sites: tuple[allocations.Site, ...] = ()
        self._watch = watch
        self._socket = request.run.places.socket_dir / allocations.SOCKET_NAME
        self._held: allocations.Holding | None = None

    async def boot(self) -> bool:
        """Wait until the service is ready; False where it is not within the limit, or ended."""
        seen = 0
        while True:
            entries = self.session.heard_since(seen)
            seen += len(entries)
            ready = next((e.t_s for e in entries if e.said and e.said.fields.get("READY") == "1"), None)
            if ready is not None:
                self.boot_s = ready
                return True
            if self.session.pid is None or not await self.session.wait_change(self.session.limit_s):
                return False

    async def record(self) -> None:
        """Record until the time is over or the service has ended."""
        ready_s, pid = self.boot_s or 0.0, self.session.pid
        if pid is None:
            return
        contract, places = self.session.contract, self.session.places
        event = contract.first_event
        listener = Listener(
            self.recording,
            ready_s=ready_s,
            events=self.request.plan.events,
            event_n=event.n if event else None,
        )
        process, log = ProcessSampler(pid), LogGrowth(Path(places.text(contract.log)))
        every_s = max(self.request.plan.sample_s, self.request.duration_s / _MOST_SAMPLES)
        heard, due_s = 0, 0.0
        while True:
            entries = self.session.heard_since(heard)
            heard += len(entries)
            listener.hear(entries)
            now_s = self.recording.now_s = min(self.session.elapsed_s() - ready_s, self.request.duration_s)
            over = now_s >= self.request.duration_s or self.session.pid is None
            if now_s >= due_s or over:
                due_s = now_s + every_s
                self._look(process, log, now_s)
                await self._ask_allocations(last=over)
                self._watch(self.recording)
            if over:
                listener.finish(now_s)
                return
            await self.session.wait_change(ready_s + min(due_s, self.request.duration_s))

    def _look(self, process: ProcessSampler, log: LogGrowth, now_s: float) -> None:
        for name, value in process.sample(now_s).items():
            self.recording.add(name, now_s, value)
        written_mb = log.sample()
        if written_mb is not None:
            self.recording.add("log_mb", now_s, written_mb)

    async def _ask_allocations(self, *, last: bool) -> None:
        if not self.request.allocations:
            return
        if last and self._held is not None:
            after = await allocations.ask(self._socket)
            self.sites = allocations.grown(self._held, after) if after is not None else ()
        elif self._held is None and self.recording.now_s >= self.recording.warm_up_s / 2:
            # early enough that the memory which asking takes is not judged as growth
            self._held = await allocations.ask(self._socket)


async def run_soak(request: SoakRequest, watch: Watcher) -> SoakResult:
    """Run it once. `watch` is called after each look; it only looks."""
    started_at = utc_text(utc_now())
    base = request.run
    contract = _contract(request)
    session = Session(contract, base.places, base.chosen, base.environ, base.limit_s)
    run = _Run(request, session, watch)
    async with session:
        if await session.start() and await run.boot():
            await run.record()
            if session.pid is not None:
                await session.ask_witness()
        await session.stop()
        observation = session.observe(over=True)
    return _judged(request, run, observation, started_at)


def _contract(request: SoakRequest) -> Contract:
    contract = request.run.contract
    if not request.allocations:
        return contract
    argv = allocations.under_tracemalloc(contract.argv, f"{{socket_dir}}/{allocations.SOCKET_NAME}")
    if argv is None:
        raise WrongUsage(f"--tracemalloc: {contract.file} does not start a Python program with {{python}}")
    return replace(contract, argv=argv)


def _judged(request: SoakRequest, run: _Run, observation: Observation, started_at: str) -> SoakResult:
    recording, units = run.recording, {**OUTSIDE_UNITS, **request.run.contract.metrics}
    thresholds = tuple(judge_threshold(each, recording, units.get(each.metric, "")) for each in request.plan.thresholds)
    judgements = _judgements(observation)
    verdict = merge([*(each.verdict for each in thresholds), *(each.verdict for each in judgements)])
    own_codes = [observation.timeline.exit.code if observation.timeline.exit else None]
    own_codes += [companion.code for companion in observation.companions]
    result = SoakResult(
        request=request,
        started_at=started_at,
        boot_s=run.boot_s,
        recording=recording,
        observation=observation,
        thresholds=thresholds,
        judgements=judgements,
        verdict=verdict,
        exit_code=exit_code(verdict, own_codes),
        findings=(),
        units=units,
        sites=run.sites,
    )
    comparison = _compared(result)
    return replace(result, comparison=comparison, findings=_findings(result, comparison))


def _judgements(observation: Observation) -> tuple[Judgement, ...]:
    """The checks of smoke that are about a whole life; what was never claimed need not be confirmed by the witness."""
    judgements = judge(LIVE, observation)
    claimed = progress(observation)[observation.outcome.checkpoint - 1].complete_s is not None
    if claimed and observation.timeline.exit is None:
        judgements += judge({"ledger": _FINAL["ledger"]}, observation)
    return (*judgements, *judge({"stop": _FINAL["stop"]}, observation)) if observation.stopped else judgements


def _findings(result: SoakResult, comparison: Comparison | None) -> tuple[Finding, ...]:
    request = result.request
    again = request.run.look[-1] if request.run.look else "risk-runtime soak"
    report = str(relative(request.run.places.run_dir / "report.html"))
    remedies = {cause: request.run.places.texts(texts) for cause, texts in request.run.contract.remedies.items()}
    found = list(diagnose(result.observation, result.judgements, remedies, request.run.look))
    if result.boot_s is not None:
        found += findings.findings_of(
            result.thresholds, result.sites, again, report, asked_s=request.duration_s, traced=request.allocations
        )
    worse = findings.worse_than_before(comparison) if comparison is not None else None
    return (*found, worse) if worse is not None else tuple(found)


def _compared(result: SoakResult) -> Comparison | None:
    """Compare where it was asked for, and remember this run where it is good."""
    request, recording = result.request, result.recording
    file = request.run.places.run_dir.parent / FILE_NAME
    middles = {
        name: percentile([value for _, value in points], 50)
        for name in recording.series
        if (points := recording.judged(name)) and not name.endswith("_total")
    }
    now = Good(
        run=request.run.places.run,
        service=request.run.contract.name,
        options=dict(request.run.chosen),
        started_at=result.started_at,
        duration_s=round(recording.now_s, 3),
        metrics=middles,
    )
    found = compare(now, file, result.units, more_is_better=_MORE_IS_BETTER) if request.compare else None
    if result.verdict is Verdict.PASS and not request.allocations:
        keep(now, file)
    return found


async def soak_test(
    duration: float = 60,
    *,
    project: Path | None = None,
    service: Path | None = None,
    options: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Soak the service of this project for so many seconds; returns what `risk-runtime soak --json` prints.

    Raises YamlFaults for a bad service.yaml and WrongUsage for an option that it does not have.
    """
    from runtime.soak.artifacts import artifacts
    from runtime.soak.report import SoakReporter
    from runtime.soak.request import soak_request
    from runtime.soak.result import as_json

    request = soak_request(
        project=project, service=service, options=options or {}, duration_s=duration, environ=os.environ
    )
    reporter = SoakReporter(request)
    result = await run_soak(request, reporter.watch)
    reporter.finish(result)
    return as_json(result, artifacts(result))
