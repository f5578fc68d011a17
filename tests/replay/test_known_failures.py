"""What went wrong in systems like this one, and must not here: one regression test or more for each row.

The rows are those of known failures that concern rules, lockouts, P&L and identity. Each claim is made at the level of
the venue: what it was asked to do, and what the account looks like afterwards. A row is kept by the tests named beside
it; those without a path are in this file.

    1   a trade counts once, whichever rules are on
            test_row_1_two_rules_on_profit_and_loss_count_a_trade_once
            tests/unit/domain/test_decide.py::test_a_trade_counts_once_however_often_it_is_reported
    2   a position opened during a hard lockout is flat again
            tests/integration/daemon/test_enforcement_story.py::test_a_position_opened_by_hand_during_a_lockout_is_flat_again
            tests/unit/domain/test_decide.py::test_a_position_opened_during_a_hard_lockout_is_closed
    3   every action has an executor; what is not confirmed is escalated
            test_row_3_every_command_is_carried_out_at_the_venue
            test_row_3_what_the_venue_does_not_confirm_is_told_as_failed
            test_row_3_every_action_of_a_rule_leads_to_something
            tests/unit/domain/test_decide.py::test_an_enforcement_that_keeps_failing_alarms_and_never_gives_up
    4   a short cooldown neither replaces nor ends a long lockout
            test_row_4_a_cooldown_that_is_over_leaves_the_hard_lockout
            tests/unit/domain/test_decide.py::test_a_short_lockout_neither_replaces_nor_ends_a_long_one
    5   one type of identifier; a number and a name of an account never mix
            test_row_5_a_lockout_is_found_again_under_the_account_it_was_made_for
            tests/integration/exchange/test_venue_contract.py::test_login_names_the_account_and_the_clock_and_another_name_is_refused
            tests/unit/config/test_broken_configs.py::test_a_broken_file_is_refused_in_these_words
    6   the daily reset fires once, in its zone, across daylight saving
            test_row_6_after_the_reset_the_trader_may_trade_and_not_a_second_before
            tests/property/test_calendars.py::test_a_year_has_one_reset_for_each_local_date
            tests/unit/rules/test_daily_realized_loss.py::test_the_lockout_ends_with_the_trading_day_and_the_new_day_starts_at_zero
    7   a short that falls wins
            test_row_7_short_mnq_from_26000_to_25990_is_plus_20
            tests/integration/exchange/test_venue_contract.py::test_a_short_that_falls_wins
    8   updates that follow each other fast are all taken
            test_row_8_three_sizes_in_one_moment_are_all_seen
    9   every product code comes back as its symbol
            test_row_9_the_product_code_of_each_equity_index_has_its_tick_value
            tests/unit/config/test_instruments.py::test_every_product_code_comes_back_as_its_symbol
    10  a key that nothing reads is an error
            test_row_10_hours_in_the_wrong_nesting_end_the_start_and_reach_no_venue
            tests/unit/config/test_broken_configs.py::test_a_broken_file_is_refused_in_these_words
    11  each enabled rule is loaded and evaluated
            test_every_rule_has_a_scenario_and_every_scenario_a_rule
            tests/integration/daemon/test_smoke_on_the_daemon.py::test_a_calm_session_passes_with_the_eighth_sealed
            tests/unit/rules/test_examples.py::test_a_rule_answers_as_its_example_says
    12  positions open at boot are adopted before the loop turns
            tests/integration/daemon/test_enforcement_story.py::test_killed_while_locked_out_it_comes_back_locked_and_closes_what_was_opened_meanwhile
    25  lockouts are scoped by account and by symbol
            test_row_25_a_lockout_of_one_account_leaves_another_alone
            tests/unit/domain/test_breaker.py::test_open_for_one_symbol_it_leaves_the_others_alone
    26  the same event again changes nothing
            test_row_26_trades_that_are_told_again_after_a_reconnect_count_once
            tests/property/test_domain.py::test_hearing_an_event_twice_is_hearing_it_once
    27  a missing price is never zero
            test_row_27_without_a_last_price_a_position_is_valued_at_the_middle_and_never_at_zero
            tests/unit/domain/test_decide.py::test_a_missing_field_of_a_quote_is_never_zero
            tests/integration/exchange/test_venue_contract.py::test_bad_lines_of_a_session_are_refused_and_the_session_goes_on
    28  a stop placed at the broker's own screen is seen, because the venue is asked
            test_row_28_a_stop_that_somebody_else_placed_protects_the_position_and_its_absence_does_not
            tests/unit/rules/test_no_stop_loss_grace.py::test_a_stop_that_the_venue_shows_when_it_is_asked_saves_the_position
"""

