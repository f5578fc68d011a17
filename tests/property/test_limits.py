"""What must hold of the limits on size and on open P&L for every account, not only for those somebody thought of."""

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.account import MORNING_NS, Account

from risk_manager.domain.events import MarketTrade, PositionReport
from risk_manager.domain.verdicts import Cap
from risk_manager.rules.max_contracts import Params, check

CONTRACTS = [f"CON.F.US.{product}.Z25" for product in ("EP", "MNQ", "XYZ", "ABC")]
SYMBOLS = dict(zip(CONTRACTS, ("ES", "MNQ", "XYZ", "ABC"), strict=True))
reports = st.lists(
    st.tuples(st.sampled_from(CONTRACTS), st.integers(-9, 9), st.integers(0, 3)), min_size=1, max_size=12
)


def report(contract: str, net: int, t_ns: int) -> PositionReport:
    return PositionReport(t_ns, contract, SYMBOLS[contract], net, None)


@given(reports, st.integers(1, 12), st.sampled_from(["net", "gross"]))
def test_reducing_ends_exactly_at_the_limit_and_never_turns_a_position_round(sequence, limit, count_type):
    """No demand stands: the caps of one answer alone bring the account to the limit, not one contract further."""
    it = Account()
    params = Params(limit=limit, count_type=count_type)
    for step, (contract, net, _) in enumerate(sequence):
        it.take(report(contract, net, MORNING_NS + step))
    held = {contract: position.net for contract, position in it.state.positions.items()}
    verdict = check(it.state, report(*sequence[-1][:2], MORNING_NS + len(sequence)), params)
    count = {"net": lambda: abs(sum(held.values())), "gross": lambda: sum(map(abs, held.values()))}[count_type]
    over = count() > limit
    assert (verdict.result == "breach") == over
    for cap in verdict.actions:
        assert isinstance(cap, Cap)
        before = held[cap.contract]
        assert 0 <= cap.max_size < abs(before)
        held[cap.contract] = cap.max_size if before > 0 else -cap.max_size
    if over:
        assert count() == limit


@example(
    [(CONTRACTS[0], -3, 0), (CONTRACTS[1], -1, 0), (CONTRACTS[2], 6, 0), (CONTRACTS[1], -3, 0), (CONTRACTS[0], 0, 0)],
    2,
    "net",
    "close",
)  # closing the long leaves too much short
@given(reports, st.integers(1, 12), st.sampled_from(["net", "gross"]), st.sampled_from(["reduce", "close"]))
def test_what_is_asked_for_is_asked_once_however_often_the_positions_are_heard(sequence, limit, count_type, on_breach):
    it = Account(max_contracts=Params(limit=limit, count_type=count_type, on_breach=on_breach))
    for step, (contract, net, _) in enumerate(sequence):
        it.take(report(contract, net, MORNING_NS + step))
    wanted = dict(it.state.demands)
    for contract, position in list(it.state.positions.items()):
        again = it.take(report(contract, position.net, MORNING_NS + 100))
        assert again.intents == ()
    assert it.state.demands == wanted


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("hold"), st.sampled_from(CONTRACTS), st.integers(-5, 5), st.none() | st.integers(-(10**6), 10**6)
        ),
        st.tuples(st.just("price"), st.sampled_from(CONTRACTS), st.integers(-50, 50), st.none()),
        st.tuples(st.just("ask"), st.just(""), st.just(0), st.none()),
    ),
    max_size=40,
)


@given(steps)
def test_the_open_profit_carried_along_is_the_one_added_up_anew(sequence):
    """Against an independent sum in fractions, asked for at any moment in between."""
    it = Account()
    for number, (what, contract, amount, cost) in enumerate(sequence):
        if what == "hold":
            it.take(PositionReport(MORNING_NS + number, contract, SYMBOLS[contract], amount, cost))
        elif what == "price":
            it.take(MarketTrade(MORNING_NS + number, contract, amount, 1))
        else:
            _compare(it)
    _compare(it)


def _compare(it: Account) -> None:
    state = it.state
    carried = state.open_pnl.settle()
    unknown = {each.symbol for each in state.positions.values() if None in {each.cost_mils, each.tick_value_mils}}
    total = sum(
        (
            Fraction(state.marks[contract]) * each.tick_value_mils * each.net - each.cost_mils
            for contract, each in state.positions.items()
            if contract in state.marks and each.symbol not in unknown
        ),
        Fraction(0),
    )
    assert carried.total_mils == total
    assert (carried.unknown in unknown) if unknown else not carried.unknown
