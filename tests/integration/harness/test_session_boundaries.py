"""From one session to the next: orders that fill half on each side of the reset, lockouts over a weekend and a holiday,
and the days on which the clocks are changed."""

import pytest
from tests.integration.harness.stage import RECORDED, Stage, locked, net, stands

from runtime.harness.moments import How
from runtime.harness.staging import Session

pytestmark = pytest.mark.timeout(180)  # a dozen boots, should the machine be busy

LOSS = {"daily_realized_loss": {"enabled": True, "limit": -500, "include_fees": True, "composite": False}}
GLOBEX = {
    "globex": {
        "timezone": "America/Chicago",
        "open": "17:00",
        "close": "16:00",
        "days": ["sun", "mon", "tue", "wed", "thu"],
        "holidays": "equity",
        "early_closes": "equity",
    }
}
OUTSIDE = {"session_block_outside": {"enabled": True, "session": "globex"}}
STILL = [("+0s", "ES", "6650.00")]


def lose(at: str = "+10s", until: str = "+70s") -> list[dict]:
    """One contract from 6650.25 to 6640.00: 41 ticks of 12.50 are 512.50, and the day is over."""
    return [
        {"do": "buy", "at": at, "contract": "ES", "size": 1},
        {"do": "sell", "at": until, "contract": "ES", "size": 1},
    ]


FALLING = [("+0s", "ES", "6650.00"), ("+60s", "ES", "6640.00")]


def test_an_order_that_fills_half_before_the_reset_and_half_after(stage: Stage, begin, restart, overnight, end):
    """Five are bid for: two fill on Tuesday, one while the daemon is down, two on Wednesday; each counts once, in its
    own trading day, and the five are sold at a profit of 20 ticks (5 x 250.00)."""
    stage.govern(LOSS)
    stage.env["RISK_PARTIAL_FILLS"] = "1"
    bid = {"do": "buy", "at": "+10s", "contract": "ES", "size": 5, "type": "limit", "limit": "6645.00", "name": "bid"}
    prices = [("+0s", "ES", "6650.00"), ("+20s", "ES", "6645.00"), ("+30s", "ES", "6645.00"), ("+40s", "ES", "6650.00")]
    begin(stage.day("2025-11-18T22:50:00Z", "+120s", prices, [bid], holds=["+60s"]))
    stage.until_held()
    before = stage.status()
    assert (net(before), before["working_orders"]) == ({"ES": 2}, 1)
    restart(How.KILL)
    stage.until_ended()
    stage.assert_agreement()

    again = [("+0s", "ES", "6650.00"), ("+20s", "ES", "6645.00"), ("+40s", "ES", "6645.00"), ("+50s", "ES", "6645.00")]
    sell = {"do": "close", "at": "+90s", "contract": "ES"}
    prices = [*again, ("+80s", "ES", "6650.00")]
    assert overnight(stage.day("2025-11-19T15:00:00Z", "+120s", prices, [sell], holds=["+10s/20s", "+60s"])) == 0
    stage.until_held()
    before = stage.status()
    assert (net(before), before["trading_day"], before["trades"]) == ({"ES": 2}, "2025-11-19", 0)
    restart(How.KILL)
    stage.until_held()
    after = stage.status()
    assert (net(after), after["working_orders"]) == ({"ES": 5}, 0)
    stage.assert_agreement()
    restart(How.TERM)
    stage.until_ended()
    status = stage.status()
    assert (net(status), status["realized"], status["trades"]) == ({}, "1250.00", 4)
    order = stage.ledger()["orders"][0]
    assert (order["status"], order["fill_volume"], order["filled_price"]) == ("filled", 5, "6645")
    stage.assert_agreement()
    assert end() == 0


