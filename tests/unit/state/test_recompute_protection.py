"""A decision that waited for a position is computed again as one that waited."""

from types import SimpleNamespace

import pytest
from tests.unit.account import MORNING_NS, Account, working
from tests.unit.domain.test_protection import order, protected, tag_of

from risk_manager.domain.decide import decide
from risk_manager.domain.events import OrderReport
from risk_manager.errors import StateCorrupt
from risk_manager.state.codec import Beside, beside_of, record_of
from risk_manager.state.recompute import check_decisions
from risk_manager.state.recovery import Decided


def journal_of(it: Account, events) -> list[Decided]:
    decided = []
    for number, event in enumerate(events, 1):
        beside = beside_of(it.state, event)
        decided.append(Decided(number, record_of(event, it.take(event), beside), "hash", 1))
    return decided


def test_what_was_in_doubt_is_journaled_with_the_decision_that_it_held_back():
    """The stop has filled, the position it closed is not heard yet, and an order of the trader appears in between."""
    it = protected()
    before = [(table, key, row) for table, key, row in it.state.rows()]
    filled = order(1, "stop", tag_of(it, 1), second=5, version=2, filled=2, status="filled")
    recent = journal_of(it, [filled, OrderReport(MORNING_NS, working(9))])
    recovered = SimpleNamespace(before_recent=before, recent=recent)

    def again(state, event):
        return decide(state, event, it.policy)

    assert check_decisions(recovered, again, config_hash="hash", decider_version=1).compared == 2

    record = recent[1].record
    forgotten = Beside(record.beside.now_ns, record.beside.marks, record.beside.reported_ns)
    recent[1] = Decided(2, record_of(record.event, SimpleNamespace(**_parts(record)), forgotten), "hash", 1)
    with pytest.raises(StateCorrupt, match="intents"):
        check_decisions(recovered, again, config_hash="hash", decider_version=1)


def _parts(record) -> dict:
    return {name: getattr(record, name) for name in ("changes", "verdicts", "intents", "alerts", "contradiction")}
