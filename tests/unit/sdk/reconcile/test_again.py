"""Reconciling again changes nothing, a crash in the middle neither, and no order of the fills counts one twice."""

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT
from tests.unit.sdk.reconcile.kit import SYMBOLS, Manager, at, fill, heard_of, held, order, words

from risk_manager.domain.events import Event, TimeAdvanced
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.tolerance import Tolerance
from risk_manager.rules.daily_realized_loss import Params as MostLoss

ASKED = 60
"""Seconds after the open at which the venue is asked; whatever was heard is older."""


def test_reconciliation_repeated(tmp_path: Path, caplog):
    """Everything differs: the first answer sets it right; the second leads to no row, no decision, no word."""
    it = Manager(tmp_path, held(2), *heard_of(orders=[order(40), order(41, size=3)], trades=[fill(6, 1, seconds=1)]))
    it.venue.trades = [fill(6, 1, seconds=1, price_ticks=26_501), fill(7, -1, pnl_mils=10), fill(8, 2)]
    it.venue.working = [order(40, version=2, size=2), order(42)]
    it.venue.positions_ = [held(9)]
    it.venue.can_trade = False
    it.reconcile(ASKED)
    assert it.frozen == {"INV-001@ES", "INV-013@ES"}
    before, rows = it.durable(), it.rows
    it.told.clear()
    it.sent.clear()
    caplog.clear()
    for _ in range(3):
        it.reconcile(ASKED)
    assert (it.durable(), it.rows) == (before, rows)
    assert (it.told, it.sent) == ([], [])
    assert words(caplog) == []


def test_a_poll_of_an_account_that_agrees_says_nothing_and_writes_nothing(tmp_path: Path, caplog):
    it = Manager(tmp_path, held(2), *heard_of(orders=[order(40)], trades=[fill(6, 1, seconds=1)]))
    it.venue.trades, it.venue.working, it.venue.positions_ = [fill(6, 1, seconds=1)], [order(40)], [held(2)]
    rows = it.rows
    for seconds in (20, 30, 40):
        it.reconcile(seconds)
    assert it.rows == rows
    assert words(caplog) == []


# For any local state and any answer of the venue


class World(NamedTuple):
    """heard: what the stream told. positions, working, known, trades: what the venue says."""

    heard: list[Event]
    positions: dict[str, int]
    working: list[Order]
    known: list[Order]
    trades: list[Trade]


contracts = st.sampled_from(list(SYMBOLS))
nets = st.integers(-4, 4)
sizes = nets.filter(bool)
fills = st.builds(
    lambda trade_id, net, second, contract, pnl, price, voided: fill(
        trade_id, net, seconds=second, contract=contract, pnl_mils=pnl, price_ticks=price, voided=voided
    ),
    st.integers(1, 6),
    sizes,
    st.integers(1, 50),
    contracts,
    st.sampled_from([None, -40_000, 12_500]),
    st.sampled_from([26_500, 26_501]),
    st.booleans(),
)
statuses = st.sampled_from(["pending", "working", "partially_filled", "filled", "cancelled", "rejected", "expired"])
orders = st.builds(
    lambda order_id, version, status, contract, second, size: order(
        order_id,
        version=version,
        status=status,
        contract=contract,
        symbol=SYMBOLS[contract],
        seconds=second,
        size=size,
        filled=size if status == "filled" else int(status == "partially_filled"),
    ),
    st.integers(1, 4),
    st.integers(1, 3),
    statuses,
    contracts,
    st.integers(1, 59),
    st.integers(2, 3),
)
reports = st.builds(
    lambda net, contract, second: held(net, contract=contract, seconds=second), nets, contracts, st.integers(1, 50)
)


@st.composite
def worlds(draw: Any) -> World:
    some_fills = draw(st.lists(fills, max_size=5))
    everything = heard_of(
        trades=some_fills,
        orders=draw(st.lists(orders, max_size=4)),
        positions=draw(st.lists(reports, max_size=4)),
    )
    told = draw(st.lists(fills, max_size=5, unique_by=lambda each: each.trade_id))
    shared = [each for each in some_fills if draw(st.booleans())]
    trades = list({each.trade_id: each for each in [*told, *shared]}.values())
    listed = draw(st.lists(orders, max_size=4, unique_by=lambda each: each.order_id))
    return World(
        draw(st.permutations(everything)),
        draw(st.dictionaries(contracts, sizes)),
        [each for each in listed if each.is_working],
        [each for each in listed if not each.is_working],
        trades,
    )


