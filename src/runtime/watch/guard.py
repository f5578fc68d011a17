"""Watches one service by its heartbeats for as long as it is told to: restarts it with growing pauses, pages a person,
and gives up where it fails again and again.

The service is started as `service.yaml` says, with NOTIFY_SOCKET and WATCHDOG_USEC set, exactly as systemd would.
"""

import asyncio
import shutil
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from runtime.clocks import monotonic_ns, seconds_between, utc_now, utc_text
from runtime.contract.expand import Places
from runtime.contract.model import Companion, Contract, applies
from runtime.observing.launch import service_argv
from runtime.observing.notify_socket import NotifySocket
from runtime.observing.process import Child, Launch, NotStarted, start
from runtime.verdict import Verdict, exit_code
from runtime.watch.guard_beat import GuardBeat
from runtime.watch.paging import page_person, without_supervisor
from runtime.watch.watched import Life, Limits, Vitals, finding, trouble
from runtime.watch.watched_trace import with_what_hangs
from service_contract.atomic_files import make_private_dir
from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding

_LOOK_S = 0.2
_PAUSE_MOST_S = 30.0
# Starting again cannot help against these: somebody has to change something first.
_PERMANENT = frozenset({ExitCode.CONFIG_ERROR, ExitCode.DEPENDENCY_ERROR, ExitCode.USAGE})


@dataclass(frozen=True, slots=True)
class WatchPolicy:
    """restarts: how many failures within `window_s` are too many. pause_s: before the first restart; it doubles.

    restart: whether to restart at all, or only to page.
    """

    limits: Limits
    restarts: int
    window_s: float
    pause_s: float
    restart: bool


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """What to watch, where it has its things, and how."""

    contract: Contract
    places: Places
    chosen: Mapping[str, str]
    environ: Mapping[str, str]
    policy: WatchPolicy
    for_s: float | None = None


@dataclass(slots=True)
class LifeReport:
    """What became of one life."""

    pid: int
    started_at: str
    up_s: float = 0.0
    ready: bool = False
    heartbeats: int = 0
    max_gap_s: float = 0.0
    ended: str = ""
    cause: str = ""


