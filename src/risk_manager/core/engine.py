"""The engine: the only writer of the state. Checkpoints 5, 6 and 7.

Whatever waits when it turns is one batch: decided in order, made durable in one transaction, then taken into memory and
acted on in order. Until the transaction returns, nothing happened: no acknowledgement, no log line, no order. A slow
disk makes larger batches, not a longer queue.
"""

import logging
from collections.abc import Callable, Sequence

import msgspec

from risk_manager.checkpoints import Checkpoints
from risk_manager.clock import Clock
from risk_manager.core.describe import describe
from risk_manager.core.latency import Latencies
from risk_manager.domain.asserting import Asserting
from risk_manager.domain.breaker import watch
from risk_manager.domain.decide import accept, decide, may_be_skipped, take_mark, wake_ns
from risk_manager.domain.decision import Decision
from risk_manager.domain.events import (
    Event,
    InputRefused,
    IntentProgress,
    MarketTrade,
    Quote,
    SessionEnded,
    TimeAdvanced,
)
from risk_manager.domain.intents import Intent, IntentStatus
from risk_manager.domain.policy import Policy
from risk_manager.domain.state import AccountState, revert_all
from risk_manager.errors import StoreWriteFailed
from risk_manager.state import codec
from risk_manager.state.store import Entry, Store

_log = logging.getLogger("risk_manager.engine")
_LOG_REFUSED_FIRST = 5
_LOG_UNTOLD_FIRST = 5
_NOT_LOGGED = frozenset({MarketTrade, Quote, TimeAdvanced, IntentProgress})
_SEVERITIES = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}


class Counts(msgspec.Struct):
    """What the engine has seen since it began."""

    events: int = 0
    market_trades: int = 0
    quotes: int = 0
    decisions: int = 0
    refused: int = 0
    intents: int = 0
    breaches: int = 0


class Turn(msgspec.Struct, frozen=True):
    """What came of a batch. handled: how many of its events are dealt with. ended: the recording is over."""

    handled: int
    intents: tuple[Intent, ...]
    ended: bool


