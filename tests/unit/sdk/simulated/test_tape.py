"""A session, its script and the passing of time as one sequence: what comes, and in which order."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.integration.exchange.kit import ES, MNQ, START_NS, at, quote, session, status, trade

from risk_manager.domain.events import InputRefused, MarketStatus, MarketTrade, Quote, SessionEnded, TimeAdvanced
from risk_manager.errors import SessionFileInvalid
from risk_manager.sdk.sessions.lines import DepthLine, Line
from risk_manager.sdk.sessions.reader import Session
from risk_manager.sdk.sessions.script import Action, Script, load_script
from risk_manager.sdk.simulated.tape import Item, Tape


def items(tmp_path: Path, lines: Sequence[Line], script: str | None = None, step_ns: int = 10**9) -> list[Item]:
    path = session(tmp_path, lines, script=script)
    read = Session(path)
    actions = Script() if script is None else load_script(tmp_path / "made.script.yaml", read.start_ns)
    tape = Tape(read, actions, step_ns=step_ns)
    came: list[Item] = []
    while more := tape.read():
        came += more
    return came


def words(came: Sequence[Item]) -> list[str]:
    """A short form: T5 is the time, $26600 a trade, the verb an action."""
    short = {TimeAdvanced: lambda i: f"T{(i.t_ns - START_NS) / 1e9:g}", MarketTrade: lambda i: f"${i.price_ticks}"}
    short |= {Action: lambda i: i.verb, SessionEnded: lambda _: "end"}
    return [short.get(type(item), lambda i: type(i).__name__)(item) for item in came]


def test_time_is_told_at_each_step_before_what_happens_there(tmp_path: Path) -> None:
    lines = [trade(0.4, "6650"), trade(1, "6651"), trade(3.5, "6652")]
    assert words(items(tmp_path, lines)) == ["$26600", "T1", "$26604", "T2", "T3", "$26608", "end"]


def test_a_long_halt_is_told_second_by_second(tmp_path: Path) -> None:
    came = items(tmp_path, [trade(1, "6650"), trade(3500, "6650")])
    assert [item.t_ns for item in came if isinstance(item, TimeAdvanced)] == [at(s) for s in range(1, 3501)]


def test_steps_may_be_shorter(tmp_path: Path) -> None:
    assert words(items(tmp_path, [trade(0.6, "6650")], step_ns=250_000_000)) == ["T0.25", "T0.5", "$26600", "end"]


def test_actions_happen_at_their_time_before_the_market_of_that_time_and_after_the_last_event(tmp_path: Path) -> None:
    script = """
  - {at: "+2s", do: can_trade, value: false}
  - {at: "+0s", do: disconnect}
  - {at: "+1.5s", do: void}
  - {at: "+5s", do: close, contract: ES}
"""
    came = words(items(tmp_path, [trade(1, "6650"), trade(2, "6651")], script))
    assert came == ["disconnect", "T1", "$26600", "void", "T2", "can_trade", "$26604", "T3", "T4", "T5", "close", "end"]


def test_actions_by_count_come_right_behind_their_event(tmp_path: Path) -> None:
    script = """
  - {at: {event: 2}, do: void}
  - {at: {event: 0}, do: disconnect}
  - {at: {event: 3}, do: close, contract: ES}
"""
    lines = [trade(0.1, "6650"), trade(0.2, "6651"), trade(0.3, "6652")]
    assert words(items(tmp_path, lines, script)) == ["disconnect", "$26600", "$26604", "void", "$26608", "close", "end"]


def test_an_action_behind_the_last_event_that_counts_is_a_fault_of_the_script(tmp_path: Path) -> None:
    with pytest.raises(SessionFileInvalid, match=r"line 5: event 9.*has only 1"):
        items(tmp_path, [trade(1, "6650")], "\n  - {at: {event: 9}, do: void}\n")


def test_sparse_quotes_are_merged_and_a_missing_side_is_not_zero(tmp_path: Path) -> None:
    lines = [
        quote(0.1, "6650", None),
        quote(0.2, None, "6650.50"),
        trade(0.3, "6650.25"),
        quote(0.4, "6650.25", None),
    ]
    quotes = [item for item in items(tmp_path, lines) if isinstance(item, Quote)]
    told = [(item.bid_ticks, item.ask_ticks, item.last_ticks) for item in quotes]
    assert told == [(26600, None, None), (26600, 26602, None), (26601, 26602, 26601)]


def test_a_side_that_is_crossed_by_a_newer_one_is_not_known_any_more(tmp_path: Path) -> None:
    lines = [quote(0.1, "6650", "6650.25"), quote(0.2, "6651", None), quote(0.3, None, "6649")]
    quotes = [item for item in items(tmp_path, lines) if isinstance(item, Quote)]
    assert [(item.bid_ticks, item.ask_ticks) for item in quotes[1:]] == [(26604, None), (None, 26596)]


def test_one_contract_may_lag_behind_another_but_not_behind_itself(tmp_path: Path) -> None:
    """Feeds of two contracts overtake each other by milliseconds; time in the stream still never goes back."""
    lines = [
        trade(0.5, "6650"),
        trade(0.4, "26000", contract=MNQ.id),
        trade(0.45, "26000", contract=MNQ.id),
        trade(0.3, "6650"),
    ]
    came = items(tmp_path, lines)
    assert [type(item) for item in came] == [MarketTrade, MarketTrade, MarketTrade, InputRefused, SessionEnded]
    assert [item.t_ns for item in came[:3]] == [at(0.5)] * 3
    assert "runs backward" in came[3].why


def test_a_far_future_line_moves_neither_the_market_nor_the_clock(tmp_path: Path) -> None:
    came = items(tmp_path, [trade(1, "6650"), trade(7200, "6651"), trade(2, "6652")])
    assert words(came) == ["T1", "$26600", "InputRefused", "T2", "$26608", "end"]


def test_depth_is_checked_and_left(tmp_path: Path) -> None:
    def depth(**changed: object) -> DepthLine:
        return DepthLine(**{"tv": at(1), "tl": at(1), "c": ES.id, "side": "bid", "p": "6650", "s": 3} | changed)

    came = items(tmp_path, [depth(), depth(side="up"), depth(p="6650.1"), depth(s=-1), depth(s=0)])
    assert words(came) == ["T1", "InputRefused", "InputRefused", "InputRefused", "end"]


def test_openings_and_halts_come_through(tmp_path: Path) -> None:
    came = items(tmp_path, [status(0, "halted"), status(0, "open", MNQ.id)])
    assert came[:2] == [MarketStatus(START_NS, ES.id, "halted"), MarketStatus(START_NS, MNQ.id, "open")]


def test_an_empty_session_only_ends(tmp_path: Path) -> None:
    assert words(items(tmp_path, [])) == ["end"]
