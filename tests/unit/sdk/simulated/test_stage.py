"""Lockstep and the traders of the script, on the state machine itself."""

from pathlib import Path

import pytest
from tests.integration.exchange.kit import ES, at, quote, session, trade

from risk_manager.domain.commands import PlaceOrder
from risk_manager.domain.events import AccountReport, Event, MarketTrade, SessionEnded, TimeAdvanced, TradeReport
from risk_manager.errors import SessionFileInvalid, StateCorrupt, VenueRefused
from risk_manager.sdk.simulated.floor import Floor, FloorPlan, find_session, open_floor
from risk_manager.sdk.simulated.ledger import FILE_NAME
from risk_manager.sdk.simulated.ledger_view import read_ledger, view_of

LINES = [quote(0.5, "6650.00", "6650.25"), *(trade(second, "6650.00", 5) for second in range(1, 20))]


def floor(tmp_path: Path, script: str | None = None, *, lines: list = LINES, **plan: object) -> Floor:
    return open_floor(FloorPlan(session=session(tmp_path, lines, script=script), **plan))


def play(opened: Floor) -> list[Event]:
    seen: list[Event] = []
    while batch := opened.stage.offer():
        seen += batch
        opened.stage.processed(len(batch))
    return seen


def test_a_batch_ends_with_the_event_that_changes_an_order(tmp_path: Path) -> None:
    opened = floor(tmp_path, lines=[trade(1, "6650"), trade(1.1, "6649"), trade(1.2, "6648"), trade(1.3, "6647")])
    opened.stage.offer()
    opened.stage.processed(2)
    opened.exchange.place(PlaceOrder(ES.id, 1, 1, "limit", limit_ticks=26592), "manager")
    batch = opened.stage.offer()
    assert isinstance(batch[-1], MarketTrade)
    assert batch[-1].price_ticks == 26592
    opened.stage.processed(len(batch))
    assert any(isinstance(event, TradeReport) for event in opened.stage.offer())


def test_a_batch_ends_before_the_next_action(tmp_path: Path) -> None:
    opened = floor(tmp_path, '  - {at: "+3s", do: can_trade, value: false}\n')
    first = opened.stage.offer()
    assert first[-1] == TimeAdvanced(at(3))
    assert opened.exchange.account.can_trade
    opened.stage.processed(len(first))
    assert opened.exchange.account.can_trade
    assert isinstance(opened.stage.offer()[0], AccountReport)
    assert not opened.exchange.account.can_trade


def test_until_a_time_nothing_later_is_offered(tmp_path: Path) -> None:
    opened = floor(tmp_path, '  - {at: "+3s", do: can_trade, value: false}\n')
    batch = opened.stage.offer(until_ns=at(2.5))
    assert batch[-1].t_ns == at(2)
    opened.stage.processed(len(batch))
    assert opened.stage.offer(until_ns=at(2.9)) == []
    assert opened.stage.next_event_ns() == at(3)


def test_the_script_can_do_all_that_a_trader_does(tmp_path: Path) -> None:
    opened = floor(
        tmp_path,
        """
  - {at: "+2s", do: buy, contract: ES, size: 4}
  - {at: "+3s", do: close, contract: ES, size: 1}
  - {at: "+4s", do: sell, contract: ES, size: 1, type: limit, limit: "6700.00", name: hope}
  - {at: "+5s", do: modify, name: hope, limit: "6650.00", size: 2}
  - {at: "+6s", do: sell, contract: ES, size: 1, type: stop, stop: "6600", name: fear}
  - {at: "+7s", do: buy, contract: ES, size: 1, type: trailing_stop, trail_ticks: 8, name: late}
  - {at: "+8s", do: cancel, name: fear}
  - {at: "+9s", do: cancel, name: all}
  - {at: "+10s", do: void, trade: 3}
  - {at: "+11s", do: close, contract: ES}
""",
    )
    assert isinstance(play(opened)[-1], SessionEnded)
    view = view_of(opened.exchange.account)
    assert [(o.side, o.size, o.type, o.status) for o in view.orders] == [
        ("buy", 4, "market", "filled"),
        ("sell", 1, "market", "filled"),
        ("sell", 2, "limit", "filled"),
        ("sell", 1, "stop", "cancelled"),
        ("buy", 1, "trailing_stop", "cancelled"),
        ("sell", 3, "market", "filled"),
    ]
    assert [(t.size, t.voided) for t in view.trades] == [(4, False), (1, False), (2, True), (3, False)]
    assert view.flat
    assert list(opened.stage.notes) == []