import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest
import yaml
from tests.conftest import PROJECT, RunProgram
from tests.integration.exchange import kit
from tests.replay import build, test_rules
from tests.replay.replaying import asked, end, replay
from tests.unit.account import ES_CONTRACT, MORNING_NS, Account, working

from risk_manager.checkpoints import Checkpoints
from risk_manager.clock import SystemClock
from risk_manager.domain.commands import (
    CancelOrder,
    ClosePosition,
    CloseUnprotected,
    Command,
    ModifyOrder,
    PlaceOrder,
    ReducePosition,
)
from risk_manager.domain.events import Event, IntentProgress, MarketStatus, OrderReport, PositionReport
from risk_manager.domain.intents import Intent, target_of
from risk_manager.domain.policy import BoundRule
from risk_manager.domain.verdicts import (
    Action,
    Cap,
    CloseUnlessProtected,
    Flatten,
    LockOut,
    Protect,
    Remember,
    Remove,
    Tell,
    ok,
)
from risk_manager.notify import Notifier
from risk_manager.sdk.enforcement import Deadlines, Enforcement
from risk_manager.sdk.venue import Venue

START = "2025-11-18T14:30:00Z"
RESET = '\nsessions: {}\ndaily_reset:\n  time: "17:00"\n  timezone: America/Chicago\n'
ROWS = (*range(1, 13), *range(25, 29))


def _kept_by() -> dict[int, list[str]]:
    """The table above: the row, and the tests that keep it."""
    rows: dict[int, list[str]] = {}
    row = 0
    for line in (__doc__ or "").splitlines():
        heading = re.match(r"    (\d+) +\S", line)
        test = re.match(r" {12}(?:(tests/\S+\.py)::)?(test_\w+)$", line)
        if heading:
            row = int(heading[1])
            rows[row] = []
        elif test:
            rows[row].append(f"{test[1] or 'tests/replay'}::{test[2]}")
    return rows


def test_every_row_is_kept_by_tests_that_exist() -> None:
    kept_by = _kept_by()
    assert tuple(kept_by) == ROWS
    assert all(kept_by.values())
    for place, _, name in (named.partition("::") for tests in kept_by.values() for named in tests):
        files = [PROJECT / place] if place.endswith(".py") else sorted((PROJECT / place).glob("test_*.py"))
        assert any(f"def {name}(" in file.read_text() for file in files), f"{place}::{name}"


def test_every_test_of_this_file_stands_in_the_table() -> None:
    named = {name.partition("::")[2] for names in _kept_by().values() for name in names}
    mine = {name for name in globals() if name.startswith("test_row_")}
    assert mine <= named
    assert hasattr(test_rules, "test_every_rule_has_a_scenario_and_every_scenario_a_rule")


def write(
    place: Path,
    *,
    rules: dict[str, Any],
    prices: Sequence[tuple[str, str, str]],
    actions: Sequence[dict[str, Any]],
    start: str = START,
    lasts: str = "+2m",
) -> Path:
    """A scenario's folder, made for one test."""
    folder = place / "scenario"
    folder.mkdir(parents=True)
    blocks = {"rules": {key: {"enabled": True, **given} for key, given in rules.items()}}
    (folder / "config.yaml").write_text(yaml.safe_dump(blocks) + RESET)
    (folder / build.PRICES).write_text(
        yaml.safe_dump({"start": start, "end": lasts, "prices": list(map(list, prices))})
    )
    script = {"schema": "rm.script/1", "actions": list(actions)}
    (folder / "session.script.yaml").write_text(yaml.safe_dump(script))
    build.build(folder, folder / build.SESSION)
    return folder


def do(verb: str, at: str, symbol: str = "ES", size: int = 1, **more: Any) -> dict[str, Any]:
    return {"do": verb, "at": at, "contract": symbol, "size": size, **more}


STILL = [("+0s", "ES", "6650.00"), ("+0s", "MNQ", "26000.00")]


