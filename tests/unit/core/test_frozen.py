"""Each invariant is broken in a running engine: what freezes, who hears of it, what stays possible, how it ends.

The breach goes through the engine's own path: decided, journaled, taken in, asserted. Where no honest event could break
an invariant, a fault is planted in the observer of one kind of event, as a wrong program would have it.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.account import ES_CONTRACT, MORNING_NS
from tests.unit.sdk.reconcile.kit import Manager, at, fill, held, order

from risk_manager.clock import SystemClock
from risk_manager.core import link
from risk_manager.core.operations import Operations
from risk_manager.core.operator import Answer, Request
from risk_manager.core.status_report import lines, report
from risk_manager.domain import observe
from risk_manager.domain.asserting import EXPOSURE_GRACE_NS
from risk_manager.domain.commands import ClosePosition
from risk_manager.domain.events import MarketStatus, OrderReport, PositionReport, TimeAdvanced, TradeReport
from risk_manager.domain.intents import Intent
from risk_manager.domain.invariants import BY_ID, CATALOGUE
from risk_manager.domain.state import TODAY, Draft, Lockout
from risk_manager.errors import VenueLost
from risk_manager.rules.daily_realized_loss import Params as MostLoss
from risk_manager.sdk.enforcement import Deadlines, Enforcement

Planted = Callable[[Draft], None]
HARD = Lockout("r", "hard", "daily_reset", at(0), at(5 * 3600), "why", "1 > 0")
INTENT = Intent("rm-1", ClosePosition(ES_CONTRACT, 2), "sent", "r", "why", "position:X", 1, MORNING_NS)


class Frozen:
    """A manager that holds two ES, its operator's door, and the faults that are planted in it."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.it = Manager(directory, held(2), daily_realized_loss=MostLoss(limit_mils=-900_000))
        self.it.venue.positions_ = [held(2)]
        self._monkeypatch = monkeypatch
        clock, engine = SystemClock(), self.it.engine
        self.enforcement = Enforcement(
            venue=self.it.venue,
            post=self.it.inbox.put_now,
            now_ns=lambda: engine.state.now_ns,
            symbol_of=self.it.policy.instruments.symbol_of,
            checkpoints=engine._checkpoints,
            clock=clock,
            deadlines=Deadlines(),
            one_at_a_time=True,
        )
        self.door = Operations(
            engine=engine,
            enforcement=self.enforcement,
            store=self.it.store,
            checkpoints=engine._checkpoints,
            clock=clock,
            governing=SimpleNamespace(),
            options=SimpleNamespace(),
            reconcile=self.it.link.reconcile,
            doubt=lambda: self.it.link.doubt,
            applied=lambda _config: None,
            pages=lambda: None,
        )

    def plant(self, change: Planted, *, kind: type = MarketStatus, instead: bool = True) -> None:
        """A wrong program: an event of this kind does something else, or something more."""
        proper = observe._OBSERVERS.get(kind)

        def faulty(draft: Draft, event: Any, policy: Any) -> None:
            if proper is not None and not instead:
                proper(draft, event, policy)
            change(draft)

        self._monkeypatch.setitem(observe._OBSERVERS, kind, faulty)

    def happen(self, change: Planted) -> None:
        """Let a planted change happen once."""
        self.plant(change)
        self.it.take(MarketStatus(self.it.state.now_ns, ES_CONTRACT, "open"))

    def mend(self) -> None:
        self._monkeypatch.undo()
        self._monkeypatch.setattr(link, "SECOND_LOOK_S", 0)

    def ask(self, verb: Any, target: str = "", reason: str = "") -> Answer:
        return asyncio.run(self.door.answer(Request(verb, target, reason)))

    def journaled(self) -> list[dict[str, Any]]:
        return [json.loads(row.payload) for row in self.it.store.read() if row.kind == "decision"]


def _fill_under_two_ids(frozen: Frozen) -> None:
    frozen.it.take(TradeReport(at(10), fill(7, 1)), TradeReport(at(10), fill(8, 1)), held(3, seconds=10))
    frozen.it.venue.positions_ = [held(3)]
    frozen.it.venue.trades = [fill(7, 1), fill(8, 1)]
    frozen.it.reconcile()


def _under_another_name(frozen: Frozen) -> None:
    row = frozen.it.state.positions[ES_CONTRACT]
    frozen.happen(lambda draft: draft.set("positions", "OTHER", row))


def _not_taken_in(frozen: Frozen) -> None:
    frozen.plant(lambda _draft: None, kind=PositionReport)
    frozen.it.take(held(5, seconds=10))


def _twice_in_the_day(frozen: Frozen) -> None:
    def again(draft: Draft) -> None:
        draft.set("days", TODAY, replace(draft.state.today, pnl_mils=draft.state.today.pnl_mils * 2))

    frozen.plant(again, kind=TradeReport, instead=False)
    frozen.it.take(TradeReport(at(10), fill(7, 1, pnl_mils=-40_000)), held(3, seconds=10))
    frozen.it.venue.trades, frozen.it.venue.positions_ = [fill(7, 1, pnl_mils=-40_000)], [held(3)]


