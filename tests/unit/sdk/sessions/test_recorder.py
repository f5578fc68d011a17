"""What was watched becomes lines and actions; nothing that was flushed is lost."""

from pathlib import Path

import msgspec
import pytest
from tests.integration.exchange.kit import ES, START_NS, at

from risk_manager.domain.events import (
    AccountReport,
    Event,
    MarketStatus,
    MarketTrade,
    OrderReport,
    Quote,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.orders import Order, Trade
from risk_manager.errors import DataDirUnusable, SessionFileInvalid
from risk_manager.sdk.sessions.lines import QuoteLine, StatusLine, TradeLine
from risk_manager.sdk.sessions.reader import Session
from risk_manager.sdk.sessions.recorder import Recorder
from risk_manager.sdk.sessions.script import Action, Script, load_script

LOCAL_NS = START_NS + 5
ORDER = Order(7, ES.id, "ES", 1, 2, "limit", "working", 0, at(1), 1, limit_ticks=26600)
TRADE = Trade(1, 7, ES.id, "ES", 1, 2, 26600, None, 2800, at(2))


def changed(order: Order, **changes: object) -> OrderReport:
    return OrderReport(at(3), msgspec.structs.replace(order, **changes))


def record(tmp_path: Path, events: list[Event]) -> tuple[Session, Script]:
    recorder = Recorder(tmp_path / "r.jsonl.gz", [ES], venue="test", start_ns=START_NS)
    for event in events:
        recorder.take([event], LOCAL_NS)
    recorder.finish()
    session = Session(tmp_path / "r.jsonl.gz")
    return session, load_script(tmp_path / "r.script.yaml", session.start_ns)


def short(action: Action) -> tuple[int | None, str]:
    return action.after_event, action.verb


def test_the_market_becomes_lines_with_both_times(tmp_path: Path) -> None:
    session, script = record(
        tmp_path,
        [
            MarketStatus(at(0), ES.id, "open"),
            TimeAdvanced(at(1)),
            MarketTrade(at(1), ES.id, 26601, 3),
            Quote(at(2), ES.id, 26600, None, 26601),
            Quote(at(3), ES.id, 26600, 26602, 26602),
        ],
    )
    assert [line for batch in session.batches() for line in batch] == [
        StatusLine(at(0), LOCAL_NS, ES.id, "open"),
        TradeLine(at(1), LOCAL_NS, ES.id, "6650.25", 3),
        QuoteLine(at(2), LOCAL_NS, ES.id, "6650", None),
        QuoteLine(at(3), LOCAL_NS, ES.id, "6650", "6650.5", "6650.5"),
    ]
    assert (session.header.end, session.header.source) == ("2025-11-18T14:30:03Z", "recorded")
    assert script == Script()


def test_the_account_becomes_actions_tied_to_the_market_events_before_them(tmp_path: Path) -> None:
    tick = MarketTrade(at(1), ES.id, 26601, 1)
    _, script = record(
        tmp_path,
        [
            AccountReport(at(0), True, 50_000_000),
            tick,
            OrderReport(at(1), ORDER),
            changed(ORDER, limit_ticks=26604, size=3, version=2),
            tick,
            changed(ORDER, limit_ticks=26604, size=3, version=3, status="partially_filled", filled=2),
            TradeReport(at(2), TRADE),
            AccountReport(at(2), True, 49_997_200),
            changed(ORDER, limit_ticks=26604, size=3, version=4, status="cancelled", filled=2),
            AccountReport(at(3), False, 49_997_200),
            tick,
            TradeReport(at(3), msgspec.structs.replace(TRADE, voided=True)),
            OrderReport(at(3), msgspec.structs.replace(ORDER, order_id=8, type="market", limit_ticks=None, side=-1)),
        ],
    )
    assert [short(action) for action in script.actions] == [
        (1, "buy"), (1, "modify"), (2, "cancel"), (2, "can_trade"), (3, "void"), (3, "sell"),
    ]  # fmt: skip
    buy, modify = script.actions[:2]
    assert (buy.type, buy.limit, buy.size, buy.name) == ("limit", "6650", 2, "order-7")
    assert (modify.limit, modify.size, modify.name) == ("6651", 3, "order-7")
    assert script.actions[3].value is False
    assert (script.balance_mils, script.fees_mils) == (50_000_000, {"ES": 1400})


def test_a_trailing_stop_that_moves_is_not_taken_for_a_change_by_hand(tmp_path: Path) -> None:
    order = msgspec.structs.replace(ORDER, type="trailing_stop", limit_ticks=None, stop_ticks=26590, trail_ticks=4)
    _, script = record(tmp_path, [OrderReport(at(1), order), changed(order, stop_ticks=26600, version=2)])
    (action,) = script.actions
    assert (action.type, action.trail_ticks, action.stop) == ("trailing_stop", 4, None)


def test_a_lost_connection_is_an_action_too(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.jsonl.gz", [ES], venue="test", start_ns=START_NS)
    recorder.connection_lost()
    recorder.finish()
    assert [a.verb for a in load_script(tmp_path / "r.script.yaml", START_NS).actions] == ["disconnect"]


def test_what_was_flushed_survives_a_recorder_that_never_finished(tmp_path: Path) -> None:
    out = tmp_path / "r.jsonl.gz"
    killed = Recorder(out, [ES], venue="test", start_ns=START_NS)
    killed.take([MarketTrade(at(1), ES.id, 26601, 1)], LOCAL_NS)
    killed.flush()
    killed._stream.close()
    part = tmp_path / "r.jsonl.gz.part"
    part.write_bytes(part.read_bytes() + b"torn")
    recorder = Recorder(out, [ES], venue="test", start_ns=START_NS)
    assert recorder.events == 1
    recorder.take([MarketTrade(at(2), ES.id, 26602, 1)], LOCAL_NS)
    recorder.finish()
    lines = [line for batch in Session(out).batches() for line in batch]
    assert [line.p for line in lines if isinstance(line, TradeLine)] == ["6650.25", "6650.5"]
    assert not part.exists()


def test_it_never_writes_over_a_recording_nor_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl.gz").write_bytes(b"precious")
    with pytest.raises(SessionFileInvalid, match="is there already"):
        Recorder(tmp_path / "r.jsonl.gz", [ES], venue="test", start_ns=START_NS)
    with pytest.raises(SessionFileInvalid, match="ends with"):
        Recorder(tmp_path / "r.json", [ES], venue="test", start_ns=START_NS)
    with pytest.raises(DataDirUnusable):
        Recorder(tmp_path / "r.jsonl.gz" / "below.jsonl.gz", [ES], venue="test", start_ns=START_NS)
