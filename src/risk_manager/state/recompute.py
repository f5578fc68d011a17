"""Recorded decisions are computed again at a restart, and must come out the same.

Within one version of the decider and one configuration a difference means that the journal, the program or the machine
cannot be trusted: refuse. Across versions a difference is what a fixed rule looks like: it is told, and the recorded
change stands.

What a decision reads besides the durable tables (clock, marks, when the venue last spoke) is journaled with it, so it
can be computed again whatever it depended on. Passed over are records written before that was so, and a price that
opened the breaker, which depends on all the prices of its window. Only the last `recovery.RECENT_ROWS` rows are
computed again, because a restart must cost what its tail costs.
"""

from collections.abc import Callable

import msgspec

from risk_manager.domain.decision import Decision
from risk_manager.domain.events import Event, MarketTrade, Quote
from risk_manager.domain.lockouts import BREAKER
from risk_manager.domain.state import AccountState, Change, apply_all
from risk_manager.errors import StateCorrupt
from risk_manager.state.codec import Beside, DecisionRecord, record_of, subject_of
from risk_manager.state.recovery import Decided, Recovered

Decide = Callable[[AccountState, Event], Decision]


class Comparison(msgspec.Struct):
    """compared: decisions of the same version and configuration, all equal. across: of others; different: of these."""

    compared: int = 0
    across: int = 0
    different: int = 0
    first_different_seq: int = 0


def check_decisions(recovered: Recovered, decide: Decide, *, config_hash: str, decider_version: int) -> Comparison:
    """Compute the last decisions again, in order.

    Raises StateCorrupt where one of this version and configuration comes out differently.
    """
    result = Comparison()
    state = AccountState()
    for table, key, row in recovered.before_recent:
        state.apply(Change(table, key, None, row))
    for decided in recovered.recent:
        again = _again(state, decided.record, decide)
        apply_all(state, decided.record.changes)
        if again is None:
            continue
        is_ours = (decided.config_hash, decided.decider_version) == (config_hash, decider_version)
        if is_ours:
            result.compared += 1
        else:
            result.across += 1
        if again == decided.record:
            continue
        if is_ours:
            raise _mismatch(decided, again)
        result.different += 1
        result.first_different_seq = result.first_different_seq or decided.seq
    return result


def _again(state: AccountState, record: DecisionRecord, decide: Decide) -> DecisionRecord | None:
    if record.beside is None or _leapt(record):
        return None
    _stand_beside(state, record.beside, record.event)
    return record_of(record.event, decide(state, record.event), record.beside)


def _leapt(record: DecisionRecord) -> bool:
    is_price = isinstance(record.event, MarketTrade | Quote)
    return is_price and any(change.key.startswith(f"{BREAKER}@") for change in record.changes)


def _stand_beside(state: AccountState, beside: Beside, event: Event) -> None:
    state.now_ns = beside.now_ns
    state.marks.clear()
    state.marks.update(beside.marks)
    state.open_pnl.forget()
    state.unsettled = set(beside.unsettled)
    state.reported_ns.clear()
    if beside.reported_ns is not None:
        state.reported_ns[subject_of(event)] = beside.reported_ns


def _mismatch(decided: Decided, again: DecisionRecord) -> StateCorrupt:
    recorded = decided.record
    fields = [name for name in recorded.__struct_fields__ if getattr(recorded, name) != getattr(again, name)]
    message = (
        f"journal row {decided.seq} ({type(recorded.event).__name__}): the same version and configuration decide "
        f"differently now: {', '.join(fields)}"
    )
    hint = (
        "the program was changed without a new DECIDER_VERSION, or the machine cannot be trusted; start the version "
        "that wrote the journal"
    )
    return StateCorrupt(message, hint=hint)