def test_row_1_two_rules_on_profit_and_loss_count_a_trade_once(tmp_path: Path, run_program: RunProgram) -> None:
    """One ES bought at 6650.25 and sold at 6649.50 is -37.50: once, with four rules that count listening."""
    folder = write(
        tmp_path,
        rules={
            "daily_realized_loss": {"limit": -75},
            "daily_realized_profit": {"target": 75},
            "cooldown_after_loss": {"tiers": [{"loss": -75, "cooldown": "60s"}]},
            "trade_frequency_limit": {"per_minute": 3, "per_hour": 20, "per_session": 50},
        },
        prices=[*STILL, ("+15s", "ES", "6649.50")],
        actions=[do("buy", "+10s"), do("sell", "+20s")],
    )
    summary, decisions = replay(folder, tmp_path, run_program)
    assert summary["realized"] == "-37.50"
    assert summary["lockouts"] == [], "-75.00 would have been a breach of two of them"
    assert asked(decisions) == []


def test_row_4_a_cooldown_that_is_over_leaves_the_hard_lockout(tmp_path: Path, run_program: RunProgram) -> None:
    """-62.50 breaches the limit of -50, and is one trade too many; the cooldown of 10 s ends, the lockout does not."""
    folder = write(
        tmp_path,
        rules={
            "daily_realized_loss": {"limit": -50, "composite": False},
            "trade_frequency_limit": {
                "per_minute": 1,
                "per_hour": 20,
                "per_session": 50,
                "cooldown": {"per_minute": "10s"},
            },
        },
        prices=[*STILL, ("+15s", "ES", "6649.00")],
        actions=[do("buy", "+10s"), do("sell", "+20s"), do("buy", "+90s", "MNQ", 2)],
    )
    summary, decisions = replay(folder, tmp_path, run_program)
    assert end(summary, decisions)["lockouts"]["daily_realized_loss"] == {
        "kind": "hard",
        "until": "2025-11-18T23:00:00Z",
    }
    assert summary["flat"]
    assert [each["do"] for each in asked(decisions) if each["contract"] == "MNQ"] == ["cancel", "close"]


def test_row_5_a_lockout_is_found_again_under_the_account_it_was_made_for(
    tmp_path: Path, run_program: RunProgram
) -> None:
    """The second life is a new process with nothing but the state; it closes what is opened."""
    rules = {"daily_realized_loss": {"limit": -50, "composite": False}}
    losing = write(
        tmp_path / "first",
        rules=rules,
        prices=[*STILL, ("+15s", "ES", "6649.00")],
        actions=[do("buy", "+10s"), do("sell", "+20s")],
    )
    again = write(
        tmp_path / "second", rules=rules, prices=STILL, actions=[do("buy", "+10s")], start="2025-11-18T15:00:00Z"
    )
    first, _ = replay(losing, tmp_path, run_program)
    second, decisions = replay(again, tmp_path, run_program)
    assert [each["rule"] for each in first["lockouts"]] == ["daily_realized_loss"]
    assert second["lockouts"] == first["lockouts"]
    assert second["flat"]
    assert asked(decisions)[-1]["do"] == "close"


def test_row_6_after_the_reset_the_trader_may_trade_and_not_a_second_before(
    tmp_path: Path, run_program: RunProgram
) -> None:
    """The reset is at 17:00 in Chicago, 23:00 UTC: 60 s after the start. What is bought at +59s is closed."""
    folder = write(
        tmp_path,
        rules={"daily_realized_loss": {"limit": -50}},
        prices=[*STILL, ("+15s", "ES", "6649.00")],
        actions=[do("buy", "+10s"), do("sell", "+20s"), do("buy", "+59s"), do("buy", "+61s", "MNQ")],
        start="2025-11-18T22:59:00Z",
    )
    summary, decisions = replay(folder, tmp_path, run_program)
    told = end(summary, decisions)
    assert (told["positions"], told["lockouts"], told["realized"]) == ({"MNQ": 1}, {}, "0.00")
    assert summary["trading_day"] == "2025-11-19"
    assert asked(decisions)[-1] == {"do": "close", "contract": "ES", "size": 1, "rule": "daily_realized_loss"}


