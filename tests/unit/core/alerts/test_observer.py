"""The engine's side of paging: one word for each change, none for what changes nothing, and no harm to the engine."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.account import ES_CONTRACT, MORNING_NS, Account, trade, working
from tests.unit.core.alerts.pages import SECOND_NS, StandingClock

from risk_manager.checkpoints import Checkpoints
from risk_manager.core.alerts.observer import Observer
from risk_manager.core.alerts.page import Condition
from risk_manager.core.engine import Engine
from risk_manager.domain.decision import Decision
from risk_manager.domain.events import OperatorCommand, OrderReport, PositionReport, Quote, TradeReport
from risk_manager.notify import Notifier
from risk_manager.state.sqlite import SqliteStore

FREEZE = OperatorCommand(MORNING_NS, "freeze", "", "lunch")
HOLDS_ONE = PositionReport(MORNING_NS, ES_CONTRACT, "ES", 1, 26_500 * 12_500)


class Words:
    """Stands where the pager stands, and keeps the words."""

    def __init__(self) -> None:
        self.words: list[tuple[str, list[str]]] = []
        self.told: list[str] = []
        self.has_room = True

    def see(self, source: str, conditions: Mapping[str, Condition]) -> bool:
        if self.has_room:
            self.words.append((source, list(conditions)))
        return self.has_room

    def tell(self, condition: Condition) -> None:
        self.told.append(condition.id)


class Watched:
    """An account whose decisions an observer hears of, as the engine tells it."""

    def __init__(self) -> None:
        self.account, self.words, self.clock = Account(), Words(), StandingClock()
        self.loss: int | None = None
        self.looser: list[str] = []
        self.observer = Observer(
            pager=self.words,  # type: ignore[arg-type]  # it stands in for the two methods that are called
            state=self.account.state,
            clock=self.clock,
            lost=lambda: self.loss,
            lost_after_ns=lambda: 30 * SECOND_NS,
            held_back=lambda: self.looser,
        )

    def take(self, event: Any) -> Decision:
        decision = self.account.take(event)
        self.observer.heard(event, decision)
        return decision


def test_a_decision_that_changes_no_condition_leaves_no_word():
    it = Watched()
    it.take(HOLDS_ONE)
    it.take(FREEZE)
    it.take(TradeReport(MORNING_NS, trade(1)))
    it.take(OrderReport(MORNING_NS, working(7, side=-1)))
    it.take(Quote(MORNING_NS, ES_CONTRACT, 26_500, 26_501, 26_500))
    assert it.words.words == [("state", []), ("state", ["lockout:operator"])]


def test_what_found_no_room_is_said_again_by_the_next_look():
    it = Watched()
    it.words.has_room = False
    it.take(FREEZE)
    assert it.words.words == []
    it.words.has_room = True
    it.take(HOLDS_ONE)
    assert it.words.words == [("state", ["lockout:operator"])]


def test_what_was_committed_before_a_kill_is_said_by_the_first_look_of_the_next_life():
    it = Watched()
    it.account.take(FREEZE)  # decided in an earlier life, told by nobody
    it.observer.look()
    assert ("state", ["lockout:operator"]) in it.words.words


def test_a_connection_is_told_once_it_is_lost_for_too_long_and_again_when_it_is_back():
    it = Watched()
    it.observer.look()
    it.words.words.clear()
    it.loss = 0
    it.observer.look()
    it.clock.now_ns += 30 * SECOND_NS - 1
    it.observer.look()
    assert it.words.words == []
    it.clock.now_ns += 1
    for _ in range(3):
        it.observer.look()
        it.clock.now_ns += SECOND_NS
    it.loss = None
    it.observer.look()
    assert it.words.words == [("link", ["connection"]), ("link", [])]


def test_a_connection_that_came_back_in_between_is_counted_anew():
    it = Watched()
    it.loss = 0
    it.observer.look()
    it.clock.now_ns += 29 * SECOND_NS
    it.loss = 1  # it was back, and is lost again
    it.observer.look()
    it.clock.now_ns += 29 * SECOND_NS
    it.observer.look()
    assert ("link", ["connection"]) not in it.words.words


def test_a_configuration_that_is_held_back_is_told_until_it_is_applied():
    it = Watched()
    it.looser = ["rules.max_contracts: was 2, now it is 3"]
    it.observer.look()
    it.looser = []
    it.observer.look()
    assert [words for words in it.words.words if words[0] == "config"] == [("config", ["config"]), ("config", [])]


def test_a_look_that_fails_is_logged_and_ends_nothing(caplog):
    it = Watched()
    it.observer._held_back = lambda: 1 // 0  # type: ignore[assignment,return-value]  # a fault of its own
    for _ in range(8):
        it.observer.look()
    assert sum("could not be told" in record.getMessage() for record in caplog.records) == 5


@pytest.fixture
def engine(tmp_path):
    store, clock = SqliteStore.open(tmp_path / "journal.db"), StandingClock()
    account = Account()
    yield Engine(
        state=account.state,
        policy=account.policy,
        store=store,
        checkpoints=Checkpoints(Notifier(None), clock, "test"),
        clock=clock,
    )
    store.close()


def test_an_observer_that_raises_hurts_neither_the_decision_nor_the_next_one(engine, caplog):
    def breaks(_event: Any, _decision: Decision) -> None:
        raise RuntimeError("a pager with a fault of its own")

    engine.on_news = breaks
    for number in range(8):
        engine.process([OperatorCommand(MORNING_NS, "freeze" if number % 2 == 0 else "unfreeze", "operator", "x")])
    assert engine.counts.decisions == 8
    assert engine.last_ns == MORNING_NS, "it is durable"
    assert sum("could not be told" in record.getMessage() for record in caplog.records) == 5


def test_the_engine_tells_of_what_is_durable_only(engine):
    told: list[Any] = []
    engine.on_news = lambda event, _decision: told.append(event)
    engine.process([FREEZE, Quote(MORNING_NS, ES_CONTRACT, 26_500, 26_501, 26_500)])
    assert told == [FREEZE]