def test_what_is_restored_is_reconciled_with_what_happened_while_nobody_listened(stage: Stage, begin, overnight, end):
    """A warm start against state from before: overnight a stop is placed by hand and fills in the gap; the position is
    gone, the loss is counted in the new day, and yesterday's figures are yesterday's."""
    stage.govern(LOSS)
    buy = {"do": "buy", "at": "+10s", "contract": "ES", "size": 2}
    stop = {"do": "sell", "at": "+20s", "contract": "ES", "size": 1, "type": "stop", "stop": "6645.00", "name": "stop"}
    begin(stage.day("2025-11-18T20:00:00Z", "+60s", STILL, [buy, stop]))
    stage.until_ended()
    yesterday = stage.status()
    assert (net(yesterday), yesterday["working_orders"], yesterday["fees"]) == ({"ES": 2}, 1, "2.80")

    prices = [("+0s", "ES", "6650.00"), ("+30s", "ES", "6644.00"), ("+50s", "ES", "6646.00")]
    overnight(stage.day("2025-11-19T20:00:00Z", "+120s", prices, holds=["+10s/30s"]))
    stage.until_held()
    stage.halt(How.KILL)
    stage.resume()
    stage.until_ended()
    today = stage.status()
    assert (net(today), today["working_orders"], today["trades"]) == ({"ES": 1}, 0, 1)
    assert today["realized"] == "-312.50", "bought at 6650.25, stopped at 6644.00: 25 ticks of 12.50"
    assert "ghost fill" in stage.read_log()
    stage.assert_agreement()
    assert end() == 0


def test_a_lockout_over_the_weekend_holds_until_sunday_evening_and_not_a_second_less(stage: Stage, begin, overnight):
    """Friday 15:58 in Chicago: the session closes at 16:00 with a position open; it is closed and the account locked
    until Sunday 17:00. The daemon is restarted on Saturday; what is bought a second before the opening is closed, what
    is bought with it stays."""
    stage.govern(OUTSIDE, sessions=GLOBEX)
    opening = "2025-11-23T23:00:00Z"
    buy = {"do": "buy", "contract": "ES", "size": 1}
    begin(stage.day("2025-11-21T21:58:00Z", "+180s", STILL, [{"at": "+10s", **buy}]))
    stage.until_ended()
    assert stands(stage) == ({}, {"session_block_outside": opening})

    overnight(stage.day("2025-11-22T18:00:00Z", "+60s", STILL, [{"at": "+40s", **buy}], holds=["+30s"]))
    stage.until_held()
    stage.restart(How.KILL)
    stage.until_ended()
    assert stands(stage) == ({}, {"session_block_outside": opening})

    sunday = [{"at": "+59s", **buy}, {"at": "+61s", **buy}]
    overnight(stage.day("2025-11-23T22:59:00Z", "+120s", STILL, sunday, holds=["+59.5s", "+60s"]))
    stage.until_held()
    assert stands(stage) == ({}, {"session_block_outside": opening})
    stage.restart(How.TERM)
    stage.until_held()
    stage.restart(How.KILL)
    stage.until_ended()
    assert stands(stage) == ({"ES": 1}, {})
    manager = [order["t"] for order in stage.ledger()["orders"] if order["origin"] == "manager"]
    assert [t[:10] for t in manager] == ["2025-11-21", "2025-11-22", "2025-11-23"], (
        "one close a day, none after it opened"
    )
    assert manager[-1] < opening
    stage.assert_agreement()


def test_a_lockout_of_the_day_is_lifted_by_the_reset_although_the_daemon_was_dead_then(stage: Stage, begin, overnight):
    """Locked on Wednesday before Thanksgiving, killed, and started again only on the holiday's evening: the account may
    trade again, and P&L begins at nothing."""
    stage.govern(LOSS)
    begin(stage.day("2025-11-26T20:00:00Z", "+120s", FALLING, lose()))
    stage.until_ended()
    assert locked(stage.status()) == {"daily_realized_loss": "2025-11-26T23:00:00Z"}
    stage.halt(How.KILL)
    stage.resume()
    assert locked(stage.status()) == {"daily_realized_loss": "2025-11-26T23:00:00Z"}

    buy = {"do": "buy", "at": "+10s", "contract": "ES", "size": 1}
    overnight(stage.day("2025-11-27T23:30:00Z", "+60s", STILL, [buy]))
    stage.until_ended()
    status = stage.status()
    assert (net(status), locked(status)) == ({"ES": 1}, {})
    assert (status["trading_day"], status["realized"]) == ("2025-11-28", "0.00")
    stage.assert_agreement()


