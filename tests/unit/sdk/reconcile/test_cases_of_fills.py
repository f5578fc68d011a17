"""Reconciliation, case by case: fills that were missed, made while nobody listened, told twice, or told otherwise."""

from pathlib import Path

from tests.unit.account import ES_CONTRACT
from tests.unit.sdk.reconcile.kit import Manager, at, fill, heard_of, held, order, words

from risk_manager.domain.commands import ClosePosition
from risk_manager.domain.events import OrderReport, TradeReport
from risk_manager.domain.tolerance import Tolerance
from risk_manager.rules.daily_realized_loss import Params as MostLoss


def test_missed_fill(tmp_path: Path, caplog):
    """Counted once, told as a ghost fill, and it explains the position: nothing is frozen."""
    it = Manager(tmp_path, held(2))
    it.venue.trades = [fill(7, -1, pnl_mils=12_500, fees_mils=1_400)]
    it.venue.positions_ = [held(1)]
    it.reconcile()
    assert it.nets == {"ES": 1}
    assert it.day == (12_500, 1_400, 1)
    assert not it.frozen
    assert words(caplog) == [
        "!ghost fill: trade 7: sold 1 ES at tick 26500, result 11.10: made while nobody told us, counted now",
        " position differs: ES: we have +2, the venue has +1; fills explain it",
    ]


def test_a_fill_that_is_only_on_its_way_is_counted_and_not_called_a_ghost(tmp_path: Path, caplog):
    """While the stream is up, what is younger than the protection window was not missed: it comes any moment."""
    it = Manager(tmp_path, held(2))
    it.venue.trades = [fill(7, 1, seconds=3595), fill(8, 1, seconds=3596)]
    it.venue.positions_ = [held(4)]
    it.take(*it.ask(gap=False))
    assert it.day[2] == 2
    assert [line.partition(":")[0] for line in words(caplog)] == ["!ghost fill", " position differs"]
    assert "trade 7" in words(caplog)[0]


def test_several_fills_some_missed(tmp_path: Path):
    fills = [fill(7, 1, seconds=5), fill(8, 1, seconds=6), fill(9, -3, seconds=7, pnl_mils=-30_000)]
    it = Manager(tmp_path, held(1), *heard_of(trades=[fills[1]], positions=[held(2, seconds=6)]))
    it.venue.trades = list(reversed(fills))
    it.venue.positions_ = []
    it.reconcile()
    assert it.nets == {}
    assert it.day == (-30_000, 0, 3)
    assert set(it.state.trades) == {"7", "8", "9"}
    assert it.venue.asked.count("positions") == 1, "flat is what the fills make: there is no doubt"
    assert not it.frozen


def test_fill_made_while_down(tmp_path: Path, caplog):
    """The ghost fill: applied once, the rules see it, and what they ask for is sent."""
    it = Manager(tmp_path, held(2), daily_realized_loss=MostLoss(limit_mils=-900_000))
    it.die_and_come_back()
    it.venue.trades = [fill(7, -1, pnl_mils=-950_000)]
    it.venue.positions_ = [held(1)]
    it.reconcile()
    assert it.day == (-950_000, 0, 1)
    assert "daily_realized_loss" in it.state.lockouts
    assert [intent.command for intent in it.sent] == [ClosePosition(ES_CONTRACT, 2)], "decided before the position came"
    assert any(line.startswith("!ghost fill: trade 7: sold 1 ES") for line in words(caplog))
    it.die_and_come_back()
    it.reconcile()
    assert it.day == (-950_000, 0, 1), "once, however often it is reported"


def test_fill_made_while_down_in_a_day_that_is_over(tmp_path: Path):
    """Down over the reset: fills since then are asked for too, and count in the day in which they were made."""
    it = Manager(tmp_path, held(2))
    it.die_and_come_back()
    it.venue.trades = [fill(7, -1, pnl_mils=-950_000, seconds=20)]
    it.venue.positions_ = [held(1)]
    it.reconcile(seconds=86_400)
    assert it.state.today.name == "2025-11-19"
    assert it.day == (0, 0, 0)
    assert it.state.trades["7"].day == "2025-11-18"
    assert it.nets == {"ES": 1}
    assert not it.frozen, "the fill explains the position"


