"""Keeps what the store promises over time: the mark synced once a second, snapshots when they are due."""

import logging

from risk_manager.clock import Clock
from risk_manager.core.engine import Engine
from risk_manager.core.operations import Governing
from risk_manager.state.codec import DECIDER_VERSION
from risk_manager.state.snapshots import Life, SnapshotWriter
from risk_manager.state.store import Store

_log = logging.getLogger("risk_manager.state")
_SYNC_EVERY_NS = 1_000_000_000


class Keeping:
    """Told of every turn of the engine, and of the clean stop."""

    def __init__(self, *, store: Store, engine: Engine, governing: Governing, life: Life, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._governing = governing
        self._life = life
        self._clock = clock
        self._synced_ns = clock.monotonic_ns()
        self._writer = SnapshotWriter(store, engine.state, life)

    def turned(self) -> None:
        """After each turn. Raises StoreWriteFailed."""
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._synced_ns >= _SYNC_EVERY_NS:
            self._synced_ns = now_ns
            self._store.sync()
        self._tell_life()
        self._writer.turned()

    def take(self) -> int:
        """A snapshot on request; returns the row it stands for. Raises StoreWriteFailed."""
        self._tell_life()
        return self._writer.write()

    def stopped(self) -> None:
        """The last row is written: a clean stop leaves a snapshot and a durable mark. Raises StoreWriteFailed."""
        self._life.clean = True
        _log.info("snapshot of journal row %d", self.take())
        self._store.sync()

    def _tell_life(self) -> None:
        self._life.last_ns = max(self._life.last_ns, self._engine.last_ns)
        self._life.config_hash = self._life.applied_hash = self._governing.config.config_hash
        self._life.decider_version = DECIDER_VERSION