def test_a_holiday_closes_the_session_early_and_the_lockout_lasts_over_the_evening(stage: Stage, begin, overnight):
    """The day after Thanksgiving closes at 12:15 in Chicago (18:15 UTC): a position over that is closed and locked out,
    through a restart, until Sunday 17:00."""
    stage.govern(OUTSIDE, sessions=GLOBEX)
    buy = {"do": "buy", "contract": "ES", "size": 1}
    begin(stage.day("2025-11-28T18:13:00Z", "+180s", STILL, [{"at": "+10s", **buy}], holds=["+119.5s", "+150s"]))
    stage.until_held()
    assert stands(stage) == ({"ES": 1}, {}), "open to the last second"
    stage.restart(How.KILL)
    stage.until_held()
    assert stands(stage) == ({}, {"session_block_outside": "2025-11-30T23:00:00Z"})
    stage.restart(How.KILL)
    stage.until_ended()
    overnight(stage.day("2025-11-28T22:30:00Z", "+60s", STILL, [{"at": "+10s", **buy}]))
    stage.until_ended()
    assert stands(stage) == ({}, {"session_block_outside": "2025-11-30T23:00:00Z"})
    stage.assert_agreement()


@pytest.mark.parametrize(
    ("eve", "reset", "days"),
    [
        pytest.param(
            "2026-03-07T21:00:00Z", "2026-03-08T22:00:00Z", ("2026-03-08", "2026-03-09"), id="a day of 23 hours"
        ),
        pytest.param(
            "2025-11-01T20:00:00Z", "2025-11-02T23:00:00Z", ("2025-11-02", "2025-11-03"), id="a day of 25 hours"
        ),
    ],
)
def test_the_reset_comes_once_at_17_00_in_chicago(stage: Stage, eve: str, reset: str, days: tuple[str, str]):
    """On the eve the reset was an hour later, or earlier, in UTC. The daemon, killed a second before and started after,
    resets once: the loss of the day before counts until then and not afterwards."""
    stage.govern(LOSS)
    stage.begin(stage.day(eve, "+60s", STILL))
    stage.until_ended()
    before = reset.replace("T22:00", "T21:58").replace("T23:00", "T22:58")
    stage.overnight(stage.day(before, "+300s", FALLING, lose(), holds=["+119s", "+120s", "+180s"]))
    stage.until_held()
    status = stage.status()
    assert (status["trading_day"], status["day_ends"], status["realized"]) == (days[0], reset, "-512.50")
    assert locked(status) == {"daily_realized_loss": reset}
    stage.restart(How.KILL)
    stage.until_held()
    status = stage.status()
    assert (status["trading_day"], status["realized"], locked(status)) == (days[1], "0.00", {})
    assert status["day_starts"] == reset
    stage.restart(How.KILL)
    stage.until_held()
    stage.restart(How.TERM)
    stage.until_ended()
    began = [
        change["after"]["name"]
        for decision in stage.decisions()
        for change in decision.get("changes", ())
        if change["table"] == "days" and (change["before"] or {}).get("name") != change["after"]["name"]
    ]
    assert began[-2:] == list(days), "neither twice nor not at all"
    assert len(began) == len(set(began))
    stage.assert_agreement()


def test_recorded_days_follow_each_other_on_one_account(stage: Stage, begin, overnight, end):
    """The two sessions that ship, with the shipped rules: the second day begins with the state of a breach."""
    begin(Session(file=RECORDED / "demo-breach.jsonl.gz", holds=["event:700", "+6m/30s"]))
    for how in (How.KILL, How.CLEAN):
        stage.until_held()
        stage.restart(how)
    stage.until_ended()
    stage.assert_agreement()
    assert "daily_realized_loss" in locked(stage.status())
    overnight(Session(file=RECORDED / "demo-calm.jsonl.gz", holds=["+2m"]))
    stage.until_held()
    stage.restart(How.KILL)
    stage.until_ended()
    status = stage.status()
    assert (net(status), locked(status), status["trading_day"]) == ({}, {}, "2025-11-19")
    stage.assert_agreement()
    assert end() == 0
