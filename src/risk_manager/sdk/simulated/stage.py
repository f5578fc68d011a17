"""Plays a tape to one manager in lockstep: time stands while he thinks, and nothing is left out.

Market events are offered ahead, in batches, without being applied. `processed` applies those that were dealt with; what
was offered beyond comes again in the next batch. Between the two the exchange stands exactly at the last event dealt
with, so that orders and reads mean what they meant when they were decided. A batch ends at the first event that would
change an order and before the next action of the script; what follows from these leads the batch after it.
"""

from bisect import bisect_right
from collections import deque

from risk_manager.domain.events import Event, Quote, SessionEnded
from risk_manager.sdk.sessions.script import Action
from risk_manager.sdk.simulated.actors import act
from risk_manager.sdk.simulated.exchange import Exchange
from risk_manager.sdk.simulated.tape import Item, Reel

BATCH_EVENTS = 512


class Stage:
    """One exchange and one tape. `position` counts the items that have happened.

    notes: what scripted traders were refused. wants_disconnect: the script asked for the manager to be cut off.
    held: the action at which time stands until a manager signs in anew; `stops_at_holds` is for those who can wait.
    told: where given, collects everything in the order in which it happened, for those who only look on.
    """

    def __init__(
        self, exchange: Exchange, tape: Reel, *, batch_events: int = BATCH_EVENTS, told: list[Event] | None = None
    ) -> None:
        self.exchange = exchange
        self.position = 0
        self.is_over = False
        self.wants_disconnect = False
        self.held: Action | None = None
        self.stops_at_holds = False
        self.notes: deque[str] = deque(maxlen=100)
        self._told = told
        self._tape = tape
        self._batch_events = batch_events
        self._items: list[Item] = []
        self._actions: deque[int] = deque()  # where in the items the actions stand that are still to come
        self._at = 0
        self._outbox: list[Event] = []
        self._offered_own = 0
        self._offered_ahead: list[Event] = []

    def skip(self, items: int) -> None:
        """Go to a position reached in an earlier life: prices are taken, actions and fills are history already."""
        while self.position < items and self._refill():
            part = self._items[self._at : self._at + items - self.position]
            self.exchange.apply([item for item in part if not isinstance(item, Action)])
            self.is_over = any(isinstance(item, SessionEnded) for item in part)
            self._at += len(part)
            self.position += len(part)
            while self._actions and self._actions[0] < self._at:
                self._actions.popleft()

    def subscribe(self) -> None:
        """A manager begins to listen: events of the time before are gone, the last quotes come again."""
        self.collect()
        self._offered_own, self._offered_ahead = 0, []
        self.wants_disconnect = False
        now_ns = self.exchange.now_ns
        self._outbox = [
            Quote(now_ns, contract, book.bid_ticks, book.ask_ticks, book.last_ticks)
            for contract, book in self.exchange.books.items()
            if book.has_price
        ]
        if self.is_over:
            self._outbox.append(SessionEnded(now_ns))

    def let_in(self) -> None:
        """A manager signs in: what was to happen while nobody was there has happened, and time goes on."""
        held, self.held, self.wants_disconnect = self.held, None, False
        if held is None or held.for_ns is None:
            return
        until_ns = self.exchange.now_ns + held.for_ns
        while (next_ns := self.next_event_ns()) is not None and next_ns <= until_ns:
            self.processed(len(self.offer(until_ns)))
            self.held, self.wants_disconnect = None, False  # nobody is there to be cut off
        self.exchange.pass_time(until_ns)

    def collect(self) -> None:
        """Take over what the account told since the last time."""
        events = self.exchange.account.take_events()
        self._outbox += events
        if self._told is not None:
            self._told += events

    def next_event_ns(self) -> int | None:
        """When the next item of the tape happens; None where nothing is left, or time stands."""
        if self.held is not None or not self._refill():
            return None
        item = self._items[self._at]
        return item.at_ns or self.exchange.now_ns if isinstance(item, Action) else item.t_ns

    def offer(self, until_ns: int | None = None) -> list[Event]:
        """The next batch, events after `until_ns` held back; empty where there is nothing to tell yet.

        This is where time goes on: actions of the script that are due happen here, before the batch is made.
        """
        self.collect()
        while not self._outbox and self.held is None and self._act_if_due(until_ns):
            self.collect()
        self._offered_own = len(self._outbox)
        stands = self.wants_disconnect or self.held is not None
        self._offered_ahead = [] if stands else self._look_ahead(until_ns)
        return self._outbox + self._offered_ahead

    def processed(self, count: int) -> None:
        """The first `count` events of the last batch are dealt with: the exchange now stands there."""
        own = min(count, self._offered_own)
        del self._outbox[:own]
        ahead = self._offered_ahead[: max(0, count - self._offered_own)]
        self.exchange.apply(ahead)
        self._at += len(ahead)
        self.position += len(ahead)
        if self._told is not None:
            self._told += ahead
        self.is_over = self.is_over or any(type(event) is SessionEnded for event in ahead[-1:])
        self._offered_own, self._offered_ahead = 0, []

    def _refill(self) -> bool:
        if self._at >= len(self._items):
            self._items = self._tape.read()
            self._at = 0
            self._actions = deque(index for index, item in enumerate(self._items) if type(item) is Action)
        return bool(self._items)

    def _act_if_due(self, until_ns: int | None) -> bool:
        if not self._refill():
            return False
        action = self._items[self._at]
        if not isinstance(action, Action) or (until_ns is not None and (action.at_ns or 0) > until_ns):
            return False
        self._actions.popleft()
        self._at += 1
        self.position += 1
        self.exchange.pass_time(action.at_ns or 0)
        self.wants_disconnect = act(self.exchange, action, self.notes)
        if (action.verb == "hold" and self.stops_at_holds) or (self.wants_disconnect and action.for_ns):
            self.held = action
        return not self.wants_disconnect

    def _look_ahead(self, until_ns: int | None) -> list[Event]:
        if not self._refill():
            return []
        end = self._at + self._batch_events
        if self._actions and self._actions[0] < end:
            end = self._actions[0]
        events: list[Event] = self._items[self._at : end]  # type: ignore[assignment]  # it ends before the next action
        if until_ns is not None:
            events = events[: bisect_right(events, until_ns, key=lambda event: event.t_ns)]
        if self.exchange.has_working_orders:
            for index, event in enumerate(events):
                if self.exchange.concerns(event):
                    return events[: index + 1]
        return events
