"""One run of a service: its companions, itself, what they say, and the end of all of them.

Used as `async with Session(...) as session`; whatever happens inside, no process and no socket is left behind.
"""

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime.clocks import monotonic_ns, seconds_between, wall_ahead_ns
from runtime.contract.expand import Places
from runtime.contract.model import Companion, Contract, applies
from runtime.logs.file import LogFollower, tail
from runtime.observing.launch import service_argv, under_agent
from runtime.observing.notify_socket import NotifySocket
from runtime.observing.observation import CompanionState, Observation, ProbeReading
from runtime.observing.probe import ask_probe
from runtime.observing.process import Child, Launch, NotStarted, Stopped, start
from runtime.observing.timeline import Entry, Exit, LogLine, Timeline, read, read_log
from runtime.tracing.client import agents
from runtime.tracing.trace import Trace, trace_process
from service_contract.atomic_files import make_private_dir

_LAST_WORDS = 40


class _Speaker:
    """A process with its notify socket. It is not started yet where `child` is None."""

    def __init__(self, name: str, socket: NotifySocket) -> None:
        self.name = name
        self.socket = socket
        self.child: Child | None = None
        self.entries: list[Entry] = []
        self.end: Exit | None = None
        self.told_to_stop = False

    def update(self) -> None:
        """Take over what arrived, and notice an end that nobody asked for."""
        if self.child is None:
            return
        ended = self.child.code is not None
        self.socket.drain()  # after the code was read, so that an exit is never seen before the last words
        new = self.socket.arrivals[len(self.entries) :]
        self.entries.extend(read(arrival, self.child.started_ns) for arrival in new)
        if ended and self.end is None and not self.told_to_stop:
            self.end = Exit(self.child.code or 0, seconds_between(self.child.started_ns, monotonic_ns()))

    @property
    def ready_s(self) -> float | None:
        """When it said READY=1."""
        times = [entry.t_s for entry in self.entries if entry.said and entry.said.fields.get("READY") == "1"]
        return times[0] if times else None


