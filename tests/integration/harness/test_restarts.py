"""A restart in the midst of a session, with positions open: whatever ends the daemon, the day goes on as it was."""

import pytest
from tests.integration.harness.stage import Stage, locked, net

from runtime.harness.moments import How

pytestmark = pytest.mark.timeout(180)  # a dozen boots, should the machine be busy

START = "2025-11-18T15:00:00Z"
LOSS = {"daily_realized_loss": {"enabled": True, "limit": -500, "include_fees": True, "composite": False}}
PRICES = [("+0s", "ES", "6650.00"), ("+60s", "ES", "6645.00"), ("+120s", "ES", "6640.00"), ("+180s", "ES", "6641.00")]


@pytest.mark.parametrize("how", list(How), ids=lambda how: how.value)
def test_in_mid_session_with_open_positions(stage: Stage, begin, restart, end, how: How):
    """Bought 2 at 6650.25, sold 1 at 6645.00 (-262.50): the other one, and what was lost, outlive the restart; sold at
    6640.00 (-512.50) it makes -775.00, which ends the day as it would have without the restart."""
    stage.govern(LOSS)
    actions = [
        {"do": "buy", "at": "+10s", "contract": "ES", "size": 2},
        {"do": "sell", "at": "+70s", "contract": "ES", "size": 1},
        {"do": "buy", "at": "+75s", "contract": "ES", "size": 1, "type": "limit", "limit": "6600.00", "name": "hope"},
        {"do": "sell", "at": "+130s", "contract": "ES", "size": 1},
    ]
    begin(stage.day(START, "+300s", PRICES, actions, holds=["+90s"]))
    stage.until_held()
    before = stage.status()
    assert (net(before), before["realized"], before["working_orders"]) == ({"ES": 1}, "-262.50", 1)

    assert restart(how) in {How.CLEAN: {130}, How.TERM: {0}, How.KILL: {-9}}[how]
    stage.until_ended()

    after = stage.status()
    assert (net(after), after["realized"]) == ({}, "-775.00")
    assert locked(after) == {"daily_realized_loss": "2025-11-18T23:00:00Z"}
    assert [order["status"] for order in stage.ledger()["orders"]] == ["filled", "filled", "cancelled", "filled"]
    stage.assert_agreement()
    found = "a crash" if how is How.KILL else "a clean stop"
    assert f"state restored after {found}" in stage.read_log()
    assert end() == 0


def test_a_fill_made_while_the_daemon_was_killed_is_applied_once_and_the_rules_see_it(stage: Stage, begin, end):
    """While nobody guards the account the target fills (+247.50) and another contract is bought by hand: both are
    counted once, and the position limit closes what is too much."""
    stage.govern({"max_contracts": {"enabled": True, "limit": 1, "on_breach": "reduce", "count_type": "net"}})
    target = {"do": "sell", "contract": "ES", "size": 1, "type": "limit", "limit": "6655.00", "name": "target"}
    actions = [{"do": "buy", "at": "+10s", "contract": "ES", "size": 1}, {"at": "+20s", **target}]
    prices = [("+0s", "ES", "6650.00"), ("+100s", "ES", "6655.00"), ("+150s", "ES", "6656.00")]
    begin(stage.day(START, "+300s", prices, actions, holds=["+60s/60s"]))
    stage.until_held()
    stage.halt(How.KILL)
    stage.trade("ES", "+3")
    assert [trade["size"] for trade in stage.ledger()["trades"]] == [1, 3]

    stage.resume()
    stage.until_ended()
    trades = stage.ledger()["trades"]
    assert sum(trade["size"] for trade in trades if trade["side"] == "buy") == 4
    status = stage.status()
    assert net(status) == {"ES": 1}, "4 were held, 1 was sold by the target, and 2 by the rule"
    assert (status["trades"], trades[2]["price"]) == (len(trades), "6655")
    assert "ghost fill" in stage.read_log()
    stage.assert_agreement()

    restarted = len(stage.ledger()["orders"])
    stage.restart(How.KILL)
    stage.assert_agreement()
    assert len(stage.ledger()["orders"]) == restarted, "what was counted once is not counted, or acted upon, again"
    assert end() == 0