@dataclass(slots=True)
class WatchReport:
    """What became of all of them. finding: why it ended, where it was not asked to."""

    started_at: str
    lives: list[LifeReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    pages: int = 0
    exit_code: ExitCode = ExitCode.SUCCESS
    why: str = ""


class GaveUp(Exception):
    """No further start would help; says why and with which code to end."""

    def __init__(self, why: str, code: ExitCode) -> None:
        super().__init__(why)
        self.code = code


Tell = Callable[[str, Finding | None], None]


class Watch:
    """Starts, watches, restarts; `run` ends when cancelled, after `for_s`, or where it gives up."""

    def __init__(self, request: WatchRequest, tell: Tell, look: "Callable[[Watch], None]") -> None:
        """tell: called with each event. look: called with this, on each look at the service."""
        self.request = request
        self.report = WatchReport(utc_text(utc_now()))
        self.life: Life | None = None
        self._tell = tell
        self._look = look
        self._changed = asyncio.Event()
        self._failures: deque[int] = deque()
        self._companions: list[tuple[Companion, Child, NotifySocket]] = []
        self._sockets = 0
        self._begun_ns = monotonic_ns()
        runs = request.places.run_dir.parent
        self._beat = GuardBeat(runs, request.contract.name, request.places.run, request.environ)

    async def run(self) -> WatchReport:
        """Watch to the end; whatever was started is stopped then."""
        make_private_dir(self.request.places.run_dir)
        make_private_dir(self.request.places.log_dir)
        make_private_dir(self.request.places.state_dir)
        try:
            await self._watch()
        except GaveUp as reason:
            self.report.why, self.report.exit_code = str(reason), reason.code
        except asyncio.CancelledError:
            self.report.why, self.report.exit_code = "interrupted", ExitCode.INTERRUPTED
            _uncancel()
        finally:
            await self._end()
            self._beat.end(self.report.why)
        return self.report

    async def _watch(self) -> None:
        pause_s = self.request.policy.pause_s
        while True:
            try:
                await self._start_companions()
                failure, up_s = await self._one_life()
            except NotStarted as error:
                failure, up_s = Finding("PROC-001", str(error), next=["risk-runtime explain PROC-001"]), 0.0
                self.report.findings.append(failure)
                self._tell(f"{failure.id} {failure.what}", failure)
            if failure is None:
                return
            pause_s = self.request.policy.pause_s if up_s > self.request.policy.window_s else pause_s
            await self._after(failure)
            self._tell(f"restart in {pause_s:g} s", None)
            await self._rest(pause_s)
            pause_s = min(pause_s * 2, _PAUSE_MOST_S)

    async def _one_life(self) -> tuple[Finding | None, float]:
        """From start to end; None where nothing more is to be done."""
        socket = self._socket()
        try:
            argv = service_argv(self.request.contract, self.request.environ)
            child = await self._launch(self.request.contract.name, argv, self.request.contract.env, socket, "service")
            self.life = Life(child, socket)
            report = LifeReport(child.pid, utc_text(utc_now()))
            self.report.lives.append(report)
            self._tell(f"started, pid {child.pid}", None)
            failure = await self._until_trouble(self.life, report)
            if failure is not None:
                failure = await with_what_hangs(failure, child.pid, self.request.environ, self.request.places.log_dir)
                self._tell(f"{failure.id} {failure.what}", failure)
                self.report.findings.append(failure)
            is_stopped = failure is not None and failure.id == "WATCH-002"  # it cannot hear SIGTERM: do not wait for it
            stopped = await child.stop(0 if is_stopped else self.request.contract.deadlines.stop_s)
            report.ended = report.ended or f"{'killed' if stopped.forced else 'stopped'}, exit code {stopped.code}"
            return failure, report.up_s
        finally:
            socket.close()

    async def _until_trouble(self, life: Life, report: LifeReport) -> Finding | None:
        looked_ns = monotonic_ns()
        while True:
            await self._wait()
            now_ns = monotonic_ns()
            life.hear()
            if seconds_between(looked_ns, now_ns) > max(1.0, self.request.policy.limits.heartbeat_s / 2):
                life.forgive(now_ns - looked_ns)
            looked_ns = now_ns
            vitals = life.vitals(now_ns)
            self._note(life, vitals, report)
            self._look(self)
            if (companion := self._dead_companion()) is not None:
                return companion
            found = trouble(vitals, self.request.policy.limits)
            if found is not None:
                report.cause = found[0]
                if vitals.code is None:
                    return finding(life, vitals, found)
                report.ended = found[1]
                if vitals.code == 0 and vitals.said_stopping:
                    self.report.why = "the service stopped by itself, and said so"
                    report.cause = ""
                    return None
                return finding(life, vitals, found)
            if self.request.for_s is not None and seconds_between(self._begun_ns, now_ns) >= self.request.for_s:
                self.report.why = f"watched for {self.request.for_s:g} s, as asked"
                if self.report.findings:
                    self.report.why += f"; it failed {len(self.report.findings)} times and was started again"
                    self.report.exit_code = ExitCode.EXCEPTION
                return None

    async def _rest(self, seconds: float) -> None:
        """Do nothing for a while, and go on beating."""
        until_ns = monotonic_ns() + int(seconds * 1e9)
        while (left_s := seconds_between(monotonic_ns(), until_ns)) > 0:
            self._beat.turned(0)
            await asyncio.sleep(min(left_s, _LOOK_S))

    async def _wait(self) -> None:
        """Until something is said, at most a moment."""
        self._beat.turned(self.life.child.pid if self.life is not None else 0)
        try:
            async with asyncio.timeout(_LOOK_S):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    @staticmethod
    def _note(life: Life, vitals: Vitals, report: LifeReport) -> None:
        report.up_s, report.ready = round(vitals.up_s, 3), vitals.ready_s is not None
        report.heartbeats, report.max_gap_s = life.beats, round(life.max_gap_s, 3)

    async def _after(self, failure: Finding) -> None:
        """Page, and decide whether to go on. Raises GaveUp."""
        await self._page(failure)
        code = failure.evidence.get("exit_code")
        own = exit_code(Verdict.FAIL, [code if isinstance(code, int) else None])
        if not self.request.policy.restart:
            raise GaveUp(f"{failure.id} {failure.what}; it is not restarted, as asked", own)
        if isinstance(code, int) and code in _PERMANENT:
            raise GaveUp(f"it ended with {code}: starting it again cannot help", own)
        now_ns = monotonic_ns()
        self._failures.append(now_ns)
        while seconds_between(self._failures[0], now_ns) > self.request.policy.window_s:
            self._failures.popleft()
        if len(self._failures) > self.request.policy.restarts:
            count, window_s = len(self._failures), self.request.policy.window_s
            what = f"{count} failures within {window_s:g} s; it is not restarted any more, and nothing guards now"
            causes = [each.id for each in self.report.findings[-count:]]
            last = Finding("WATCH-004", what, {"causes": causes}, next=["risk-runtime explain WATCH-004"])
            self.report.findings.append(last)
            self._tell(f"{last.id} {last.what}", last)
            await self._page(last)
            raise GaveUp(what, own)

    async def _page(self, found: Finding) -> None:
        """Run the command that pages a person; that it cannot is told, and stops nothing."""
        command = self.request.contract.page
        if not command:
            return
        self.report.pages += 1
        environ = {**self.request.environ, **self.request.places.text_map(self.request.contract.env)}
        async with asyncio.TaskGroup() as group:
            paging = group.create_task(
                page_person(command, self.request.places, environ, found, self.report.pages), name="page"
            )
            while not paging.done():
                self._beat.turned(0)
                await asyncio.wait({paging}, timeout=_LOOK_S)
        if paging.result():
            self._tell(paging.result(), None)

    async def _start_companions(self) -> None:
        if any(child.code is not None for _, child, _ in self._companions):
            await self._stop_companions()
        if self._companions:
            return
        for companion in self.request.contract.companions:
            if applies(companion.when, self.request.chosen):
                await self._start_companion(companion)

    async def _start_companion(self, companion: Companion) -> None:
        socket = self._socket()
        child = await self._launch(companion.name, companion.argv, companion.env, socket, f"companion-{companion.name}")
        self._companions.append((companion, child, socket))
        life = Life(child, socket)
        limit_s = self.request.contract.deadlines.companion_s
        while (vitals := life.vitals(monotonic_ns())).ready_s is None:
            if vitals.code is not None or vitals.up_s > limit_s:
                how = f"ended with {vitals.code}" if vitals.code is not None else f"was not ready within {limit_s:g} s"
                await self._stop_companions()
                raise NotStarted(f"companion {companion.name} {how}")
            await self._wait()
            life.hear()

    def _dead_companion(self) -> Finding | None:
        for companion, child, socket in self._companions:
            socket.drain()
            socket.arrivals.clear()
            if child.code is not None:
                evidence = {"companion": companion.name, "companion_exit_code": child.code}
                what = f"companion {companion.name} ended with {child.code}"
                return Finding("COMP-001", what, evidence, next=["risk-runtime explain COMP-001"])
        return None

    async def _stop_companions(self) -> None:
        while self._companions:
            _, child, socket = self._companions.pop()
            await child.stop(self.request.contract.deadlines.stop_s)
            socket.close()

    def _socket(self) -> NotifySocket:
        self._sockets += 1
        return NotifySocket(self.request.places.socket_dir / f"n{self._sockets}", self._changed.set)

    async def _launch(
        self, name: str, argv: tuple[str, ...], env: Mapping[str, str], socket: NotifySocket, file: str
    ) -> Child:
        places = self.request.places
        environ = without_supervisor({**self.request.environ, **places.text_map(env)}) | {
            "NOTIFY_SOCKET": str(socket.path),
            "WATCHDOG_USEC": str(int(self.request.policy.limits.heartbeat_s * 1e6)),
        }
        stdout, stderr = places.run_dir / f"{file}.stdout.log", places.run_dir / f"{file}.stderr.log"
        return await start(Launch(name, places.texts(argv), environ, places.project, stdout, stderr), self._changed.set)

    async def _end(self) -> None:
        """Stop whatever still runs, also where the end is an interruption."""
        try:
            if self.life is not None:
                stopped = await self.life.child.stop(self.request.contract.deadlines.stop_s)
                report = self.report.lives[-1]
                report.ended = report.ended or f"{'killed' if stopped.forced else 'stopped'}, exit code {stopped.code}"
            await self._stop_companions()
        finally:
            shutil.rmtree(self.request.places.socket_dir, ignore_errors=True)


def _uncancel() -> None:
    """The interruption has been dealt with: what follows may wait again."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
