"""The booted service: the tasks around the engine, from reconciliation to an orderly stop."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from risk_manager.checkpoints import Checkpoints
from risk_manager.clock import Clock
from risk_manager.config.model import RiskConfig
from risk_manager.core.alerts.observer import Observer
from risk_manager.core.alerts.pager import Pager
from risk_manager.core.canary import run_canary
from risk_manager.core.drive import Drive
from risk_manager.core.engine import Engine
from risk_manager.core.heartbeat import Heartbeat, Metrics
from risk_manager.core.inbox import Inbox
from risk_manager.core.keeping import Keeping
from risk_manager.core.last_resort import LastResort
from risk_manager.core.latency import Latencies
from risk_manager.core.link import Link
from risk_manager.core.logs import EVENTS_NAME
from risk_manager.core.operations import Governing, Operations
from risk_manager.core.operator import Door
from risk_manager.core.options import RunOptions
from risk_manager.core.summary import Summary, summarize
from risk_manager.domain.events import ConnectionChanged, OperatorCommand, TimeAdvanced
from risk_manager.errors import RiskManagerError, ServiceFailed, StoreWriteFailed
from risk_manager.notify import Notifier
from risk_manager.sdk.enforcement import Deadlines, Enforcement
from risk_manager.sdk.venue import Connected, Venue
from risk_manager.state import codec
from risk_manager.state.recovery import Recovered
from risk_manager.state.store import Store

_log = logging.getLogger("risk_manager")
_DRAIN_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """What the boot has made ready. equip: hands the pager the channels of a configuration."""

    options: RunOptions
    clock: Clock
    notifier: Notifier
    checkpoints: Checkpoints
    store: Store
    venue: Venue
    connected: Connected
    engine: Engine
    governing: Governing
    recovered: Recovered
    door: Path
    run: str
    pager: Pager
    equip: Callable[[RiskConfig], None]


class Service:
    """Everything that runs while the account is guarded."""

    def __init__(self, parts: ServiceParts) -> None:
        self._parts = parts
        self._stop = asyncio.Event()
        self._stop_reason = "the recording ended"
        self._began_ns = parts.clock.monotonic_ns()
        engine, connected, config = parts.engine, parts.connected, parts.governing.config
        self._inbox = Inbox(conflate=not connected.lockstep)
        self._link = Link(parts.venue, config.account.name, engine, self._inbox, seen_ns=parts.recovered.last_ns)
        self._confirmation_latency = Latencies()
        self._enforcement = Enforcement(
            venue=parts.venue,
            post=self._inbox.put_now,
            now_ns=lambda: engine.state.now_ns,
            symbol_of=config.instruments.symbol_of,
            checkpoints=parts.checkpoints,
            clock=parts.clock,
            deadlines=Deadlines(confirm_s=config.enforcement_deadline_ns / 1e9),
            one_at_a_time=connected.lockstep,
            dry_run=self._is_dry,
            on_confirmed=self._confirmation_latency.add,
        )
        self._keeping = Keeping(
            store=parts.store, engine=engine, governing=parts.governing, life=parts.recovered.life, clock=parts.clock
        )
        self.alerts = self._observer()
        engine.on_news = self.alerts.heard
        self._last_resort = LastResort(
            engine=engine,
            enforcement=self._enforcement,
            link=self._link,
            inbox=self._inbox,
            page=self._page_now,
            stop=self.request_stop,
        )
        engine.asserting.enforces = not self._is_dry
        self._heartbeat = Heartbeat(parts.notifier, parts.clock)
        self.operations = self._operations()
        self._door = Door(parts.door, self.operations.answer)
        self._drive = Drive(
            engine=engine,
            venue=parts.venue,
            inbox=self._inbox,
            enforcement=self._enforcement,
            checkpoints=parts.checkpoints,
            clock=parts.clock,
            lockstep=connected.lockstep,
            ends_with_session=parts.options.replay is not None,
            on_turn=self._turned,
            on_first_message=self._venue_spoke,
            on_session_end=lambda: parts.notifier.say(STATUS="session ended"),
        )

    def _operations(self) -> Operations:
        parts = self._parts
        return Operations(
            engine=parts.engine,
            enforcement=self._enforcement,
            store=parts.store,
            checkpoints=parts.checkpoints,
            clock=parts.clock,
            governing=parts.governing,
            options=parts.options,
            reconcile=self._link.reconcile,
            doubt=lambda: self._link.doubt,
            applied=parts.equip,
            pages=lambda: parts.pager.view,
        )

    def _observer(self) -> Observer:
        parts = self._parts
        return Observer(
            pager=parts.pager,
            state=parts.engine.state,
            clock=parts.clock,
            lost=lambda: self._link.reconnects if self._link.doubt else None,
            lost_after_ns=lambda: parts.governing.config.alerts.connection_lost_after_ns,
            held_back=lambda: parts.governing.held_back,
        )

    @property
    def _is_dry(self) -> bool:
        """Nothing is sent in a dry run; on a real account the canary implies one."""
        options = self._parts.options
        return options.dry_run or (options.canary and self._parts.venue.name != "simulated")

    def _turned(self) -> None:
        if self._last_resort.error is None:
            try:
                self._keeping.turned()
            except StoreWriteFailed as error:
                self._last_resort.take_over(error)
        self._heartbeat.turned()
        self.operations.turned()

    def request_stop(self, reason: str) -> None:
        """Ask for a clean stop; `run` returns soon."""
        self._stop_reason = reason
        self._stop.set()

    async def reconcile(self, recovered: Recovered) -> None:
        """Learn from the venue what happened meanwhile, before the engine turns.

        Raises VenueError where any answer is missing: it fails closed.
        """
        engine = self._parts.engine
        under_way = list(recovered.state.intents.values())
        self._enforcement.submit(under_way, resumed=True)
        await self._parts.venue.subscribe()
        _log.info("subscribed to the account and the market data of %s", self._parts.venue.name)
        self._parts.notifier.say(STATUS="subscribed; reconciling")
        now_ns = max(self._parts.connected.t_ns, recovered.last_ns)
        self._enforcement.submit(engine.process([TimeAdvanced(now_ns)]).intents)
        # A connection that was lost in an earlier life is not lost any more.
        heard = [*await self._link.reconcile(gap=True), ConnectionChanged(now_ns, "up")]
        self._enforcement.submit(engine.process(heard).intents)
        for position in engine.state.positions.values():
            _log.warning("adopted open position: %s %+d", position.symbol, position.net)
        if recovered.life.unsettled:
            _log.critical("STATE-003 %s", recovered.life.unsettled, extra={"alert": "STATE-003"})
            self.alerts.unsettled(recovered.life.unsettled, now_ns)
            frozen = OperatorCommand(now_ns, "freeze", "", recovered.life.unsettled)
            self._enforcement.submit(engine.process([frozen]).intents)
            recovered.life.unsettled = ""

    async def run(self) -> Summary:
        """Guard the account until the recording ends or a stop is asked for.

        Raises what a part of the service died of: a dead part takes the service down with a clear error.
        """
        if self._parts.options.replay is None:
            await self._door.open()  # before READY: who is told that we run may ask us
        self._parts.engine.on_store_failed = self._last_resort.take_over
        self._parts.engine.start()
        self._parts.notifier.say(READY="1", STATUS="subscribed; no event yet")
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(child, name=name) for name, child in self._children().items()]
                stopping = group.create_task(self._wait_for_stop(), name="stop")
                driving = group.create_task(self._drive.run(), name="engine")
                await asyncio.wait({driving, stopping}, return_when=asyncio.FIRST_COMPLETED)
                self._parts.notifier.say(STOPPING="1")
                if not driving.done():
                    await self._drain()
                for task in (*tasks, stopping, driving):
                    task.cancel()
        except BaseExceptionGroup as errors:
            error = _first(errors)
            raise error if isinstance(error, RiskManagerError) else self._failure(error) from None
        self._drive.finish()
        if self._last_resort.error is not None:
            raise self._last_resort.error
        return self._finish()

    def _children(self) -> dict[str, Coroutine[Any, Any, None]]:
        parts = self._parts
        children = {
            "venue": self._link.pump(self._drive.deliver),
            "enforcement": self._enforcement.run(),
            "metrics": Metrics(parts.notifier, parts.clock, parts.run, self._read_metrics).run(),
        }
        if parts.options.replay is None:
            children["operator"] = self._door.run()
        if not parts.connected.lockstep:
            children["poll"] = self._link.poll()
        children["last resort"] = self._last_resort.run()
        children["alerts"] = self.alerts.run()
        return children

    def _page_now(self, text: str, error: str) -> None:
        """Told where the disk cannot be used."""
        self._parts.notifier.say(STATUS=f"{text}: {error}"[:200])
        self.alerts.store_failed(text, error)

    def _failure(self, error: BaseException) -> ServiceFailed:
        _log.critical("a part of the service died: %s: %s", type(error).__name__, error, exc_info=error)
        trace = self._parts.options.log_dir / EVENTS_NAME
        return ServiceFailed(f"{type(error).__name__}: {error}", hint=f"the stack trace is in {trace}")

    async def _wait_for_stop(self) -> None:
        for_s = self._parts.options.for_s
        try:
            async with asyncio.timeout(for_s):
                await self._stop.wait()
        except TimeoutError:
            self._stop_reason = f"--for {for_s:g}s is over"

    async def _drain(self) -> None:
        """Let what is under way end, for a moment; what does not is resumed by the next life."""
        if self._is_dry:
            return  # it waits for what others do, which may take long
        try:
            async with asyncio.timeout(_DRAIN_S):
                await self._enforcement.wait_until_idle()
        except TimeoutError:
            _log.warning("stopping with intents under way; the next start asks the venue about them")

    def _venue_spoke(self) -> None:
        """The first real message is here."""
        self._parts.notifier.say(STATUS="guarding the account")
        if self._parts.options.canary:
            self._play_canary()

    def _play_canary(self) -> None:
        records = run_canary(
            self._parts.governing.made.rules, checkpoints=self._parts.checkpoints, enforcement=self._enforcement
        )
        self._journal(codec.CANARY, records)

    def _journal(self, kind: str, records: list[codec.CanaryRecord] | list[codec.StopRecord]) -> None:
        clock = self._parts.clock
        self._parts.store.append(
            [codec.entry(kind, record, clock.wall_ns(), clock.monotonic_ns()) for record in records]
        )

    def _read_metrics(self) -> dict[str, float | None]:
        engine = self._parts.engine
        counts = engine.counts
        return {
            "events_total": counts.events,
            "decisions_total": counts.decisions,
            "intents_total": counts.intents,
            "refused_total": counts.refused,
            "conflated_total": self._inbox.conflated,
            "queue_depth": self._inbox.depth,
            "decision_latency_us_p50": engine.decision_latency.percentile_us(50),
            "decision_latency_us_p99": engine.decision_latency.percentile_us(99),
            "confirmation_latency_us_p50": self._confirmation_latency.percentile_us(50),
            "confirmation_latency_us_p99": self._confirmation_latency.percentile_us(99),
            "store_latency_us_p50": engine.store_latency.percentile_us(50),
            "store_latency_us_p99": engine.store_latency.percentile_us(99),
        }

    def _finish(self) -> Summary:
        parts = self._parts
        self._journal(codec.STOP, [codec.StopRecord(parts.run, self._stop_reason)])
        self._keeping.stopped()
        _log.info("stopped: %s", self._stop_reason)
        return summarize(
            engine=parts.engine,
            enforcement=self._enforcement,
            run=parts.run,
            account=parts.governing.config.account.name,
            reason=self._stop_reason,
            duration_s=(parts.clock.monotonic_ns() - self._began_ns) / 1e9,
            journal_rows=parts.store.head[0],
        )


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a task group, however deeply it is wrapped."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
