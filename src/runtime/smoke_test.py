"""Smoke: start the real service, watch it reach every checkpoint, ask the witness, stop it, and judge.

It ends as soon as the verdict is certain. It passes when, within the limit, every checkpoint came in order, the
outcome its scenario requires was claimed, and the independent witness agrees.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime.causes.diagnosis import diagnose
from runtime.checks import FINAL, LIVE, all_pass, decided, judge
from runtime.clocks import monotonic_ns, seconds_between, utc_now, utc_text
from runtime.contract.expand import Places
from runtime.contract.model import Contract
from runtime.observing.observation import Observation
from runtime.observing.progress import progress
from runtime.observing.session import Session
from runtime.output.terminal import Terminal
from runtime.tracing.trace_log import append
from runtime.verdict import Judgement, Verdict, exit_code, merge
from service_contract.debugging import asks_for_debug
from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding
from service_contract.yaml_lines import YamlFaults

Watcher = Callable[[Session, Observation], None]


@dataclass(frozen=True, slots=True)
class SmokeRequest:
    """What to run: the contract, where its things are, the options chosen, and the limit in seconds."""

    contract: Contract
    places: Places
    chosen: Mapping[str, str]
    environ: Mapping[str, str]
    limit_s: float
    look: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """What came out. `duration_s` is from the start of the service (or of the run, had it none) to the verdict."""

    request: SmokeRequest
    started_at: str
    duration_s: float
    observation: Observation
    judgements: tuple[Judgement, ...]
    verdict: Verdict
    exit_code: ExitCode
    findings: tuple[Finding, ...]


async def run_smoke(request: SmokeRequest, watch: Watcher) -> SmokeResult:
    """Run it once. `watch` is called with each new observation; it only looks."""
    started_at, begun_ns = utc_text(utc_now()), monotonic_ns()
    session = Session(request.contract, request.places, request.chosen, request.environ, request.limit_s)
    async with session:
        if await session.start():
            await _observe(session, watch)
            await _ask_witness(session)
            await _ask_agent(session)
        duration_s = session.elapsed_s() or seconds_between(begun_ns, monotonic_ns())
        await session.stop()
        observation = session.observe(over=True)
        watch(session, observation)
    judgements = _judge(observation)
    verdict = merge(judgement.verdict for judgement in judgements)
    own_codes = [observation.timeline.exit.code if observation.timeline.exit else None]
    own_codes += [companion.code for companion in observation.companions]
    remedies = {cause: request.places.texts(texts) for cause, texts in request.contract.remedies.items()}
    findings = diagnose(observation, judgements, remedies, request.look)
    code = exit_code(verdict, own_codes)
    return SmokeResult(request, started_at, duration_s, observation, judgements, verdict, code, findings)


async def _observe(session: Session, watch: Watcher) -> None:
    """Look at everything new until nothing that can still come would change the verdict, or the time is up."""
    while True:
        observation = session.observe()
        watch(session, observation)
        if decided(judge(LIVE, observation)) or not await session.wait_change(session.limit_s):
            return


async def _ask_witness(session: Session) -> None:
    """Ask whether the claim is true, while the service still runs; without a claim, ask only for the diagnosis.

    Where the witness disagrees it is asked again with each new claim: of several steps to the outcome the first one
    may be confirmed while the last one is still to come. Disagreement that lasts `settle_s` without a new claim counts,
    and so does one that outlasts the limit: a service that goes on claiming must not keep us for ever.
    """
    observation = session.observe()
    event = session.contract.first_event
    if observation.timeline.exit is not None or event is None or not observation.timeline.reached(event.n):
        return
    await session.ask_witness()
    while _claimed(observation) and not _settled(session.observe()) and session.elapsed_s() < session.limit_s:
        claims = _claims(observation)
        observation = await _next_claim(session, claims)
        await session.ask_witness()
        if _claims(observation) == claims:
            return


async def _ask_agent(session: Session) -> None:
    """Where not everything was shown, ask what each task waits for, while the service still runs."""
    debug = asks_for_debug(session.environ)
    if all_pass(judge(LIVE, session.observe())) and not debug:
        return
    trace = await session.ask_agent()
    if trace is not None and debug:
        append(session.places.log_dir / "runtime_trace.log", utc_text(utc_now()), [trace])


def _settled(observation: Observation) -> bool:
    """The witness agrees, or nobody is left who could make it agree."""
    return observation.probe is None or observation.probe.agrees is True or observation.timeline.exit is not None


async def _next_claim(session: Session, claims: int) -> Observation:
    """Wait for another claim, at most `settle_s` and never past the limit."""
    until_s = min(session.elapsed_s() + session.contract.deadlines.settle_s, session.limit_s)
    observation = session.observe()
    while _claims(observation) == claims and await session.wait_change(until_s):
        observation = session.observe()
        if observation.timeline.exit is not None:
            break
    return observation


def _claims(observation: Observation) -> int:
    outcome = observation.outcome
    entries = observation.timeline.reached(outcome.checkpoint)
    return sum(1 for entry in entries if entry.checkpoint and outcome.claimed_by(entry.checkpoint.detail))


def _claimed(observation: Observation) -> bool:
    return progress(observation)[observation.outcome.checkpoint - 1].complete_s is not None


def _judge(observation: Observation) -> tuple[Judgement, ...]:
    """The live checks; where the outcome was claimed the witness; and the rest only for a run that got that far."""
    judgements = judge(LIVE, observation)
    if _claimed(observation) and observation.timeline.exit is None:
        judgements += judge({"ledger": FINAL["ledger"]}, observation)
    if all_pass(judgements):
        judgements += judge({name: check for name, check in FINAL.items() if name != "ledger"}, observation)
    return judgements


async def smoke_test(timeout: float = 8.0, *, scenario: str | None = None, project: Path | None = None) -> int:  # noqa: ASYNC109 -- the specified signature; the limit is the verdict's, not the caller's
    """Boot the service of this project and watch it; returns an exit code (0 passed, 1 failed, 2 stalled, 3, 4, 5)."""
    from runtime.output.smoke import SmokeReporter, print_faults
    from runtime.settings import WrongUsage, smoke_request

    options = {"scenario": scenario} if scenario else {}
    try:
        request = smoke_request(environ=os.environ, project=project, options=options, timeout_s=timeout)
    except YamlFaults as error:
        print_faults(Terminal(sys.stderr), error.faults)
        return ExitCode.CONFIG_ERROR
    except WrongUsage as error:
        Terminal(sys.stderr).line(str(error))
        return ExitCode.USAGE
    reporter = SmokeReporter(request)
    result = await run_smoke(request, reporter.watch)
    return reporter.finish(result)
