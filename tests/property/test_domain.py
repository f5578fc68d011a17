"""What must hold for every sequence of events, not only for those somebody thought of."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.commands import ClosePosition, ReducePosition
from risk_manager.domain.decide import accept, decide
from risk_manager.domain.events import Event, IntentProgress, OrderReport, PositionReport, TimeAdvanced, TradeReport
from risk_manager.domain.intents import NEXT_STATUSES
from risk_manager.domain.positions import Fills, apply_fill, open_pnl_mils
from risk_manager.domain.state import AccountState, apply_all, revert_all
from risk_manager.rules.daily_realized_loss import Params as Loss
from risk_manager.rules.max_contracts_per_instrument import Params as Most

fills = st.lists(st.tuples(st.sampled_from([1, -1]), st.integers(1, 20), st.integers(-100, 40_000)), max_size=40)


@given(fills, st.integers(-100, 40_000), st.sampled_from([500, 12_500, 15_625]))
def test_realized_plus_open_is_the_cash_that_flowed(sequence, mark_ticks, tick_value_mils):
    """Independent model: money paid and received, plus what is held at the mark, in exact fractions."""
    state, cash, held = Fills(), Fraction(0), 0
    for side, size, price_ticks in sequence:
        state = apply_fill(state, side, size, price_ticks, tick_value_mils)
        cash -= Fraction(side * size * price_ticks * tick_value_mils)
        held += side * size
    assert state.net == held
    open_mils = open_pnl_mils(state.net, state.cost_mils, tick_value_mils, mark_ticks)
    assert state.realized_mils + open_mils == cash + Fraction(held * mark_ticks * tick_value_mils)


@given(fills)
def test_a_flat_run_of_fills_has_no_cost_left(sequence):
    state = Fills()
    for side, size, price_ticks in sequence:
        state = apply_fill(state, side, size, price_ticks, 12_500)
        assert state.net != 0 or state.cost_mils == 0


contracts = st.sampled_from([(ES_CONTRACT, "ES"), (MNQ_CONTRACT, "MNQ"), ("CON.F.US.XYZ.Z25", "XYZ")])


@st.composite
def events(draw) -> Event:
    t_ns = MORNING_NS + draw(st.integers(0, 3600)) * SECOND_NS
    match draw(st.integers(0, 4)):
        case 0:
            return TimeAdvanced(t_ns)
        case 1:
            contract, symbol = draw(contracts)
            cost = None if symbol == "XYZ" else draw(st.integers(-(10**9), 10**9))
            return PositionReport(t_ns, contract, symbol, draw(st.integers(-6, 6)), cost)
        case 2:
            pnl = draw(st.none() | st.integers(-400_000, 400_000))
            return TradeReport(t_ns, trade(draw(st.integers(1, 12)), pnl, t_ns=t_ns))
        case 3:
            status = draw(st.sampled_from(["working", "filled", "cancelled"]))
            number, version = draw(st.integers(1, 4)), draw(st.integers(1, 5))
            return OrderReport(t_ns, working(number, version=version, status=status, t_ns=t_ns))
        case _:
            status = draw(st.sampled_from(["sent", "acknowledged", "confirmed", "failed", "ambiguous"]))
            return IntentProgress(t_ns, "", status)


def account() -> Account:
    return Account(
        daily_realized_loss=Loss(limit_mils=-500_000),
        max_contracts_per_instrument=Most(default_limit=2, limits={"ES": 3}),
    )


def play(it: Account, sequence: list[Event]) -> list[Event]:
    """Take events; progress is told of the oldest intent that is under way. Returns what was really taken."""
    taken: list[Event] = []
    for event in sequence:
        if isinstance(event, IntentProgress):
            name = next(iter(it.state.intents), "")
            told: Event = IntentProgress(event.t_ns, name, event.status)
        else:
            told = event
        taken.append(told)
        it.take(told)
    return taken


def rows(state: AccountState) -> dict:
    return {(table, key): row for table, key, row in state.rows()}


@settings(max_examples=200)
@given(st.lists(events(), max_size=40))
def test_every_sequence_keeps_what_enforcement_promises(sequence):
    it = account()
    hard_since: dict[str, int | None] = {}
    for event in sequence:
        play(it, [event])
        decision = it.decisions[-1]
        targets = [intent.target for intent in it.state.intents.values()]
        assert len(targets) == len(set(targets)), "two intents under way for one target"
        for intent in decision.intents:
            command = intent.command
            if isinstance(command, ReducePosition):
                held = it.state.positions[command.contract].net
                assert 0 < command.size < abs(held), "a reduction closes part of what is held"
            if isinstance(command, ClosePosition):
                assert command.assumed_net == it.state.positions[command.contract].net
        for key, lockout in hard_since.items():
            if key not in it.state.lockouts:
                assert lockout is not None
                assert it.state.now_ns >= lockout, "a hard lockout ended before its end"
        hard_since = {key: each.until_ns for key, each in it.state.lockouts.items() if each.kind == "hard"}
        if it.state.hard_lockout and not decision.contradiction:
            for contract in it.state.positions:
                efforts = [each for key, each in it.state.efforts.items() if key.endswith(f"position:{contract}")]
                waiting = any(each.retry_ns > max(it.state.now_ns, event.t_ns) for each in efforts)
                assert f"position:{contract}" in targets or waiting, "exposure under a hard lockout that nobody closes"


@settings(max_examples=100)
@given(st.lists(events(), max_size=40))
def test_the_recorded_changes_alone_give_the_same_state(sequence):
    it = account()
    play(it, sequence)
    again = AccountState()
    for decision in it.decisions:
        apply_all(again, decision.changes)
    assert rows(again) == rows(it.state)


@settings(max_examples=100)
@given(st.lists(events(), max_size=30))
def test_taking_every_change_back_leaves_nothing(sequence):
    it = account()
    play(it, sequence)
    for decision in reversed(it.decisions):
        revert_all(it.state, decision.changes)
    assert rows(it.state) == {}


@settings(max_examples=100)
@given(st.lists(events(), max_size=30))
def test_the_same_events_give_the_same_decisions(sequence):
    it, again = account(), account()
    for event in play(it, sequence):
        again.take(event)
    assert again.decisions == it.decisions


@settings(max_examples=60)
@given(st.lists(events(), max_size=25), st.integers(0, 24))
def test_hearing_an_event_twice_is_hearing_it_once(sequence, index):
    it = account()
    play(it, sequence)
    if sequence and not isinstance(event := sequence[index % len(sequence)], IntentProgress):
        it.take(event)
        before = rows(it.state)
        repeated = decide(it.state, event, it.policy)
        accept(it.state, event, repeated)
        assert rows(it.state) == before


def test_an_intent_can_always_end_and_never_comes_back():
    for status, following in NEXT_STATUSES.items():
        assert status not in following
        if status not in {"confirmed", "failed"}:
            assert {"confirmed", "failed"} <= following
        else:
            assert not following