def test_row_7_short_mnq_from_26000_to_25990_is_plus_20(tmp_path: Path, run_program: RunProgram) -> None:
    """10 points are 40 ticks of 0.50: the target of 20 closes it. As a long it would stand at -20 and stay."""
    folder = write(
        tmp_path,
        rules={"max_unrealized_profit": {"target": 20}},
        prices=[*STILL, ("+20s", "MNQ", "25990.25"), ("+30s", "MNQ", "25990.00")],
        actions=[do("sell", "+10s", "MNQ")],
    )
    summary, decisions = replay(folder, tmp_path, run_program)
    assert asked(decisions) == [{"do": "close", "contract": "MNQ", "size": 1, "rule": "max_unrealized_profit"}]
    (breach,) = [verdict for each in decisions for verdict in each.get("verdicts", [])][:1]
    assert "open 20.00 >= target 20.00" in breach["verdict"]["arithmetic"]
    assert summary["realized"] == "19.50", "bought back one tick higher, at the ask"


def test_row_8_three_sizes_in_one_moment_are_all_seen(tmp_path: Path, run_program: RunProgram) -> None:
    """Sizes 2, 3, 4 at the same instant: the fourth contract is one too many, and is the only one that goes."""
    folder = write(
        tmp_path,
        rules={"max_contracts_per_instrument": {"default_limit": 3}},
        prices=STILL,
        actions=[do("buy", "+10s", size=2), do("buy", "+10s"), do("buy", "+10s")],
    )
    summary, decisions = replay(folder, tmp_path, run_program)
    heard = [each["event"]["net"] for each in decisions if each["event"]["is"] == "PositionReport"]
    assert [net for before, net in zip([0, *heard], heard, strict=False) if net != before] == [2, 3, 4, 3]
    assert asked(decisions) == [{"do": "reduce", "contract": "ES", "size": 1, "rule": "max_contracts_per_instrument"}]
    assert summary["positions"][0]["net"] == 3


@pytest.mark.parametrize(
    ("symbol", "bid", "one_tick"),
    [
        ("ES", "6650.00", "-12.50"),
        ("NQ", "24600.00", "-5.00"),
        ("MES", "6650.00", "-1.25"),
        ("MNQ", "24600.00", "-0.50"),
    ],
)
def test_row_9_the_product_code_of_each_equity_index_has_its_tick_value(
    symbol: str, bid: str, one_tick: str, tmp_path: Path, run_program: RunProgram
) -> None:
    """Bought at the ask, sold at the bid: one tick. The contract ids say EP and ENQ where traders say ES and NQ."""
    folder = write(
        tmp_path,
        rules={"symbol_blocks": {"symbols": [symbol]}},
        prices=[("+0s", symbol, bid)],
        actions=[do("buy", "+10s", symbol)],
    )
    summary, decisions = replay(folder, tmp_path, run_program)
    assert {each["contract"] for each in asked(decisions)} == {symbol}
    assert (summary["realized"], summary["flat"]) == (one_tick, True)


def test_row_10_hours_in_the_wrong_nesting_end_the_start_and_reach_no_venue(
    tmp_path: Path, run_program: RunProgram
) -> None:
    folder = write(tmp_path, rules={"max_contracts": {"limit": 5}}, prices=STILL, actions=[])
    text = (folder / "config.yaml").read_text()
    (folder / "config.yaml").write_text(text.replace("daily_reset:\n", "daily_reset:\n  session:\n    open: '08:30'\n"))
    for name in ("accounts.yaml", "instruments.yaml"):
        (folder / name).write_bytes((PROJECT / "config" / name).read_bytes())
    places = ["--data-dir", tmp_path / "data", "--log-dir", tmp_path / "logs", "--config", folder / "config.yaml"]
    ended = run_program([sys.executable, "-m", "risk_manager", "run", "--replay", folder / build.SESSION, *places])
    assert ended.code == 3
    assert "daily_reset.session" in ended.err
    assert "SDK connected" not in ended.err


def test_row_25_a_lockout_of_one_account_leaves_another_alone(tmp_path: Path, run_program: RunProgram) -> None:
    """Two accounts, one configuration, one data directory: the first is locked out, the second trades on."""
    (tmp_path / "config").mkdir()
    accounts = {
        "default_account": "FIRST",
        "accounts": {"FIRST": {"venue": "simulated"}, "SECOND": {"venue": "simulated"}},
    }
    (tmp_path / "config" / "accounts.yaml").write_text(yaml.safe_dump(accounts))
    rules = {"daily_realized_loss": {"limit": -50, "composite": False}}
    losing = write(
        tmp_path / "a",
        rules=rules,
        prices=[*STILL, ("+15s", "ES", "6649.00")],
        actions=[do("buy", "+10s"), do("sell", "+20s")],
    )
    buying = write(tmp_path / "b", rules=rules, prices=STILL, actions=[do("buy", "+10s")])
    first, _ = replay(losing, tmp_path, run_program, account=["--account", "FIRST"])
    second, decisions = replay(buying, tmp_path, run_program, account=["--account", "SECOND"])
    assert [each["rule"] for each in first["lockouts"]] == ["daily_realized_loss"]
    assert (second["lockouts"], asked(decisions)) == ([], [])
    assert [(each["symbol"], each["net"]) for each in second["positions"]] == [("ES", 1)]


