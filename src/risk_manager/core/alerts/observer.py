"""The engine's side of paging: reads the state after a decision, compares it with the last reading, leaves word.

Nothing here waits, writes or sends. It is asked for durable decisions only, so a price costs nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from risk_manager.clock import Clock
from risk_manager.core.alerts import troubles
from risk_manager.core.alerts.book import STATE
from risk_manager.core.alerts.conditions import TABLES, standing, told_besides, with_arithmetic
from risk_manager.core.alerts.page import Condition
from risk_manager.core.alerts.pager import Pager
from risk_manager.domain.decision import Decision
from risk_manager.domain.events import Event
from risk_manager.domain.state import AccountState

_log = logging.getLogger("risk_manager.page")
_LOOK_S = 1.0
_LOG_FAULTS_FIRST = 5


class Observer:
    """Told of what the engine decided; looks once a second at what no decision tells.

    lost: the number of the loss while the connection is lost, None while it is there. held_back: what of the
    configuration waits for the reset.
    """

    def __init__(
        self,
        *,
        pager: Pager,
        state: AccountState,
        clock: Clock,
        lost: Callable[[], int | None],
        lost_after_ns: Callable[[], int],
        held_back: Callable[[], Sequence[str]],
    ) -> None:
        self._pager = pager
        self._state = state
        self._clock = clock
        self._lost = lost
        self._lost_as: int | None = None
        self._lost_ns = 0
        self._lost_after_ns = lost_after_ns
        self._held_back = held_back
        self._faults = 0
        self._said: dict[str, Mapping[str, Condition]] = {}

    def heard(self, event: Event, decision: Decision) -> None:
        """A durable decision; the state is that after its batch."""
        if not decision.alerts and all(change.table not in TABLES for change in decision.changes):
            return
        conditions = with_arithmetic(standing(self._state), decision)
        self._say(STATE, conditions)
        for condition in told_besides(decision, conditions, event.t_ns):
            self._pager.tell(condition)

    def look(self) -> None:
        """Everything that holds, whether anything was decided or not. A fault in here harms nobody."""
        try:
            self._look()
        except Exception:  # noqa: BLE001 -- this runs beside the engine, whose service would end with it
            self._faults += 1
            if self._faults <= _LOG_FAULTS_FIRST:
                _log.exception("what holds could not be told to the pager")

    def _look(self) -> None:
        if STATE not in self._said:  # what an earlier life told and is over is over now
            self._say(STATE, standing(self._state))
        self._say(troubles.LINK, self._link())
        looser = self._held_back()
        self._say(troubles.CONFIG, {troubles.CONFIG: troubles.held_back(looser)} if looser else {})

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_S)

    def guards(self, *, after_crash: bool) -> None:
        """The account is guarded from now on."""
        self.look()
        ended = troubles.service_failed("it ended without a clean stop", "", self._clock.wall_ns())
        how = "the risk manager was started again and guards the account"
        self._pager.back(ended, how, after_crash=after_crash)

    def unsettled(self, why: str, t_ns: int) -> None:
        """The account was frozen because what was restored may not be everything."""
        self._pager.tell(troubles.unsettled(why, t_ns))

    def store_failed(self, why: str, error: str) -> None:
        """The disk is what is broken: tell it without the disk."""
        self._pager.page_now(troubles.SERVICE, troubles.store_failed(why, error, self._clock.wall_ns()))

    def _link(self) -> dict[str, Condition]:
        now_ns, loss, limit_ns = self._clock.monotonic_ns(), self._lost(), self._lost_after_ns()
        if loss is None or loss != self._lost_as:
            self._lost_as, self._lost_ns = loss, now_ns
        for_ns = now_ns - self._lost_ns
        if loss is None or for_ns < limit_ns:
            return {}
        standing_one = self._said.get(troubles.LINK)
        if standing_one:
            return dict(standing_one)
        condition = troubles.connection_lost(for_ns, limit_ns, self._clock.wall_ns())
        return {condition.key: condition}

    def _say(self, source: str, conditions: Mapping[str, Condition]) -> None:
        """Leave word where it differs from what was said last."""
        if self._said.get(source) != conditions and self._pager.see(source, conditions):
            self._said[source] = conditions
