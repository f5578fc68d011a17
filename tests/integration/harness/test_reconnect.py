"""The link is lost while orders are in the book, and comes back after things have happened that nobody told."""

import pytest
from tests.integration.harness.stage import Stage, net

from runtime.harness.moments import How

pytestmark = pytest.mark.timeout(180)  # a dozen boots, should the machine be busy

START = "2025-11-18T15:00:00Z"
LIMIT = {"max_contracts": {"enabled": True, "limit": 2, "count_type": "net", "on_breach": "reduce"}}
LOSS = {"daily_realized_loss": {"enabled": True, "limit": -500, "include_fees": True, "composite": False}}


def test_what_was_traded_while_the_link_was_down_is_learned_when_it_is_back(stage: Stage, begin, end):
    """The exchange drops the link at +60 s for half a minute. In it the bid fills (+3), the target is cancelled, an
    order is placed and changed; afterwards the orders are the venue's and the position is brought to its limit."""
    stage.govern(LIMIT)
    bid = {"do": "buy", "contract": "ES", "size": 3, "type": "limit", "limit": "6640.00", "name": "bid"}
    target = {"do": "sell", "contract": "ES", "size": 1, "type": "limit", "limit": "6660.00", "name": "target"}
    hope = {"do": "sell", "contract": "ES", "size": 1, "type": "limit", "limit": "6670.00", "name": "hope"}
    actions = [
        {"at": "+10s", "do": "buy", "contract": "ES", "size": 1},
        {"at": "+20s", **bid},
        {"at": "+21s", **target},
        {"at": "+60s", "do": "disconnect", "for": "30s"},
        {"at": "+75s", "do": "cancel", "name": "target"},
        {"at": "+76s", **hope},
        {"at": "+77s", "do": "modify", "name": "hope", "limit": "6675.00"},
    ]
    prices = [
        ("+0s", "ES", "6650.00"),
        ("+70s", "ES", "6640.00"),
        ("+80s", "ES", "6650.00"),
        ("+110s", "ES", "6651.00"),
    ]
    begin(stage.day(START, "+180s", prices, actions, holds=["+100s"]))
    stage.until_held()
    log = stage.read_log()
    assert "connection lost" in log
    assert "connected again" in log
    assert log.count("ghost fill") == 1
    status, ledger = stage.status(), stage.ledger()
    assert (net(status), status["working_orders"]) == ({"ES": 2}, 1)
    closed = [order for order in ledger["orders"] if order["origin"] == "manager"]
    assert [(order["side"], order["size"]) for order in closed] == [("sell", 2)], "4 held, 2 allowed"
    assert [order["status"] for order in ledger["orders"]] == ["filled", "filled", "cancelled", "working", "filled"]
    stage.assert_agreement()
    stage.restart(How.KILL)
    stage.until_ended()
    stage.assert_agreement()
    assert end() == 0


def test_a_link_that_is_lost_again_and_again_loses_no_trade_and_counts_none_twice(stage: Stage, begin, end):
    """Five times in a minute the link goes down for four seconds, and each time one contract is bought or sold; between
    the last two the daemon is killed besides."""
    stage.govern(LOSS)
    actions = []
    for number in range(5):
        at = 20 + 10 * number
        actions.append({"at": f"+{at}s", "do": "disconnect", "for": "4s"})
        actions.append({"at": f"+{at + 2}s", "do": "sell" if number % 2 else "buy", "contract": "ES", "size": 1})
    begin(stage.day(START, "+120s", [("+0s", "ES", "6650.00")], actions, holds=["+57s", "+90s"]))
    stage.until_held()
    stage.restart(How.KILL)
    stage.until_held()
    status = stage.status()
    assert (net(status), status["trades"], status["fees"]) == ({"ES": 1}, 5, "7.00")
    assert status["realized"] == "-25.00", "two round turns, each a tick of 12.50 apart"
    assert stage.read_log().count("connected again") == 5
    assert stage.log
    stage.assert_agreement()
    assert end() == 0


def test_a_lockout_is_enforced_on_what_came_while_the_link_was_down(stage: Stage, begin, end):
    """Locked out at +70 s; in the gap from +80 s on a person buys. Once the link is back, it is flat again."""
    stage.govern(LOSS)
    actions = [
        {"at": "+10s", "do": "buy", "contract": "ES", "size": 1},
        {"at": "+70s", "do": "sell", "contract": "ES", "size": 1},
        {"at": "+80s", "do": "disconnect", "for": "20s"},
        {"at": "+90s", "do": "buy", "contract": "ES", "size": 2},
    ]
    prices = [("+0s", "ES", "6650.00"), ("+60s", "ES", "6640.00")]
    begin(stage.day(START, "+180s", prices, actions))
    stage.until_ended()
    status = stage.status()
    assert net(status) == {}
    assert [lockout["rule"] for lockout in status["lockouts"]] == ["daily_realized_loss"]
    manager = [order for order in stage.ledger()["orders"] if order["origin"] == "manager"]
    assert [(order["side"], order["size"]) for order in manager] == [("sell", 2)]
    stage.assert_agreement()
    assert end() == 0