def test_row_26_trades_that_are_told_again_after_a_reconnect_count_once(
    tmp_path: Path, run_program: RunProgram
) -> None:
    """-62.50 is told; the connection is cut twice, and each time history tells it again: -125 would lock."""
    folder = write(
        tmp_path,
        rules={"daily_realized_loss": {"limit": -100, "composite": False}},
        prices=[*STILL, ("+15s", "ES", "6649.00"), ("+40s", "ES", "6649.00"), ("+60s", "ES", "6649.00")],
        actions=[
            do("buy", "+10s"),
            do("sell", "+20s"),
            {"do": "disconnect", "at": "+30s"},
            {"do": "disconnect", "at": "+50s"},
        ],
    )
    summary, _ = replay(folder, tmp_path, run_program)
    log = next((tmp_path / "logs").glob("*.log")).read_text()
    assert log.count("connected again") == 2
    assert (summary["realized"], summary["lockouts"]) == ("-62.50", [])


def test_row_27_without_a_last_price_a_position_is_valued_at_the_middle_and_never_at_zero(
    tmp_path: Path, run_program: RunProgram
) -> None:
    """A session of quotes alone. At zero, long 1 ES would stand at -332,512.50 and be closed at once."""
    folder = write(
        tmp_path,
        rules={"daily_unrealized_loss": {"limit": -100}},
        prices=[("+0s", "ES", "6650.00"), ("+30s", "ES", "6648.25")],
        actions=[do("buy", "+10s")],
    )
    lines = [line for line in build.lines_of(folder) if getattr(line, "p", None) is None]
    build.build(folder, folder / build.SESSION, lines=lines)
    summary, decisions = replay(folder, tmp_path, run_program)
    breaches = [each["t_ns"] for each in (decision["event"] for decision in decisions if decision.get("verdicts"))]
    assert summary["market_trades"] == 0
    assert summary["quotes"] > 0
    assert min(breaches) == kit.at(30), "6648.25 is 2.00 x 50 below 6650.25; before it, nothing was claimed"
    assert asked(decisions) == [{"do": "close", "contract": "ES", "size": 1, "rule": "daily_unrealized_loss"}]


@pytest.mark.parametrize(("stops", "kept"), [(["6640.00"], {"ES": 2}), ([], {})], ids=["a stop", "no stop"])
def test_row_28_a_stop_that_somebody_else_placed_protects_the_position_and_its_absence_does_not(
    stops: list[str], kept: dict[str, int], tmp_path: Path, run_program: RunProgram
) -> None:
    folder = write(
        tmp_path,
        rules={"no_stop_loss_grace": {"grace": "30s"}},
        prices=[*STILL, ("+90s", "ES", "6650.00")],
        actions=[
            do("buy", "+10s", size=2),
            *(do("sell", "+20s", size=2, type="stop", stop=price) for price in stops),
        ],
    )
    summary, decisions = replay(folder, tmp_path, run_program)
    assert end(summary, decisions)["positions"] == kept
    assert len(end(summary, decisions)["working_orders"]) == len(stops)


# Row 3: the executor


def at_the_venue(command: Command, claim: Any, *, halted: bool = False) -> None:
    """Long 3 ES with a stop and a limit order in the book; the command is carried out; then `claim` is asked."""

    async def run(path: Path, data: Path) -> None:
        async with kit.opened("embedded", path, data) as venue:
            await venue.connect(kit.ACCOUNT)
            await venue.subscribe()
            await kit.play(venue, kit.at_price(26_600))
            await venue.place(PlaceOrder(kit.ES.id, 1, 3, "market"), "entry")
            await venue.place(PlaceOrder(kit.ES.id, -1, 1, "stop", stop_ticks=26_500), "stop")
            if halted:
                await kit.play(venue, lambda event: isinstance(event, MarketStatus) and event.status == "halted")
            told: list[Event] = []
            await carry_out(venue, command, told)
            await claim(venue, told)

    lines = [kit.trade(1, "6650"), kit.status(2, "halted"), kit.trade(3, "6650")]
    with TemporaryDirectory(prefix="rm-") as name:
        asyncio.run(run(kit.session(Path(name), lines), Path(name)))