def manager(directory: str, world: World, **more: Any) -> Manager:
    rules = {"daily_realized_loss": MostLoss(limit_mils=-70_000), **more}
    it = Manager(Path(directory), *world.heard, **rules)
    it.venue.seconds = ASKED
    it.venue.positions_ = [held(net, contract=contract) for contract, net in world.positions.items()]
    it.venue.working, it.venue.trades = world.working, world.trades
    it.venue.known = {each.order_id: each for each in world.known}
    return it


@settings(max_examples=150)
@given(worlds(), st.integers(0, 3))
def test_reconciling_again_is_a_no_op_and_positions_are_the_venues(world: World, most: int):
    with tempfile.TemporaryDirectory(prefix="rm-") as directory:
        it = manager(directory, world, tolerance=Tolerance(contracts=most))
        it.reconcile()
        assert it.nets == {SYMBOLS[contract]: net for contract, net in world.positions.items()}
        before, rows = it.durable(), it.rows
        it.told.clear()
        it.sent.clear()
        it.reconcile()
        assert (it.durable(), it.rows, it.told, it.sent) == (before, rows, [], [])


@settings(max_examples=80)
@given(worlds(), st.data())
def test_a_crash_in_the_middle_of_it_leaves_no_trace(world: World, data: Any):
    """Some of its events are durable, the rest is lost with the process: the same account once it is done again."""
    with tempfile.TemporaryDirectory(prefix="rm-") as one, tempfile.TemporaryDirectory(prefix="rm-") as other:
        undisturbed, killed = manager(one, world), manager(other, world)
        undisturbed.reconcile()
        killed.take(TimeAdvanced(at(ASKED)))
        events = killed.ask()
        killed.take(*events[: data.draw(st.integers(0, len(events)), label="durable before the crash")])
        killed.die_and_come_back()
        killed.reconcile()
        assert killed.durable() == undisturbed.durable()


@settings(max_examples=80)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_in_which_fills_are_reported_does_not_matter(world: World, chance: Any):
    with tempfile.TemporaryDirectory(prefix="rm-") as one, tempfile.TemporaryDirectory(prefix="rm-") as other:
        sorted_, shuffled = manager(one, world), manager(other, world)
        chance.shuffle(shuffled.venue.trades)
        sorted_.reconcile()
        shuffled.reconcile()
        assert shuffled.durable() == sorted_.durable()


@settings(max_examples=80)
@given(worlds(), st.integers(1, 3))
def test_no_fill_is_counted_twice(world: World, times: int):
    """However often it is listed and asked for, the day is the sum over distinct fills, as the venue last told them."""
    with tempfile.TemporaryDirectory(prefix="rm-") as directory:
        it = manager(directory, world)
        it.venue.trades = world.trades * times
        for _ in range(times):
            it.reconcile()
        counted = [row.trade for row in it.state.trades.values()]
        assert len({trade.trade_id for trade in counted}) == len(counted)
        valid = [trade for trade in counted if not trade.voided]
        assert it.day == (sum(trade.pnl_mils or 0 for trade in valid), 0, len(valid))
        assert {trade.trade_id for trade in world.trades} <= {trade.trade_id for trade in counted}
        broken = {each.invariant for each in it.engine.asserting.sweep()}
        assert "INV-004" not in broken


@settings(max_examples=80)
@given(worlds())
def test_an_unexplained_position_is_frozen_as_soon_as_the_answer_is_final(world: World):
    """What the fills make is what the venue reports, or the symbol is frozen, or the answer lacks a fill we know."""
    with tempfile.TemporaryDirectory(prefix="rm-") as directory:
        it = manager(directory, world)
        final = {row.trade.trade_id for row in it.state.trades.values()} <= {each.trade_id for each in world.trades}
        it.reconcile()
        unequal = {each.symbol for each in it.engine.asserting.sweep() if each.invariant == "INV-001"}
        if final:
            assert {f"INV-001@{symbol}" for symbol in unequal} <= it.frozen
        it.reconcile(ASKED + 5)
        still = {each.symbol for each in it.engine.asserting.sweep() if each.invariant == "INV-001"}
        assert {f"INV-001@{symbol}" for symbol in still} <= it.frozen


def test_the_contracts_of_the_table_are_two(tmp_path: Path):
    """Two symbols differ at once: each is judged alone."""
    it = Manager(tmp_path, held(2), held(3, contract=MNQ_CONTRACT))
    it.venue.positions_ = [held(2), held(4, contract=MNQ_CONTRACT)]
    it.reconcile()
    assert it.frozen == {"INV-001@MNQ"}
    assert it.state.positions[ES_CONTRACT].net == 2
