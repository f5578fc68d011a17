"""What a replay found, as values; what follows from them; and the object that `--json` prints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.contract.expand import Places
from runtime.contract.model import Contract
from runtime.harness.agreement import Compared
from runtime.harness.moments import How, Restart
from runtime.harness.plan import HarnessPlan
from runtime.verdict import Judgement, Verdict, exit_code, merge
from service_contract.exit_codes import ExitCode

SCHEMA = "runtime.replay/1"
_IN_ORDER = {How.CLEAN: {0, int(ExitCode.INTERRUPTED)}, How.TERM: {0}}


@dataclass(frozen=True, slots=True)
class Play:
    """One session to be played, its script where it is not the one beside it, and the restarts in its midst."""

    name: str
    file: Path
    script: Path | None = None
    restarts: tuple[Restart, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What to replay. snapshot: what to begin with, None for nothing. export: where the state goes at the end."""

    contract: Contract
    plan: HarnessPlan
    places: Places
    environ: Mapping[str, str]
    plays: tuple[Play, ...]
    snapshot: Path | None
    export: Path | None
    limit_s: float


@dataclass(frozen=True, slots=True)
class Restarted:
    """One restart that happened. at: as it was asked for. lost: what the service did not keep, before and after."""

    at: str
    how: How
    code: int
    lost: Mapping[str, tuple[object, object]] = field(default_factory=dict)

    @property
    def in_order(self) -> bool:
        """Did it end as it was told to? A kill is never answered."""
        return self.how is How.KILL or self.code in _IN_ORDER[self.how]


@dataclass(slots=True)
class Played:
    """One session, as far as it came. decisions: how many the journal had at its end."""

    play: Play
    restarts: list[Restarted] = field(default_factory=list)
    events: int = 0
    decisions: int = 0
    forgot: int = 0
    ended: bool = False
    compared: tuple[Compared, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """All of it. halted: why the story ended early; code: how the process ended that it needed. stop_code: the end."""

    request: ReplayRequest
    started_at: str
    duration_s: float
    played: tuple[Played, ...]
    breaches: tuple[str, ...]
    halted: str = ""
    code: int | None = None
    stop_code: int | None = None

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """What is claimed, each with its verdict."""
        return (self._sessions(), self._restarts(), self._journal(), self._invariants(), self._agreement())

    @property
    def verdict(self) -> Verdict:
        """The worst of them."""
        return merge(judgement.verdict for judgement in self.judgements)

    @property
    def exit_code(self) -> ExitCode:
        """0; 1 where something is broken, or what the service itself said; 2 where something could not be told."""
        return exit_code(self.verdict, [self.code])

    def _sessions(self) -> Judgement:
        wanted, ended = len(self.request.plays), sum(each.ended for each in self.played)
        if self.halted:
            verdict = Verdict.UNKNOWN if self.code is None else Verdict.FAIL
            return Judgement("sessions", verdict, f"{ended} of {wanted} played to the end: {self.halted}")
        if self.stop_code != 0:
            return Judgement("sessions", Verdict.FAIL, f"at the end the service left with exit code {self.stop_code}")
        return Judgement("sessions", Verdict.PASS, f"{ended} of {wanted} played to the end")

    def _restarts(self) -> Judgement:
        happened = [restarted for each in self.played for restarted in each.restarts]
        wanted = [restart for play in self.request.plays for restart in play.restarts]
        wrong = [f"{each.at}: exit code {each.code}" for each in happened if not each.in_order]
        wrong += [f"{each.at}: {name} was {a}, is {b}" for each in happened for name, (a, b) in each.lost.items()]
        came = {restarted.at for restarted in happened}
        missing = list(dict.fromkeys(str(restart) for restart in wanted if str(restart) not in came))
        if wrong or missing:
            texts = [*wrong, *(f"{each} never came" for each in missing)]
            return Judgement("restarts", Verdict.FAIL if wrong else Verdict.UNKNOWN, "; ".join(texts))
        words = f"{len(happened)}, nothing durable was lost" if happened else "none were asked for"
        return Judgement("restarts", Verdict.PASS, words)

    def _journal(self) -> Judgement:
        total = self.played[-1].decisions if self.played else 0
        forgot = sum(each.forgot for each in self.played)
        if not self.request.plan.journal:
            return Judgement("journal", Verdict.PASS, "the service has none to show")
        if forgot:
            return Judgement("journal", Verdict.FAIL, f"{forgot} decisions are gone or different")
        verdict = Verdict.PASS if any(each.ended for each in self.played) else Verdict.UNKNOWN
        return Judgement("journal", verdict, f"{total} decisions, none gone, none changed")

    def _invariants(self) -> Judgement:
        if self.breaches:
            return Judgement("invariants", Verdict.FAIL, f"{len(self.breaches)} breached: {self.breaches[0]}")
        verdict = Verdict.PASS if any(each.ended for each in self.played) else Verdict.UNKNOWN
        return Judgement("invariants", verdict, "0 breached")

    def _agreement(self) -> Judgement:
        compared = [figure for each in self.played for figure in each.compared]
        wrong = [str(figure) for figure in compared if not figure.holds]
        if any(figure.holds is False for figure in compared):
            return Judgement("agreement", Verdict.FAIL, "; ".join(wrong))
        if wrong or not compared:
            return Judgement("agreement", Verdict.UNKNOWN, "; ".join(wrong) or "nothing was compared")
        names = list(dict.fromkeys(figure.name for figure in compared))
        return Judgement("agreement", Verdict.PASS, f"service and ledger agree on {', '.join(names)}")


def as_json(result: ReplayResult) -> dict[str, object]:
    """The object that `--json` prints; its schema is docs/reference/schemas/replay.schema.json."""
    request = result.request
    return {
        "schema": SCHEMA,
        "service": request.contract.name,
        "run": request.places.run,
        "started_at": result.started_at,
        "duration_s": round(result.duration_s, 3),
        "verdict": result.verdict.name,
        "exit_code": int(result.exit_code),
        "snapshot": None if request.snapshot is None else str(request.snapshot),
        "sessions": [_session(each) for each in result.played],
        "breaches": list(result.breaches),
        "checks": [
            {"check": each.check, "verdict": each.verdict.name, "summary": each.summary} for each in result.judgements
        ],
        "halted": result.halted,
        "artifacts": {
            "dir": str(request.places.run_dir),
            "result": str(request.places.run_dir / "result.json"),
            "log": request.places.text(request.contract.log),
            "state": str(request.places.state_dir),
        },
    }


def _session(played: Played) -> dict[str, object]:
    return {
        "session": played.play.name,
        "ended": played.ended,
        "events": played.events,
        "decisions": played.decisions,
        "restarts": [
            {
                "at": each.at,
                "how": each.how.value,
                "code": each.code,
                "lost": {name: list(values) for name, values in each.lost.items()},
            }
            for each in played.restarts
        ],
        "compared": [figure.as_json() for figure in played.compared],
    }