async def carry_out(venue: Venue, command: Command, told: list[Event]) -> None:
    clock = SystemClock()
    enforcement = Enforcement(
        venue=venue,
        post=told.extend,
        now_ns=lambda: kit.START_NS,
        symbol_of=kit.INSTRUMENTS.symbol_of,
        checkpoints=Checkpoints(Notifier(None), clock, "test"),
        clock=clock,
        deadlines=Deadlines(call_s=0.3, confirm_s=0.3),
        one_at_a_time=True,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(enforcement.run())
        enforcement.submit([Intent("rm-test", command, "written", "rule", "why", target_of(command), 1, kit.START_NS)])
        await enforcement.wait_until_idle()
        running.cancel()


async def _holds(venue: Venue, net: int) -> bool:
    return [each.net for each in await venue.positions()] == ([net] if net else [])


CARRIED_OUT: dict[type, tuple[Command, Any]] = {
    ClosePosition: (ClosePosition(kit.ES.id, 3), lambda venue: _holds(venue, 0)),
    CloseUnprotected: (CloseUnprotected(kit.ES.id, 3), lambda venue: _holds(venue, 0)),  # its stop covers 1 of 3
    ReducePosition: (ReducePosition(kit.ES.id, 1, 3), lambda venue: _holds(venue, 2)),
    CancelOrder: (CancelOrder(2, kit.ES.id), lambda venue: _works(venue, [])),
    ModifyOrder: (ModifyOrder(2, kit.ES.id, stop_ticks=26_510), lambda venue: _works(venue, [26_510])),
    PlaceOrder: (
        PlaceOrder(kit.ES.id, -1, 3, "stop", stop_ticks=26_520),
        lambda venue: _works(venue, [26_500, 26_520]),
    ),
}


async def _works(venue: Venue, stops: list[int]) -> bool:
    return [order.stop_ticks for order in await venue.working_orders()] == stops


@pytest.mark.parametrize("kind", get_args(Command), ids=lambda kind: kind.__name__)
def test_row_3_every_command_is_carried_out_at_the_venue(kind: type) -> None:
    command, is_so = CARRIED_OUT[kind]

    async def claim(venue: Venue, told: list[Event]) -> None:
        assert await is_so(venue)
        assert [each.status for each in told if isinstance(each, IntentProgress)][-1] == "confirmed"

    at_the_venue(command, claim)


def test_row_3_what_the_venue_does_not_confirm_is_told_as_failed() -> None:
    """The market is halted, so the close is not accepted; the engine hears `failed` and decides the next attempt."""

    async def claim(venue: Venue, told: list[Event]) -> None:
        assert await _holds(venue, 3)
        assert [each.status for each in told if isinstance(each, IntentProgress)][-1] == "failed"

    at_the_venue(ClosePosition(kit.ES.id, 3), claim, halted=True)


ACTIONS: dict[type, Action] = {
    Cap: Cap(ES_CONTRACT, 1),
    Flatten: Flatten(),
    LockOut: LockOut("hard", "daily_reset", MORNING_NS + 10**12),
    Remove: Remove(7),
    CloseUnlessProtected: CloseUnlessProtected(ES_CONTRACT),
    Protect: Protect(ES_CONTRACT, 26_480, None),
    Remember: Remember("seen", 1),
    Tell: Tell("look here"),
}


@pytest.mark.parametrize("kind", get_args(Action), ids=lambda kind: kind.__name__)
def test_row_3_every_action_of_a_rule_leads_to_something(kind: type) -> None:
    """To an intent; to a memory for `Remember`; to an alert for `Tell`."""
    it = Account(extra_rules=[BoundRule("says", frozenset({PositionReport}), lambda _s, _e: ok(ACTIONS[kind]))])
    it.take(OrderReport(MORNING_NS, working(7)))
    decision = it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 3, 3 * 26_500 * 12_500))
    if kind is Tell:
        assert [alert.text for alert in decision.alerts] == ["look here"]
    elif kind is Remember:
        assert it.state.remembered("says", "seen") == 1
    else:
        assert decision.intents