def _day_as_it_should_be(frozen: Frozen) -> None:
    today = frozen.it.state.today
    frozen.happen(lambda draft: draft.set("days", TODAY, replace(today, pnl_mils=-40_000)))


def _one_id_two_contents(frozen: Frozen) -> None:
    frozen.it.take(TradeReport(at(10), fill(7, -1, pnl_mils=10)), held(1, seconds=10))
    frozen.it.venue.trades, frozen.it.venue.positions_ = [fill(7, -2, pnl_mils=10)], [held(1)]
    frozen.it.reconcile()


def _the_venues_history_is_mended(frozen: Frozen) -> None:
    frozen.it.venue.trades = [fill(7, -1, pnl_mils=10)]


def _locked_out_and_never_flat(frozen: Frozen) -> None:
    frozen.it.take(TradeReport(at(10), fill(7, -1, pnl_mils=-950_000)), held(1, seconds=10))
    frozen.it.venue.trades, frozen.it.venue.positions_ = [fill(7, -1, pnl_mils=-950_000)], [held(1)]
    frozen.it.take(TimeAdvanced(at(10)), TimeAdvanced(at(10) + EXPOSURE_GRACE_NS + 1))


def _flat_at_last(frozen: Frozen) -> None:
    frozen.it.venue.trades.append(fill(9, -1, seconds=3000))
    frozen.it.venue.positions_ = []


def _filled_more_than_its_size(frozen: Frozen) -> None:
    frozen.it.venue.working = [order(40, side=-1, size=1, filled=2)]
    frozen.it.take(OrderReport(at(10), order(40, side=-1, size=1, filled=2)))


def _the_order_ended(frozen: Frozen) -> None:
    frozen.it.venue.working = []
    frozen.it.venue.known = {40: order(40, side=-1, size=1, filled=1, status="filled", version=2)}


def _back_to_an_older_version(frozen: Frozen) -> None:
    frozen.it.venue.working = [order(40, side=-1, version=3)]
    frozen.it.take(OrderReport(at(10), order(40, side=-1, version=3)))
    frozen.happen(lambda draft: draft.set("orders", "40", order(40, side=-1, version=2)))


def _more_than_there_can_be(frozen: Frozen) -> None:
    frozen.it.take(OrderReport(at(10), order(40, size=100_001, side=-1)))
    frozen.it.venue.working = [order(40, size=100_001, side=-1)]


def _time_goes_back(frozen: Frozen) -> None:
    frozen.it.take(TimeAdvanced(at(60)))
    frozen.plant(lambda _draft: None, kind=TimeAdvanced)
    frozen.it.take(TimeAdvanced(at(30)))


def _an_intent_goes_back(frozen: Frozen) -> None:
    for status in ("written", "sent", "written"):
        row = replace(INTENT, status=status)
        frozen.happen(lambda draft, row=row: draft.set("intents", "rm-1", row))


def _a_hard_lockout_is_gone(frozen: Frozen) -> None:
    for row in (HARD, None):
        frozen.happen(lambda draft, row=row: draft.set("lockouts", "r", row))


def _an_order_nobody_knows(frozen: Frozen) -> None:
    frozen.it.take(OrderReport(at(10), order(40, side=-1)))
    frozen.it.reconcile()


@dataclass(frozen=True)
class Case:
    """breaks: how. symbol: what is frozen, empty for the account. stands: does the venue's answer still show it?

    mends: what must happen until it holds again, where something must.
    """

    invariant: str
    breaks: Callable[[Frozen], None]
    symbol: str = ""
    stands: bool = False
    mends: Callable[[Frozen], None] | None = None

    @property
    def target(self) -> str:
        return f"invariant:{self.invariant}" + (f"@{self.symbol}" if self.symbol else "")


CASES = [
    Case("INV-001", _fill_under_two_ids, "ES"),
    Case("INV-002", _under_another_name),
    Case("INV-003", _not_taken_in, "ES"),
    Case("INV-004", _twice_in_the_day, stands=True, mends=_day_as_it_should_be),
    Case("INV-005", _one_id_two_contents, stands=True, mends=_the_venues_history_is_mended),
    Case("INV-006", _locked_out_and_never_flat, stands=True, mends=_flat_at_last),
    Case("INV-007", _filled_more_than_its_size, "ES", stands=True, mends=_the_order_ended),
    Case("INV-008", _back_to_an_older_version, "ES"),
    Case("INV-009", _more_than_there_can_be, stands=True, mends=_the_order_ended),
    Case("INV-010", _time_goes_back),
    Case("INV-011", _an_intent_goes_back),
    Case("INV-012", _a_hard_lockout_is_gone),
    Case("INV-013", _an_order_nobody_knows, "ES"),
]