class Session:
    """Starts, observes and stops one service as its contract says."""

    def __init__(
        self, contract: Contract, places: Places, chosen: Mapping[str, str], environ: Mapping[str, str], limit_s: float
    ) -> None:
        self.contract = contract
        self.places = places
        self.limit_s = limit_s
        self._chosen = chosen
        self.environ = environ
        self._changed = asyncio.Event()
        self._companions: list[tuple[Companion, _Speaker]] = []
        self._service: _Speaker | None = None
        self._never_started = ""
        self._stopped: Stopped | None = None
        self._probe: ProbeReading | None = None
        self._probes = 0
        self._trace: Trace | None = None
        self._wall_ahead_ns = wall_ahead_ns()
        self._lines: list[LogLine] = []
        self._log = LogFollower(Path(places.text(contract.log)))

    async def __aenter__(self) -> Self:
        make_private_dir(self.places.run_dir)
        make_private_dir(self.places.log_dir)
        make_private_dir(Path(self.places.text(self.contract.state_dir)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.stop()
        except BaseException:  # interrupted while stopping: kill at once what is left, then let it through
            for speaker in self._speakers():
                if speaker.child is not None:
                    speaker.child.kill()
            raise
        finally:
            for speaker in self._speakers():
                speaker.socket.close()
            self._log.close()
            shutil.rmtree(self.places.socket_dir, ignore_errors=True)

    async def start(self) -> bool:
        """Start the companions one after the other, then the service. False where one of them failed."""
        for number, companion in enumerate(self.contract.companions):
            if not applies(companion.when, self._chosen):
                continue
            speaker = _Speaker(companion.name, self._socket(f"companion-{number}.sock"))
            self._companions.append((companion, speaker))
            if not await self._start_companion(companion, speaker):
                return False
        self._service = _Speaker(self.contract.name, self._socket("service.sock"))
        argv = service_argv(self.contract, self.environ)
        return await self._launch(self._service, argv, self.contract.env, "service")

    async def _start_companion(self, companion: Companion, speaker: _Speaker) -> bool:
        if not await self._launch(speaker, companion.argv, companion.env, f"companion-{companion.name}"):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(self.contract.deadlines.companion_s):
                while speaker.ready_s is None and speaker.end is None:
                    await self._changed.wait()
                    self._changed.clear()
                    speaker.update()
        return speaker.ready_s is not None and speaker.end is None

    async def _launch(self, speaker: _Speaker, argv: tuple[str, ...], env: Mapping[str, str], file: str) -> bool:
        launch = self._prepare(speaker.name, argv, env, file, notify=speaker.socket.path)
        try:
            speaker.child = await start(launch, self._changed.set)
        except NotStarted as error:
            self._never_started = str(error)
            return False
        return True

    def _prepare(
        self, name: str, argv: tuple[str, ...], env: Mapping[str, str], file: str, notify: Path | None = None
    ) -> Launch:
        run_dir = self.places.run_dir
        environment = {**self.environ, **self.places.text_map(env)}
        environment.pop("NOTIFY_SOCKET", None)  # ours, if we run under a supervisor ourselves
        if notify is not None:
            environment["NOTIFY_SOCKET"] = str(notify)
        stdout, stderr = run_dir / f"{file}.stdout.log", run_dir / f"{file}.stderr.log"
        return Launch(name, self.places.texts(argv), environment, self.places.project, stdout, stderr)

    def _socket(self, name: str) -> NotifySocket:
        return NotifySocket(self.places.socket_dir / name, self._changed.set)

    def _speakers(self) -> list[_Speaker]:
        speakers = [speaker for _, speaker in self._companions]
        return [*speakers, self._service] if self._service is not None else speakers

    def started_ns(self) -> int:
        """When the service was started; 0 while it was not."""
        child = self._service.child if self._service is not None else None
        return child.started_ns if child is not None else 0

    def elapsed_s(self) -> float:
        """Seconds since the service was started."""
        return seconds_between(self.started_ns(), monotonic_ns()) if self.started_ns() else 0.0

    def heard_since(self, count: int) -> list[Entry]:
        """What the service has said since it had said `count` messages; for those who watch for long."""
        if self._service is None:
            return []
        self._service.update()
        return self._service.entries[count:]

    @property
    def pid(self) -> int | None:
        """The service's process, while it runs."""
        child = self._service.child if self._service is not None else None
        return child.pid if child is not None and child.code is None else None

    async def wait_change(self, until_s: float) -> bool:
        """Wait until something new was seen; False once `until_s` after the start has passed."""
        left_s = until_s - self.elapsed_s()
        if left_s <= 0 and not self._changed.is_set():
            return False
        try:
            async with asyncio.timeout(max(left_s, 0)):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return left_s > 0

    def observe(self, *, over: bool = False) -> Observation:
        """Everything seen so far, as one value."""
        for speaker in self._speakers():
            speaker.update()
        service = self._service
        timeline = Timeline(self.started_ns(), tuple(service.entries), service.end) if service else Timeline(0)
        return Observation(
            contract=self.contract,
            outcome=self.contract.outcome(self._chosen),
            chosen=self._chosen,
            limit_s=self.limit_s,
            timeline=timeline,
            companions=tuple(self._companion_state(speaker, over=over) for _, speaker in self._companions),
            probe=self._probe,
            trace=self._trace,
            clock_moved_s=seconds_between(self._wall_ahead_ns, wall_ahead_ns()),
            stopped=self._stopped,
            log=tuple(self._lines) if over else None,
            last_words="\n".join(tail(self.places.run_dir / "service.stderr.log", _LAST_WORDS)) if over else "",
            never_started=self._never_started,
            over=over,
        )

    @staticmethod
    def _companion_state(speaker: _Speaker, *, over: bool) -> CompanionState:
        code = speaker.end.code if speaker.end else None
        words = "\n".join(tail(speaker.child.launch.stderr, _LAST_WORDS)) if over and speaker.child else ""
        return CompanionState(speaker.name, speaker.ready_s, code, words)

    async def ask_witness(self) -> None:
        """Run the probe that the outcome names; the reading becomes part of what is observed."""
        outcome = self.contract.outcome(self._chosen)
        if outcome.probe is None:
            return
        self._probes += 1
        argv = self.contract.probes[outcome.probe]
        launch = self._prepare(f"probe {outcome.probe}", argv, self.contract.env, f"probe-{self._probes}")
        self._probe = await ask_probe(launch, outcome.require, self.contract.deadlines.probe_s, self.elapsed_s())

    async def ask_agent(self) -> Trace | None:
        """Ask the service's trace agent what each task waits for; part of what is observed. None without an agent."""
        pid = self.pid
        path = agents(self.environ).get(pid) if pid and under_agent(self.contract, self.environ) else None
        if pid and path is not None:
            self._trace = await trace_process(pid, path)
        return self._trace

    def new_log_lines(self) -> list[LogLine]:
        """The lines that the service has written to its log since the last call."""
        lines = list(read_log(self._log.read_new()))
        self._lines += lines
        return lines

    async def stop(self) -> None:
        """Stop the service, then its companions in reverse order; safe to call twice."""
        for speaker in reversed(self._speakers()):
            speaker.update()
            if speaker.told_to_stop or speaker.child is None:
                continue
            speaker.told_to_stop = True
            stopped = await speaker.child.stop(self.contract.deadlines.stop_s)
            if speaker is self._service and speaker.end is None:
                self._stopped = stopped
        self._lines += read_log(self._log.finish())
