"""A protective order is sent only for the position it was decided for, and a refused one does not count as placed."""

from tests.property.test_protection import Both
from tests.unit.account import ES_CONTRACT, MORNING_NS

from risk_manager.domain.commands import PlaceOrder
from risk_manager.domain.events import IntentProgress, PositionReport
from risk_manager.domain.intents import Intent


def intent(stop_ticks: int = 19_990, size: int = 2) -> Intent:
    command = PlaceOrder(ES_CONTRACT, -1, size, "stop", stop_ticks=stop_ticks)
    return Intent("rm-1", command, "written", "trade_management", "why", f"stop:{ES_CONTRACT}", 1, MORNING_NS)


def holding(net: int) -> Both:
    both = Both(at_once=True)
    if net:
        side = 1 if net > 0 else -1
        both.exchange.place(PlaceOrder(ES_CONTRACT, side, abs(net), "market"), "script")
    return both


def ended(both: Both, what: Intent) -> tuple[str, list[str], list[PositionReport]]:
    """How the intent ended, the orders of ours at the exchange, and what was learned of positions."""
    told = both.carry_out(what)
    status = [each.status for each in told if isinstance(each, IntentProgress)][-1]
    ours = [f"{order.type} {order.status}" for order in both.exchange.account.orders.values() if order.tag]
    return status, ours, [each for each in told if isinstance(each, PositionReport)]


def test_for_the_position_it_was_decided_for_it_is_placed():
    assert ended(holding(2), intent())[:2] == ("confirmed", ["stop working"])


def test_for_a_position_that_is_gone_nothing_is_sent_and_the_engine_hears_that_it_is():
    status, ours, positions = ended(holding(0), intent())
    assert (status, ours) == ("confirmed", [])
    assert [(each.symbol, each.net) for each in positions] == [("ES", 0)]


def test_for_a_position_of_another_size_or_side_nothing_is_sent():
    for net in (1, 3, -2):
        status, ours, positions = ended(holding(net), intent())
        assert (status, ours, [each.net for each in positions]) == ("confirmed", [], [net])


def test_an_order_that_the_venue_rejected_has_failed_and_is_not_taken_for_placed():
    """Its number is there, so asking whether the venue knows it would be the wrong question."""
    assert ended(holding(2), intent(stop_ticks=-5))[:2] == ("failed", ["stop rejected"])


def test_a_stop_that_fills_at_once_is_done():
    assert ended(holding(2), intent(stop_ticks=20_500))[:2] == ("confirmed", ["stop filled"])