def test_a_scripted_trader_who_is_refused_gets_a_note_and_the_session_goes_on(tmp_path: Path) -> None:
    opened = floor(
        tmp_path,
        """
  - {at: "+2s", do: close, contract: ES}
  - {at: "+3s", do: buy, contract: NOPE, size: 1}
  - {at: "+4s", do: buy, contract: ES, size: 1, type: limit, limit: "6650.10", name: dream}
  - {at: "+5s", do: cancel, name: dream}
  - {at: "+6s", do: void}
""",
    )
    assert isinstance(play(opened)[-1], SessionEnded)
    notes = list(opened.stage.notes)
    assert len(notes) == 5
    for note, words in zip(notes, ["position not found", "NOPE", "not on the tick", "dream", "not found"], strict=True):
        assert words in note
        assert note.startswith("script line")


def test_only_the_last_trade_of_a_contract_can_be_voided_and_only_once(tmp_path: Path) -> None:
    opened = floor(tmp_path)
    play(opened)
    account = opened.exchange.account
    opened.exchange.place(PlaceOrder(ES.id, 1, 1, "market"), "manual")
    opened.exchange.place(PlaceOrder(ES.id, 1, 1, "market"), "manual")
    with pytest.raises(VenueRefused, match="later trades"):
        account.void_trade(1)
    account.void_trade(2)
    with pytest.raises(VenueRefused, match="voided already"):
        account.void_trade(2)
    account.void_trade(1)
    assert account.positions() == []


def test_partial_fills_are_bounded_by_what_traded(tmp_path: Path) -> None:
    lines = [trade(1, "6650"), trade(2, "6649", 2), trade(3, "6649", 1), trade(4, "6648", 9)]
    opened = floor(tmp_path, lines=lines, partial_fills=True)
    opened.stage.offer()
    opened.stage.processed(2)
    opened.exchange.place(PlaceOrder(ES.id, 1, 5, "limit", limit_ticks=26596), "manager")
    statuses = [event.order.status for event in play(opened) if hasattr(event, "order")]
    assert statuses == ["working", "partially_filled", "partially_filled", "filled"]
    assert [(t.size, t.price_ticks) for t in opened.exchange.account.trades_since(0)] == [
        (2, 26596),
        (1, 26596),
        (2, 26596),
    ]


class TestFloor:
    """Putting it together, and bringing it back."""

    def test_a_floor_comes_back_from_its_ledger(self, tmp_path: Path) -> None:
        script = '  - {at: "+2s", do: buy, contract: ES, size: 2}\n  - {at: "+4s", do: void}\n'
        opened = floor(tmp_path, script, data_dir=tmp_path / "d")
        play(opened)
        opened.exchange.place(PlaceOrder(ES.id, -1, 1, "stop", stop_ticks=26000), "manager", "stop")
        opened.commit()
        before = view_of(opened.exchange.account, events=opened.stage.position)
        opened.close()
        assert read_ledger(tmp_path / "d") == before
        again = floor(tmp_path, script, data_dir=tmp_path / "d")
        assert view_of(again.exchange.account, events=again.stage.position) == before
        assert again.stage.is_over
        assert again.stage.offer() == []
        again.close()

    def test_the_account_keeps_its_name(self, tmp_path: Path) -> None:
        opened = floor(tmp_path, data_dir=tmp_path / "d", account="ONE")
        opened.close()
        with pytest.raises(VenueRefused, match="TWO"):
            floor(tmp_path, data_dir=tmp_path / "d", account="TWO")

    def test_fees_of_an_unlisted_symbol_are_a_fault(self, tmp_path: Path) -> None:
        path = session(tmp_path, LINES, script="  []\n")
        script = tmp_path / "made.script.yaml"
        script.write_text(script.read_text().replace("ES:", "ESS:"))
        with pytest.raises(SessionFileInvalid, match="ESS"):
            open_floor(FloorPlan(session=path))

    def test_a_session_is_found_by_name_or_file(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(project)
        by_name = find_session(Path("demo-calm"))
        assert by_name == Path("data/sessions/demo-calm.jsonl.gz")
        assert find_session(by_name) == by_name

    def test_a_ledger_with_a_hole_is_not_believed(self, tmp_path: Path) -> None:
        import apsw

        opened = floor(tmp_path, '  - {at: "+2s", do: buy, contract: ES, size: 2}\n', data_dir=tmp_path / "d")
        play(opened)
        opened.commit()
        opened.close()
        db = apsw.Connection(str(tmp_path / "d" / FILE_NAME))
        db.execute("DELETE FROM facts WHERE seq = 2")
        db.close()
        with pytest.raises(StateCorrupt, match="row 2 is missing"):
            read_ledger(tmp_path / "d")

    @pytest.mark.parametrize("data", [b"", b"not a database, but long enough to be taken for one" * 20])
    def test_a_file_that_is_no_ledger_is_not_believed(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / FILE_NAME).write_bytes(data)
        with pytest.raises(StateCorrupt):
            read_ledger(tmp_path)

    def test_damage_is_found_when_the_exchange_starts(self, tmp_path: Path) -> None:
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / FILE_NAME).write_bytes(b"rubbish" * 1000)
        with pytest.raises(StateCorrupt):
            floor(tmp_path, data_dir=tmp_path / "d")
