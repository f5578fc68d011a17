"""Replays sessions on carried state, one after the other, with restarts in their midst, and compares at each end."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from runtime.assertions import resolve
from runtime.clocks import monotonic_ns, seconds_between, utc_now, utc_text
from runtime.harness.actor import Halted
from runtime.harness.moments import How, Restart
from runtime.harness.result import Played, ReplayRequest, ReplayResult, Restarted
from runtime.harness.staging import Session, Staging
from runtime.observing.process import NotStarted
from runtime.paths import relative

Watcher = Callable[[str], None]


async def run_replay(request: ReplayRequest, watch: Watcher) -> ReplayResult:
    """Play all of it. `watch` is told in words what happens."""
    started_at, begun_ns = utc_text(utc_now()), monotonic_ns()
    story = _Story(request, watch)
    halted, code = "", None
    staging = Staging(request.contract, request.plan, request.places, request.environ, request.limit_s)
    async with staging:
        try:
            await story.tell(staging)
        except Halted as error:
            halted, code = str(error), error.code
        except NotStarted as error:
            halted, code = str(error), 1
        story.listen(staging)
    story.listen(staging)
    return ReplayResult(
        request=request,
        started_at=started_at,
        duration_s=seconds_between(begun_ns, monotonic_ns()),
        played=tuple(story.played),
        breaches=tuple(story.breaches),
        halted=halted,
        code=code,
        stop_code=story.stop_code,
    )


class _Story:
    """What has happened so far."""

    def __init__(self, request: ReplayRequest, watch: Watcher) -> None:
        self.played: list[Played] = []
        self.breaches: list[str] = []
        self.stop_code: int | None = None
        self._request = request
        self._watch = watch
        self._decisions: list[str] = []

    async def tell(self, staging: Staging) -> None:
        """From the first session to the end. Raises Halted, NotStarted."""
        request = self._request
        for number, play in enumerate(request.plays):
            self._watch(f"{play.name}: " + ("after the night" if number else _beginning(request.snapshot)))
            self.played.append(Played(play))
            session = Session(
                file=play.file, script=play.script, holds=[each.moment for each in play.restarts if each.moment]
            )
            if number:
                await self._sleep(staging, session)
            else:
                await staging.begin(session, snapshot=request.snapshot)
            await self._play(staging, self.played[-1])
        self.stop_code = await staging.end()
        if request.export is not None:
            await staging.command(request.plan.hand_on, snapshot=request.export)
            self._watch(f"the state is in {relative(request.export)}")

    async def _sleep(self, staging: Staging, session: Session) -> None:
        code = await staging.overnight(session)
        if code != 0:
            raise Halted(f"in the evening the service left with exit code {code}", code)

    async def _play(self, staging: Staging, played: Played) -> None:
        left = list(played.play.restarts)
        while True:
            waiting = [restart for restart in left if restart.checkpoint is not None]
            what = await staging.until(waiting)
            self.listen(staging)
            if what is None:
                break
            restart = what if isinstance(what, Restart) else _held(what, left)
            if restart in left:
                left.remove(restart)
            played.restarts.append(await self._restart(staging, restart, what))
            for words in staging.overtaken:  # it waited for a restart, and this was one
                passed = _held(words, left)
                left = [each for each in left if each is not passed]
                played.restarts.append(replace(played.restarts[-1], at=str(passed)))
            staging.overtaken.clear()
        played.compared = await staging.compared()
        found, events = resolve(await staging.ledger(), self._request.plan.events)
        played.events = events if found and isinstance(events, int) else 0
        decisions = await staging.decisions()
        played.forgot = _missing(self._decisions, decisions)
        self._decisions, played.decisions = decisions, len(decisions)
        played.ended = True
        self._watch(f"  {played.events} events, {played.decisions} decisions")

    async def _restart(self, staging: Staging, restart: Restart, what: Restart | str) -> Restarted:
        """At a hold time stands, so that what the service says before and what it has kept can be compared."""
        stands = isinstance(what, str)
        before = await staging.kept() if stands else {}
        code = await staging.halt(restart.how)
        after = await staging.kept() if stands else {}
        await staging.resume()
        lost = {name: (value, after.get(name)) for name, value in before.items() if after.get(name) != value}
        self._watch(
            f"  {restart}  exit code {code}, " + ("and it came back" if not lost else f"LOST {', '.join(lost)}")
        )
        return Restarted(str(restart), restart.how, code, lost)

    def listen(self, staging: Staging) -> None:
        """Look for breaches in what was logged."""
        for line in staging.new_log_lines():
            if self._request.plan.breach in line.message and line.level == "CRITICAL":
                self.breaches.append(line.message)
                self._watch(f"  {line.message}")


def _beginning(snapshot: Path | None) -> str:
    return "from nothing" if snapshot is None else f"on the state in {relative(snapshot)}"


def _held(words: str, left: Sequence[Restart]) -> Restart:
    """Which restart the venue waits for, by its own words; a `hold` in the session's script is a kill."""
    named = [restart for restart in left if restart.moment is not None and restart.moment in words.split()]
    return named[0] if named else Restart(How.KILL, moment="script")


def _missing(before: Sequence[str], now: Sequence[str]) -> int:
    """How many of the decisions of before are not there any more, in their place."""
    same = sum(a == b for a, b in zip(before, now, strict=False))
    return len(before) - same