@pytest.fixture(params=CASES, ids=[case.invariant for case in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def frozen(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Frozen:
    monkeypatch.setattr(link, "SECOND_LOOK_S", 0)
    it = Frozen(tmp_path, monkeypatch)
    case.breaks(it)
    it.mend()
    return it


def test_every_invariant_of_the_catalogue_is_broken_here():
    assert [case.invariant for case in CASES] == [each.id for each in CATALOGUE]
    assert {bool(case.symbol) for case in CASES if BY_ID[case.invariant].scope == "account"} == {False}
    assert {bool(case.symbol) for case in CASES if BY_ID[case.invariant].scope == "symbol"} == {True}


def test_a_breach_freezes_its_scope_and_no_other_and_is_paged_with_its_numbers(case: Case, frozen: Frozen):
    assert frozen.it.frozen == {case.target.removeprefix("invariant:")}
    lockout = frozen.it.state.lockouts[case.target]
    assert (lockout.kind, lockout.end, lockout.symbol) == ("cooldown", "operator", case.symbol)
    (alert,) = [each for each in frozen.it.told if each.id == case.invariant]
    assert alert.severity == "critical"
    assert BY_ID[case.invariant].name in alert.text
    assert lockout.arithmetic
    assert lockout.arithmetic in alert.text


def test_a_breach_is_journaled_with_the_event_that_broke_it(case: Case, frozen: Frozen):
    rows = [row for row in frozen.journaled() if row["event"]["is"] == "InvariantBroken"]
    assert [row["event"]["invariant"] for row in rows] == [case.invariant]
    assert [alert["id"] for alert in rows[0]["alerts"]] == [case.invariant]


def test_a_freeze_survives_a_crash(case: Case, frozen: Frozen):
    frozen.it.die_and_come_back()
    assert case.target in frozen.it.state.lockouts


def test_what_reduces_risk_stays_possible(case: Case, frozen: Frozen):
    """A close of the position is under way, or is sent when the operator asks for it."""
    assert frozen.ask("flatten").done
    targets = {intent.target for intent in frozen.it.state.intents.values()}
    assert f"position:{ES_CONTRACT}" in targets


def test_a_position_that_grows_is_taken_back_to_what_was_held(case: Case, frozen: Frozen):
    net = frozen.it.nets["ES"]
    frozen.it.sent.clear()
    frozen.it.take(held(net + 3, seconds=5000))
    targets = {intent.target for intent in frozen.it.state.intents.values()}
    assert f"position:{ES_CONTRACT}" in targets


def test_unfreeze_is_refused_without_an_answer_of_the_venue(case: Case, frozen: Frozen):
    frozen.it.venue.refuses = {"positions": VenueLost("the stream broke")}
    answer = frozen.ask("unfreeze", case.target, "I looked")
    assert not answer.done
    assert "stays frozen: the venue has no complete answer: the stream broke" in answer.words
    assert case.target in frozen.it.state.lockouts


def test_unfreeze_is_refused_while_it_does_not_hold_and_accepted_with_a_reason_once_it_does(case: Case, frozen: Frozen):
    frozen.it.venue.seconds = 4000
    if case.stands:
        refused = frozen.ask("unfreeze", case.target, "I looked")
        assert not refused.done
        assert "stays frozen: " in refused.words
        assert any(character.isdigit() for character in refused.words.partition("stays frozen: ")[2])
        assert case.target in frozen.it.state.lockouts
    if case.mends is not None:
        case.mends(frozen)
        frozen.mend()
    silent = frozen.ask("unfreeze", case.target, "  ")
    assert (silent.done, "--reason" in silent.words) == (False, True)
    answer = frozen.ask("unfreeze", case.target, "the desk confirmed it")
    assert answer.done, answer.words
    assert case.target not in frozen.it.state.lockouts
    commands = [row["event"] for row in frozen.journaled() if row["event"]["is"] == "OperatorCommand"]
    assert [(each["verb"], each["target"], each["reason"]) for each in commands] == [
        ("unfreeze", case.target, "the desk confirmed it")
    ]
    frozen.it.venue.seconds = 4100
    frozen.it.reconcile()
    assert case.target not in frozen.it.state.lockouts, "it holds: nothing freezes it again"


def test_status_says_what_is_blocked_since_when_why_and_how_it_ends(case: Case, frozen: Frozen):
    status = report(frozen.it.state, account="SIM", pid=1, checkpoint=8, rules=(), config_hash="c")
    text = "\n".join(lines(status))
    assert BY_ID[case.invariant].name in text
    assert frozen.it.state.lockouts[case.target].arithmetic in text
    assert "BLOCKED       " + (f"symbol {case.symbol}: " if case.symbol else "the whole account: ") + "new exp" in text
    assert f"risk-manager unfreeze {case.target} --reason" in text
    assert f"first: {BY_ID[case.invariant].operator}" in text
