"""An answer that was lost: the venue is asked before anything is sent again, so that it happens once.

The real exchange and the real decider; what goes wrong is the way between them. A mutation's answer is lost before it
was executed or after, and look-ups fail for a while.
"""

from collections import Counter

import pytest
from tests.property.test_protection import START_TICKS, Both, Venue
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT

from risk_manager.domain.commands import PlaceOrder
from risk_manager.domain.events import OperatorCommand
from risk_manager.domain.orders import Order
from risk_manager.errors import VenueAmbiguous, VenueLost

WHEN = ("before it was executed", "after it was executed")


class LossyVenue(Venue):
    """The exchange over a bad line."""

    def __init__(self, exchange, lose: dict[str, str], log: list[str]) -> None:
        super().__init__(exchange)
        self.lose = lose
        self.log = log
        self.deaf = 0
        self.deaf_after: dict[str, int] = {}
        self.pending: list[Order] = []

    async def _lossy(self, verb: str, call):
        self.log.append(verb)
        self.deaf = self.deaf_after.pop(verb, self.deaf)
        when = self.lose.pop(verb, None)
        if when == WHEN[0]:
            call.close()
            raise VenueLost("the line broke while it was sent")
        found = await call
        if when == WHEN[1]:
            raise VenueAmbiguous("no answer came back")
        return found

    async def _heard(self, question: str, call):
        self.log.append(f"? {question}")
        if self.deaf:
            self.deaf -= 1
            call.close()
            raise VenueLost("the line is down")
        return await call

    async def positions(self):
        return await self._heard("positions", super().positions())

    async def order(self, order_id):
        return await self._heard("order", super().order(order_id))

    async def order_by_tag(self, tag):
        return await self._heard("order by tag", super().order_by_tag(tag))

    async def working_orders(self):
        return [*await self._heard("working orders", super().working_orders()), *self.pending]

    async def place(self, command, tag):
        return await self._lossy("place", super().place(command, tag))

    async def modify(self, command):
        return await self._lossy("modify", super().modify(command))

    async def cancel(self, order_id):
        return await self._lossy("cancel", super().cancel(order_id))

    async def close(self, contract, tag):
        return await self._lossy("close", super().close(contract, tag))

    async def partial_close(self, contract, size, tag):
        return await self._lossy("reduce", super().partial_close(contract, size, tag))


class World(Both):
    """An exchange that is reached over a bad line."""

    def __init__(self, **lose: str) -> None:
        self.log: list[str] = []
        self.lose: dict[str, str] = {}
        self.venue: LossyVenue | None = None
        super().__init__(at_once=False)
        self.lose.update(lose)
        self.log.clear()

    def venue_of(self, exchange):  # type: ignore[override]  # one venue for the whole life
        if self.venue is None:
            self.venue = LossyVenue(exchange, self.lose, self.log)
        return self.venue

    def buys(self, net: int, contract: str = ES_CONTRACT) -> None:
        order = PlaceOrder(contract, 1 if net > 0 else -1, abs(net), "market")
        self.trade(lambda exchange: exchange.place(order, "script"))

    def flatten(self) -> None:
        self.settle([OperatorCommand(self.account.state.now_ns, "flatten")])

    def later(self) -> None:
        """Longer than any pause after a failure."""
        for _ in range(3):
            self.wait(6)

    @property
    def sent(self) -> Counter:
        return Counter(word for word in self.log if not word.startswith("?"))

    def net(self, contract: str = ES_CONTRACT) -> int:
        return self.exchange.account.holdings[contract].net

    def ours(self, *kinds: str) -> list[str]:
        orders = self.exchange.account.orders.values()
        return [f"{each.type} {each.status}" for each in orders if each.tag and (not kinds or each.type in kinds)]


@pytest.mark.parametrize("when", WHEN)
def test_a_place_without_an_answer_is_asked_for_by_its_client_order_id_and_is_there_once(when: str):
    it = World(place=when)
    it.buys(2)
    assert "? order by tag" in it.log
    it.later()
    assert sorted(it.ours()) == ["limit working", "stop working"]
    assert it.sent["place"] == (3 if when == WHEN[0] else 2), "sent again only where the venue does not know it"
    tags = [order.tag for order in it.exchange.account.orders.values() if order.tag]
    assert len(tags) == len(set(tags)) == 2


@pytest.mark.parametrize("when", WHEN)
def test_a_close_without_an_answer_is_followed_by_a_look_at_the_position_and_never_opens_the_other_side(when: str):
    it = World(close=when)
    it.buys(2)
    it.log.clear()
    it.lose["close"] = when
    it.flatten()
    it.later()
    assert it.net() == 0
    assert it.sent["close"] == (2 if when == WHEN[0] else 1)
    first = it.log.index("close")
    assert "? positions" in it.log[first + 1 :]


@pytest.mark.parametrize("when", WHEN)
def test_a_reduction_without_an_answer_ends_at_the_limit_and_not_below_it(when: str):
    it = World(reduce=when)
    it.buys(6)
    it.later()
    assert it.net() == 4, "six were held, four are allowed"
    assert it.sent["reduce"] == (2 if when == WHEN[0] else 1)


@pytest.mark.parametrize("when", WHEN)
def test_a_cancel_without_an_answer_is_followed_by_a_look_at_the_order(when: str):
    it = World(cancel=when)
    order = PlaceOrder(MNQ_CONTRACT, 1, 1, "limit", limit_ticks=START_TICKS - 50)
    it.trade(lambda exchange: exchange.place(order, "script"))
    it.flatten()
    it.later()
    assert not it.exchange.account.working_orders()
    assert it.sent["cancel"] == (2 if when == WHEN[0] else 1)
    assert "? order" in it.log[it.log.index("cancel") :]


@pytest.mark.parametrize("when", WHEN)
def test_a_modify_without_an_answer_is_followed_by_a_look_at_the_order(when: str):
    it = World()
    it.buys(1)
    it.lose["modify"] = when
    it.buys(1)
    it.later()
    sizes = {each.size for each in it.exchange.account.working_orders()}
    assert sizes == {2}, "both protective orders cover the grown position"
    assert it.sent["modify"] == (3 if when == WHEN[0] else 2)


def test_while_look_ups_fail_nothing_is_sent_for_it():
    it = World()
    it.buys(2)
    it.log.clear()
    it.lose["close"] = WHEN[1]
    assert it.venue is not None
    it.venue.deaf_after["close"] = 4
    it.flatten()
    it.later()
    asked = it.log[it.log.index("close") + 1 :]
    assert asked[:4] == ["? positions"] * 4, "asked until it is known"
    assert it.sent["close"] == 1
    assert it.net() == 0


def test_a_close_that_the_venue_still_works_on_is_not_sent_a_second_time():
    """A slow venue: the first close is neither filled nor gone when its time is over. A second would open a short."""
    it = World()
    it.buys(2)
    it.log.clear()
    venue = it.venue
    assert venue is not None
    pending = Order(99, ES_CONTRACT, "ES", -1, 2, "market", "working", 0, it.exchange.now_ns, 1)

    async def taken_and_not_filled(_contract, _tag):
        venue.log.append("close")
        venue.pending = [pending]

    venue.close = taken_and_not_filled
    it.flatten()
    it.later()
    it.later()
    assert it.sent["close"] == 1
    assert "? working orders" in it.log
    venue.pending = []
    del venue.close
    it.later()
    assert it.sent["close"] == 2, "it is gone and the position is not: now it is sent again"
    assert it.net() == 0