def test_fill_price_differs(tmp_path: Path, caplog):
    """A small difference: the history is right, both values are told, nothing is frozen."""
    it = Manager(tmp_path, held(2), TradeReport(at(10), fill(7, -1, pnl_mils=12_500)), held(1, seconds=10))
    it.venue.trades = [fill(7, -1, pnl_mils=25_000, price_ticks=26_501)]
    it.venue.positions_ = [held(1)]
    it.reconcile()
    assert it.day == (25_000, 0, 1)
    assert not it.frozen
    (alert,) = it.told
    assert (alert.id, alert.severity) == ("REC-002", "warning")
    assert "was -1 at tick 26500, result 12.50; the venue's history has -1 at tick 26501, result 25.00" in alert.text
    ours, theirs = "sold 1 ES at tick 26500, result 12.50", "sold 1 ES at tick 26501, result 25.00"
    assert words(caplog) == [f"!fill differs: trade 7: we have {ours}, the venue has {theirs}"]


def test_fill_price_differs_by_more_than_the_threshold(tmp_path: Path):
    it = Manager(tmp_path, held(2), TradeReport(at(10), fill(7, -1, pnl_mils=12_500)), held(1, seconds=10))
    it.venue.trades = [fill(7, -1, pnl_mils=-12_501, price_ticks=26_499)]
    it.venue.positions_ = [held(1)]
    it.reconcile()
    assert it.day == (-12_501, 0, 1), "the venue is right about what happened"
    assert it.frozen == {"INV-005"}
    assert it.pages == ["REC-002", "INV-005"]
    assert "result 12.50, and is size 1, result -12.501: more than 25.00 apart" in it.told[1].text


def test_fill_price_differs_and_the_rules_see_what_it_came_to(tmp_path: Path):
    rule = MostLoss(limit_mils=-900_000)
    it = Manager(tmp_path, TradeReport(at(10), fill(7, -1, pnl_mils=-899_000)), daily_realized_loss=rule)
    it.venue.trades = [fill(7, -1, pnl_mils=-900_000)]
    it.reconcile()
    assert "daily_realized_loss" in it.state.lockouts


def test_a_fill_of_another_size_under_a_known_id_is_not_taken_and_freezes_the_account(tmp_path: Path):
    it = Manager(tmp_path, held(2), TradeReport(at(10), fill(7, -1, pnl_mils=12_500)), held(1, seconds=10))
    it.venue.trades = [fill(7, -2, pnl_mils=25_000)]
    it.venue.positions_ = [held(1)]
    it.reconcile()
    assert it.day == (12_500, 0, 1)
    assert it.frozen == {"INV-005"}
    assert "counted as" in it.told[-1].text


def test_a_fill_that_was_voided_meanwhile_is_taken_back_out(tmp_path: Path):
    it = Manager(tmp_path, held(2), TradeReport(at(10), fill(7, -1, pnl_mils=12_500)), held(1, seconds=10))
    it.venue.trades = [fill(7, -1, pnl_mils=12_500, voided=True)]
    it.venue.positions_ = [held(2)]
    it.reconcile()
    assert it.day == (0, 0, 0)
    assert it.nets == {"ES": 2}
    assert not it.frozen, "the fill and the position went back together"
    assert it.told == [], "taken back by the venue is no correction of ours"


def test_duplicate_report(tmp_path: Path):
    """Listed three times and told once more by the stream: one fill."""
    it = Manager(tmp_path, held(2))
    it.venue.trades = [fill(7, -1, pnl_mils=12_500)] * 3
    it.venue.positions_ = [held(1)]
    it.reconcile()
    it.take(TradeReport(at(10), fill(7, -1, pnl_mils=12_500)))  # and the stream tells it late
    assert it.day == (12_500, 0, 1)
    assert not it.frozen


def test_fill_report_before_order_report(tmp_path: Path):
    it = Manager(tmp_path, held(2))
    it.venue.trades = [fill(7, 1, order_id=40)]
    it.venue.positions_ = [held(3)]
    it.reconcile()
    assert it.day[2] == 1
    it.take(OrderReport(at(10), order(40, size=1, status="filled", filled=1, version=2, seconds=10)))
    assert it.day[2] == 1, "the order says nothing that the fill had not said"
    assert it.nets == {"ES": 3}
    assert not it.state.orders


def test_with_a_threshold_of_one_cent_any_correction_beyond_it_is_paged(tmp_path: Path):
    heard = TradeReport(at(10), fill(7, -1, pnl_mils=12_500))
    it = Manager(tmp_path, held(2), heard, held(1, seconds=10), tolerance=Tolerance(mils=10))
    it.venue.positions_ = [held(1)]
    it.venue.trades = [fill(7, -1, pnl_mils=12_510)]
    it.reconcile()
    assert not it.frozen
    it.venue.trades = [fill(7, -1, pnl_mils=12_521)]
    it.reconcile(7200)
    assert it.frozen == {"INV-005"}
