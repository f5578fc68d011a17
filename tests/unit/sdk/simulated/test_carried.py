"""An account that goes on in the next session: from a ledger, and from what a manager knew of it."""

from pathlib import Path

import pytest
from tests.integration.exchange.kit import ES, MNQ, START_NS, quote, session, trade

from risk_manager.domain.commands import PlaceOrder
from risk_manager.domain.events import TradeReport
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.positions import Position
from risk_manager.domain.state import AccountFacts, CountedTrade
from risk_manager.errors import SessionFileInvalid, VenueRefused, VenueUnreachable
from risk_manager.sdk.simulated.carried import Carried, of_ledger, of_state
from risk_manager.sdk.simulated.floor import Floor, FloorPlan, open_floor
from risk_manager.sdk.simulated.ledger_view import read_ledger, view_of
from risk_manager.sdk.simulated.model import Fact

LINES = [quote(0.5, "6650.00", "6650.25"), *(trade(second, "6650.00", 5) for second in range(1, 20))]
SCRIPT = """
  - {at: "+2s", do: buy, contract: ES, size: 3}
  - {at: "+3s", do: sell, contract: ES, size: 1}
  - {at: "+4s", do: sell, contract: ES, size: 2, type: limit, limit: "6700.00", name: target}
"""


def play(opened: Floor, until: int = 10**9) -> None:
    while opened.stage.position < until and (batch := opened.stage.offer()):
        opened.stage.processed(len(batch))
        opened.commit()


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The ledger of a day that ends long 2, with an order in the book and 40 cents of loss."""
    opened = open_floor(FloorPlan(session=session(tmp_path, LINES, script=SCRIPT), data_dir=tmp_path / "1"))
    play(opened)
    opened.close()
    return tmp_path / "1"


def later(carried: Carried, **changes: object) -> Carried:
    """The same account, left before these sessions begin: all of them begin at one time."""
    import msgspec

    return msgspec.structs.replace(carried, t_ns=START_NS, **changes)


def test_the_account_of_a_ledger_goes_on_with_everything_it_had(tmp_path: Path, first: Path) -> None:
    (tmp_path / "b").mkdir()
    before = read_ledger(first)
    again = FloorPlan(
        session=session(tmp_path / "b", LINES, script="  []\n"), data_dir=tmp_path / "2", carry=later(of_ledger(first))
    )
    opened = open_floor(again)
    view = view_of(opened.exchange.account)
    assert (view.positions, view.working_orders, view.trades) == (
        before.positions,
        before.working_orders,
        before.trades,
    )
    assert (view.account, view.orders) == (before.account, before.orders)
    opened.stage.processed(len(opened.stage.offer()))
    assert opened.exchange.place(PlaceOrder(ES.id, -1, 1, "market"), "script", "script.target") == 4
    assert opened.exchange.account.trades[3].order_id == 4
    opened.commit()
    after = view_of(opened.exchange.account, events=opened.stage.position)
    opened.close()
    assert read_ledger(tmp_path / "2") == after
    back = open_floor(again)
    assert view_of(back.exchange.account, events=back.stage.position) == after
    back.close()


def test_a_session_that_begins_too_early_or_lists_too_little_is_refused(tmp_path: Path, first: Path) -> None:
    carried = of_ledger(first)
    same = session(tmp_path, LINES, script="  []\n", name="b")
    early = FloorPlan(session=same, data_dir=tmp_path / "2", carry=carried)
    with pytest.raises(SessionFileInvalid, match="before the account was left"):
        open_floor(early)
    other = session(tmp_path, [], name="c", contracts=(MNQ,))
    unlisted = FloorPlan(session=other, data_dir=tmp_path / "3", carry=later(carried, listings=None))
    with pytest.raises(SessionFileInvalid, match="which the session does not list"):
        open_floor(unlisted)
    beside = open_floor(FloorPlan(session=other, data_dir=tmp_path / "4", carry=later(carried)))
    assert [position.net for position in beside.exchange.account.positions()] == [2], "the ledger knows its contracts"
    beside.close()
    with pytest.raises(VenueUnreachable):
        of_ledger(tmp_path / "nothing")


def test_what_a_manager_knew_gives_the_same_account_to_the_mil(tmp_path: Path) -> None:
    """Three contracts of which the cost is known and the lots are not: 26600, 26600 and 26601 ticks."""
    cost_mils = (26600 * 2 + 26601) * 12_500
    rows = [
        Position(ES.id, "ES", -3, -cost_mils, 12_500, START_NS, START_NS),
        Order(7, ES.id, "ES", -1, 5, "limit", "partially_filled", 3, START_NS, 4, limit_ticks=26601, tag="rm-x"),
        CountedTrade(Trade(11, 7, ES.id, "ES", -1, 3, 26601, None, 4200, START_NS), "d"),
        CountedTrade(Trade(12, 8, MNQ.id, "MNQ", 1, 1, 98_000, 500, 0, START_NS), "d"),
        CountedTrade(Trade(13, 9, ES.id, "ES", 1, 9, 1, None, 0, START_NS, voided=True), "d"),
        AccountFacts(True, 49_000_000, START_NS),
    ]
    plan = FloorPlan(
        session=session(tmp_path, LINES, script="  []\n"),
        data_dir=tmp_path / "d",
        carry=of_state("A", START_NS, rows),
        account="B",
    )
    opened = open_floor(plan)
    account = opened.exchange.account
    (position,) = account.positions()
    assert (position.net, position.cost_mils, account.name, account.balance_mils) == (-3, -cost_mils, "B", 49_000_000)
    (order,) = account.working_orders()
    assert order == rows[1]
    assert account.orders[7].filled_cost == 3 * 26601
    assert [trade.trade_id for trade in account.trades_since(0)] == [11, 12, 13]
    with pytest.raises(VenueRefused, match="before this exchange"):
        account.void_trade(12)

    opened.stage.processed(len(opened.stage.offer()))
    assert opened.exchange.place(PlaceOrder(ES.id, 1, 1, "market"), "manual") == 10, "9 was used by a trade's order"
    sold_at, bought_at = 26600, 26601
    assert account.trades[14].pnl_mils == (sold_at - bought_at) * 12_500, "13 was used, although it was taken back"
    account.void_trade(14)
    (position,) = account.positions()
    assert (position.net, position.cost_mils) == (-3, -cost_mils), "taken back to what was carried here, not to nothing"
    opened.close()


def test_a_position_whose_cost_nobody_knew_is_not_carried() -> None:
    with pytest.raises(SessionFileInvalid, match="cost"):
        of_state("A", 0, [Position(ES.id, "ES", 1, None, 12_500, 0, 0)])


class TestHold:
    def plan(self, tmp_path: Path, script: str, *holds: str) -> Floor:
        opened = open_floor(FloorPlan(session=session(tmp_path, LINES, script=script), holds=holds))
        opened.stage.stops_at_holds = True
        opened.stage.subscribe()
        return opened

    def test_time_stands_until_a_manager_signs_in_and_then_the_gap_has_passed(self, tmp_path: Path) -> None:
        opened = self.plan(tmp_path, '  - {at: "+7s", do: buy, contract: ES, size: 1}\n', "+5s/4s", "event:15")
        play(opened)
        start_s = START_NS // 10**9
        assert opened.exchange.now_ns // 10**9 - start_s == 5
        assert opened.stage.next_event_ns() is None
        assert opened.stage.held is not None
        assert opened.stage.held.name == "+5s/4s"
        assert not opened.exchange.account.trades
        opened.stage.let_in()
        assert opened.exchange.now_ns // 10**9 - start_s == 9
        assert len(opened.exchange.account.trades) == 1, "traded in the gap"
        opened.stage.subscribe()
        assert not any(isinstance(event, TradeReport) for event in opened.stage.offer()), "nobody is told of it"
        play(opened)
        assert opened.stage.held is not None
        assert not opened.stage.is_over
        opened.stage.let_in()
        opened.stage.subscribe()
        play(opened)
        assert opened.stage.is_over

    def test_a_hold_and_a_gap_can_stand_in_the_script(self, tmp_path: Path) -> None:
        opened = self.plan(tmp_path, '  - {at: "+3s", do: hold}\n  - {at: "+6s", do: disconnect, for: 2s}\n')
        play(opened)
        assert opened.stage.held is not None
        opened.stage.let_in()
        play(opened)
        assert opened.stage.wants_disconnect
        opened.stage.let_in()
        assert (opened.exchange.now_ns - START_NS) // 10**9 == 8

    def test_where_nobody_can_wait_a_hold_is_nothing(self, tmp_path: Path) -> None:
        opened = self.plan(tmp_path, '  - {at: "+3s", do: hold}\n')
        opened.stage.stops_at_holds = False
        play(opened)
        assert opened.stage.is_over

    @pytest.mark.parametrize("text", ["", "60s", "+60", "+1s/x", "event:x", "event:-1", "+1s/"])
    def test_what_is_no_moment_is_refused(self, tmp_path: Path, text: str) -> None:
        if text == "+1s/":
            self.plan(tmp_path, "  []\n", text)
            return
        with pytest.raises(SessionFileInvalid, match="hold-at"):
            self.plan(tmp_path, "  []\n", text)


def test_an_echoed_trade_is_told_and_not_booked(tmp_path: Path) -> None:
    opened = open_floor(FloorPlan(session=session(tmp_path, LINES, script='  - {at: "+3s", do: echo_trade}\n')))
    play(opened)
    assert any("no trade" in note for note in opened.stage.notes)
    opened.exchange.place(PlaceOrder(ES.id, 1, 1, "market"), "manual")
    opened.exchange.account.take_events()
    facts: list[Fact] = opened.exchange.account.take_facts()
    opened.exchange.account.echo_trade()
    (told,) = opened.exchange.account.take_events()
    assert isinstance(told, TradeReport)
    assert told.trade.trade_id not in opened.exchange.account.trades
    assert told.trade.size == 1
    assert opened.exchange.account.take_facts() == []
    assert facts