class Engine:
    """Decides, persists, remembers; hands on the intents that became durable."""

    def __init__(
        self, *, state: AccountState, policy: Policy, store: Store, checkpoints: Checkpoints, clock: Clock
    ) -> None:
        self.state = state
        self.policy = policy
        self.counts = Counts()
        self.decision_latency = Latencies()
        self.store_latency = Latencies()
        self.last_ns = 0
        self._unwritten: list[tuple[Event, Decision, codec.Beside]] = []
        self._store = store
        self._checkpoints = checkpoints
        self._clock = clock
        self._wakes_ns = 0
        self._heard = False
        self._started = False
        self.asserting = Asserting(state, policy=policy)
        self.on_news: Callable[[Event, Decision], None] | None = None
        """Told of every durable decision: pages hang on it. It never waits; where it raises, that is logged."""
        self.on_store_failed: Callable[[StoreWriteFailed], None] | None = None
        """Told of a store that cannot be written; it may `forget_store`. Without it the service ends."""
        self._is_forgetful = False
        self._news_untold = 0
        watch(state, policy.breaker, policy.instruments.symbol_of)

    def govern(self, policy: Policy) -> None:
        """Go by another policy from the next event on."""
        self.policy = policy
        self.asserting.govern(policy)
        self._wakes_ns = 0
        watch(self.state, policy.breaker, policy.instruments.symbol_of)

    def start(self) -> None:
        """The loop begins to turn: checkpoint 5."""
        self._started = True
        self._checkpoints.reach(5)

    def hear(self, events: Sequence[Event]) -> bool:
        """Told of every batch the venue sent, before it is dealt with; true for the first real message: checkpoint 6.

        The clock alone is no message, nor is what could not be believed: a venue that is connected and says nothing is
        what this checkpoint is there to find.
        """
        if self._heard:
            return False
        first = next((event for event in events if type(event) not in {TimeAdvanced, InputRefused}), None)
        if first is None:
            return False
        self._heard = True
        self._checkpoints.reach(6, event=describe(first))
        return True

    def process(self, events: Sequence[Event], *, stop_at_intent: bool = False) -> Turn:
        """Deal with a batch; with `stop_at_intent` only up to the first event that leads to an intent.

        Raises StoreWriteFailed where the batch could not be made durable; memory is as before then. Where the
        service goes on without its store, the batch is dealt with again, in memory alone.
        """
        try:
            return self._process(events, stop_at_intent=stop_at_intent)
        except StoreWriteFailed as error:
            if self.on_store_failed is None:
                raise
            self.on_store_failed(error)
            if not self._is_forgetful:
                raise
        return self._process(events, stop_at_intent=stop_at_intent)

    def forget_store(self) -> None:
        """Go on in memory alone: the store cannot be written, and the account still has to be protected."""
        self._is_forgetful = True

    def _process(self, events: Sequence[Event], *, stop_at_intent: bool) -> Turn:
        began_ns = self._clock.monotonic_ns()
        decided: list[tuple[Event, Decision]] = []
        fine: dict[type, int] = {}  # prices with which every rule is fine: counted, and told once a batch
        handled = 0
        ended = False
        for event in events:
            handled += 1
            decision = self._handle_event(event)
            if decision is None:
                continue
            kind = type(event)
            if decision is self.policy.all_fine(kind):
                fine[kind] = fine.get(kind, 0) + 1
                continue
            before = len(decided)
            decided.append((event, decision))
            decided += self._assert_invariants(event, decision)
            ended = ended or type(event) is SessionEnded
            if stop_at_intent and any(each.intents for _, each in decided[before:]):
                break
        self._persist()
        self._announce_fine(fine)
        for event, decision in decided:
            self._announce(event, decision)
            if self.on_news is not None and decision.is_durable:
                self._tell_news(self.on_news, event, decision)
        if decided or fine:
            self.decision_latency.add((self._clock.monotonic_ns() - began_ns) // 1000)
        intents = tuple(intent for _, decision in decided for intent in decision.intents)
        self.counts.intents += len(intents)
        return Turn(handled, intents, ended)

    def _handle_event(self, event: Event) -> Decision | None:
        """Decide about one event and take it into memory; None for one that cannot matter."""
        state, counts = self.state, self.counts
        counts.events += 1
        if type(event) is MarketTrade:
            counts.market_trades += 1
            take_mark(state, event)
        elif type(event) is Quote:
            counts.quotes += 1
            take_mark(state, event)
        if may_be_skipped(state, event, self._wakes_ns):
            if type(event) is TimeAdvanced:
                state.now_ns = event.t_ns
            return None
        return self._decide(event)

    def _decide(self, event: Event) -> Decision:
        state = self.state
        decision = decide(state, event, self.policy)
        if decision.is_durable:
            self._unwritten.append((event, decision, codec.beside_of(state, event)))
        accept(state, event, decision)
        self.counts.decisions += 1
        if decision.changes or type(event) is TimeAdvanced:
            self._wakes_ns = min(wake_ns(state, self.policy), self.asserting.wakes_ns)
        return decision

    def _assert_invariants(self, event: Event, decision: Decision) -> list[tuple[Event, Decision]]:
        """What the decision broke freezes its scope in the same transaction, as an event like any other."""
        found: list[tuple[Event, Decision]] = []
        found += [(breach, self._decide(breach)) for breach in self.asserting.check(event, decision)]
        self._wakes_ns = min(self._wakes_ns, self.asserting.wakes_ns)
        return found

    def _persist(self) -> None:
        durable, self._unwritten = self._unwritten, []
        if not durable or self._is_forgetful:
            return
        wall_ns, began_ns = self._clock.wall_ns(), self._clock.monotonic_ns()
        entries = [
            Entry(
                codec.DECISION,
                codec.encode(codec.record_of(event, decision, beside)),
                wall_ns,
                began_ns,
                _moved_intents(event, decision),
            )
            for event, decision, beside in durable
        ]
        try:
            self._store.append(entries)
        except StoreWriteFailed:
            for _, decision, _ in reversed(durable):
                revert_all(self.state, decision.changes)
            raise
        self.last_ns = max(self.last_ns, *(event.t_ns for event, _, _ in durable))
        self.store_latency.add((self._clock.monotonic_ns() - began_ns) // 1000)

    def _tell_news(self, tell: Callable[[Event, Decision], None], event: Event, decision: Decision) -> None:
        try:
            tell(event, decision)
        except Exception:  # noqa: BLE001 -- a broken observer must not hurt the engine
            self._news_untold += 1
            if self._news_untold <= _LOG_UNTOLD_FIRST:
                _log.exception("what was decided could not be told to the pager; it stands all the same")

    def _announce_fine(self, fine: dict[type, int]) -> None:
        if self._started:
            for kind, times in fine.items():
                for rule in self.policy.rules_that_hear(kind):
                    self._checkpoints.rule_evaluated(rule.key, "ok", times=times)

    def _announce(self, event: Event, decision: Decision) -> None:
        """Say what has become fact. Prices are not logged one by one: a log call costs more than a decision."""
        if isinstance(event, InputRefused):
            self.counts.refused += 1
            if self.counts.refused <= _LOG_REFUSED_FIRST:
                _log.warning("refused: %s: %s", event.what, event.why)
        elif decision.changes and type(event) not in _NOT_LOGGED and _log.isEnabledFor(logging.INFO):
            _log.info("📨 %s" if self._started else "reconciled: %s", describe(event))
        for answer in decision.verdicts:
            if answer.verdict.result == "breach":
                self.counts.breaches += 1
            if self._started:  # what reconciliation leads to is decided before the loop turns, and told by its alerts
                self._checkpoints.rule_evaluated(answer.rule, answer.verdict.result)
        for alert in decision.alerts:
            _log.log(_SEVERITIES[alert.severity], "%s %s", alert.id, alert.text, extra={"alert": alert.id})
        for change in decision.changes:
            if change.table == "lockouts":
                _say_lockout(change.key, started=change.before is None, ended=change.after is None)


def _say_lockout(rule: str, *, started: bool, ended: bool) -> None:
    if ended:
        _log.info("lockout by %s has ended", rule)
    elif started:
        _log.warning("lockout by %s: new orders blocked", rule)


def _moved_intents(event: Event, decision: Decision) -> tuple[tuple[Intent, IntentStatus], ...]:
    """Every intent that came into being or moved, with the status it has now: final ones have left the table."""
    moved: list[tuple[Intent, IntentStatus]] = []
    for change in decision.changes:
        if change.table != "intents":
            continue
        if isinstance(change.after, Intent):
            moved.append((change.after, change.after.status))
        elif isinstance(change.before, Intent) and isinstance(event, IntentProgress):
            moved.append((change.before, event.status))
    return tuple(moved)
