"""The shadow run itself: starts what is to be started, looks at both sides, compares, counts, and keeps the clock."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from runtime.clocks import NS_PER_S, monotonic_ns, utc_now, utc_text, wall_ns
from runtime.observing.process import NotStarted
from runtime.shadow.asking import ask_fresh
from runtime.shadow.carrying import carry_state
from runtime.shadow.companions import CompanionEnded, Companions
from runtime.shadow.cutover import Moment
from runtime.shadow.hearing import InputGap
from runtime.shadow.matching import Difference, Matching, Who
from runtime.shadow.memory import load, save
from runtime.shadow.record import KEPT, Event, ShadowConditions, ShadowReport
from runtime.shadow.side import Fault, Look, Side
from runtime.shadow.signals import GAPS
from service_contract.decided import Decided

LOOK_S = 0.25
_SAVE_NS = 5 * NS_PER_S
_WITNESS_NS = 5 * NS_PER_S
_SILENT_NS = 15 * NS_PER_S
_LATE_NS = NS_PER_S
"""A decision is read so much later than it was made, at most: the probe looks a few times a second."""
DIFFERENCE, SENT = "decision_differences", "candidate_sent"


class _GaveUp(Exception):
    """A side cannot be kept running; says why."""


class Shadow:
    """Runs to its end; `look` is called after each look at both sides, `tell` with each event."""

    def __init__(
        self,
        sides: dict[Who, Side],
        companions: Companions,
        conditions: ShadowConditions,
        changed: asyncio.Event,
        *,
        tell: Callable[[Event], None],
        show: Callable[["Shadow"], None],
    ) -> None:
        """changed: set whenever there may be news. Raises StateUnusable where the kept clock cannot be read."""
        self.sides = sides
        self.conditions = conditions
        clock = load(conditions.state, conditions.new_clock, conditions.identity, _now())
        self.report = ShadowReport(utc_text(utc_now()), clock)
        self.matching = Matching(int(conditions.settle_s * NS_PER_S))
        self._changed = changed
        self._companions = companions
        self._tell = tell
        self._show = show
        self._gap = InputGap(_SILENT_NS)
        self._compare_from_ns: int | None = None
        self._both_ns: int | None = None
        self._is_comparing = False
        self._blind = dict.fromkeys(Who, True)
        self._is_ours = dict.fromkeys(Who, False)
        self._begun_ns, self._begun_wall_ns = monotonic_ns(), wall_ns()
        self._save_ns = 0
        self._witness_ns = 0
        self._witness_problem = "the venue has not been asked yet whether the candidate sent anything"

    async def run(self) -> ShadowReport:
        """Run until the time is over, a side gives up, or it is cancelled; whatever was started is stopped then."""
        try:
            await self._run()
        except NotStarted as error:
            self.report.never_started = str(error)
        except CompanionEnded as error:
            self.report.never_started = str(error)
        except _GaveUp as error:
            self.report.gave_up = str(error)
        except asyncio.CancelledError:
            self.report.interrupted = True
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
        finally:
            self.report.ran_s = (monotonic_ns() - self._begun_ns) / NS_PER_S
            await self._end()
        return self.report

    async def _run(self) -> None:
        await self._companions.start()
        await self._begin(Who.LIVE)
        await self._until_ready(Who.LIVE)
        if self.conditions.carries:
            await carry_state(self.sides[Who.LIVE].request, self.sides[Who.CANDIDATE].request)
        await self._begin(Who.CANDIDATE)
        self._compare_from_ns = monotonic_ns() if self._companions.are_ours else None
        for_s = self.conditions.for_s
        while for_s is None or self._both_ns is None or monotonic_ns() - self._both_ns < for_s * NS_PER_S:
            await self._look()
            await self._wait()
        until_ns = monotonic_ns()
        while self.matching.pending_before(until_ns):  # what was decided in time is judged in time
            await self._look()
            await self._wait()
        self._witness_ns = 0
        await self._look()

    async def _begin(self, who: Who) -> None:
        side = self.sides[who]
        await side.start()
        if side.pid is not None:
            self._happened(Event(utc_text(utc_now()), who.value, "", f"started, pid {side.pid}"))

    async def _until_ready(self, who: Who) -> None:
        """Wait until a side is ready: input that is for two begins when both are."""
        while (look := await self._look_at(who)).blind:
            self._count(look.faults, [], look.unsure or f"{who.value} is not ready")
            self._give_up_if_they_do([look])
            await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_S):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    async def _look(self) -> None:
        """One look at everything."""
        looks = {who: await self._look_at(who) for who in Who}
        now_ns = monotonic_ns()
        if self._both_ns is None and not any(look.blind for look in looks.values()):
            self._both_ns = now_ns
            if self._compare_from_ns is None:  # what either decided just before has no counterpart that we know of
                self._compare_from_ns = now_ns + self.matching.settle_ns
        self._tell_of_comparing(now_ns)
        self._companions.look()
        faults = [fault for look in looks.values() for fault in look.faults]
        faults += await self._ask_witness(now_ns)
        silent, no_input = self._gap.look(self._counts(), now_ns)
        faults += [Fault(Who(name), GAPS, "its input stood still while the other side's went on") for name in silent]
        found = self.matching.judge(now_ns - _LATE_NS)
        doubts = (*(look.unsure for look in looks.values()), no_input, self._witness_problem)
        unsure = next((doubt for doubt in doubts if doubt), "")
        self._count(faults, found, unsure)
        self._give_up_if_they_do(looks.values())

    def _tell_of_comparing(self, now_ns: int) -> None:
        """Say once from when on decisions count: whoever trades by hand to see a difference waits for it."""
        if self._is_comparing or self._both_ns is None or now_ns < (self._compare_from_ns or 0):
            return
        self._is_comparing = True
        self._happened(Event(utc_text(utc_now()), Who.CANDIDATE.value, "", "compared with live from here on"))

    def _count(self, faults: Sequence[Fault], found: Sequence[Difference], unsure: str) -> None:
        """Let what was found count: in the signals, in the report, on the clock, on disk."""
        self._note(faults)
        self._note_differences(found)
        report = self.report
        whats = (*(str(fault) for fault in faults), *(f"difference: {each}" for each in found))
        report.clock = report.clock.look(_now(), faults=whats, unsure=unsure)
        report.unsure = unsure
        report.compared, report.not_compared = self.matching.compared, self.matching.not_compared
        report.pending = self.matching.pending()
        self._keep(monotonic_ns(), at_once=bool(whats))
        self._show(self)

    @staticmethod
    def _give_up_if_they_do(looks: Iterable[Look]) -> None:
        for look in looks:
            if look.gave_up:
                raise _GaveUp(look.gave_up)

    def _counts(self) -> dict[str, float | None]:
        """How much each side has dealt with, of those that we hear."""
        return {who.value: side.dealt_with for who, side in self.sides.items() if side.counts_events}

    async def _look_at(self, who: Who) -> Look:
        look = await self.sides[who].look()
        now_ns = monotonic_ns()
        if look.blind != self._blind[who]:
            self._blind[who] = look.blind
            if look.blind:
                self.matching.blind(who, now_ns)
            else:
                self.matching.sees(who, now_ns)
        if look.began_anew:
            self.matching.lost(who, now_ns)
        for line in look.decided:
            if self._is_compared(who, line):
                self.matching.take(who, line)
        for text in look.told:
            self._happened(Event(utc_text(utc_now()), who.value, "", text))
        return look

    def _is_compared(self, who: Who, line: Decided) -> bool:
        """Was it decided while both were there?

        Rows of an earlier boot of the machine have another monotonic clock, and an earlier wall time. What comes behind
        a row of this run is of this run, wherever the wall clock is set to meanwhile.
        """
        if self._compare_from_ns is None or line.mono_ns < self._compare_from_ns:
            return False
        if line.wall_ns >= self._begun_wall_ns:
            self._is_ours[who] = True
        return self._is_ours[who]

    async def _ask_witness(self, now_ns: int) -> list[Fault]:
        """Has anything come from the candidate? Its venue knows."""
        live = self.sides[Who.LIVE].request
        asked = live.plan.sent_nothing
        if asked is None or now_ns < self._witness_ns:
            if asked is None:
                self._witness_problem = "service.yaml does not say who knows whether the candidate sent anything"
            return []
        reading = await ask_fresh(live, asked, "witness")
        self._witness_ns = monotonic_ns() + _WITNESS_NS
        if reading.agrees is None:
            self._witness_problem = reading.problem or "; ".join(str(answer) for answer in reading.answers)
            return []
        self._witness_problem = ""
        failed = "; ".join(str(answer) for answer in reading.answers if answer.holds is False)
        if self.report.sent.count is None:
            self.report.sent.count = 0
        if not failed or failed == self.report.sent.last_what:
            return []
        self.report.sent.count += 1
        self.report.sent.last_at, self.report.sent.last_what = utc_text(utc_now()), failed
        return [Fault(Who.CANDIDATE, SENT, failed)]

    def _note(self, faults: Sequence[Fault]) -> None:
        for fault in faults:
            now = utc_text(utc_now())
            if fault.signal != SENT:
                self.sides[fault.who].signals.seen(fault.signal, now, fault.what)
            self._happened(Event(now, fault.who.value, fault.signal, fault.what))

    def _note_differences(self, found: Sequence[Difference]) -> None:
        for difference in found:
            now = utc_text(utc_now())
            self.report.differences_total += 1
            if len(self.report.differences) < KEPT:
                self.report.differences.append((now, difference))
            self._happened(Event(now, difference.who.value, DIFFERENCE, str(difference)))

    def _happened(self, event: Event) -> None:
        self.report.events.append(event)
        self.report.faults_total += bool(event.signal)
        self._tell(event)

    def _keep(self, now_ns: int, *, at_once: bool) -> None:
        if at_once or now_ns >= self._save_ns:
            save(self.conditions.state, self.report.clock, self.conditions.identity)
            self._save_ns = now_ns + _SAVE_NS

    async def _end(self) -> None:
        """Stop the candidate first: it must never be without the live one."""
        try:
            for who in (Who.CANDIDATE, Who.LIVE):
                await self.sides[who].stop()
        finally:
            await self._companions.stop()
            save(self.conditions.state, self.report.clock, self.conditions.identity)


def _now() -> Moment:
    return Moment(monotonic_ns(), wall_ns())
