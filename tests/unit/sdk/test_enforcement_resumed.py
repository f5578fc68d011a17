"""An intent of an earlier life is read before anything is sent, and what was not done is decided anew at once."""

import asyncio
from types import SimpleNamespace

from tests.property.test_protection import Venue
from tests.unit.account import ES, ES_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.clock import SystemClock
from risk_manager.domain.breaker import BREAKER, Breaker
from risk_manager.domain.commands import ClosePosition, PlaceOrder
from risk_manager.domain.events import Event, IntentProgress, MarketTrade, PositionReport, TradeReport
from risk_manager.domain.intents import Intent
from risk_manager.errors import VenueAmbiguous, VenueLost
from risk_manager.rules.daily_realized_loss import Params
from risk_manager.sdk.enforcement import Deadlines, Enforcement
from risk_manager.sdk.simulated.exchange import Exchange
from risk_manager.sdk.simulated.model import Listing

CLOSE = Intent(
    "rm-1", ClosePosition(ES_CONTRACT, 2), "sent", "operator", "why", f"position:{ES_CONTRACT}", 1, MORNING_NS
)


class Asked(Venue):
    """The exchange, whose look-ups go wrong as often as told; counts what it was asked and sent."""

    def __init__(self, exchange: Exchange, *, silent: int = 0) -> None:
        super().__init__(exchange)
        self.exchange = exchange
        self.silent = silent
        self.closes = 0
        self.looks = 0
        self.on_look = lambda _number: None
        self.works_on: list = []

    async def positions(self):
        self.looks += 1
        self.on_look(self.looks)
        if self.silent:
            self.silent -= 1
            raise VenueAmbiguous("no answer")
        return await super().positions()

    async def working_orders(self):
        return self.works_on

    async def close(self, contract, tag):
        self.closes += 1
        raise VenueLost("cut off while it was sent")


def holding(net: int = 2, **how) -> Asked:
    exchange = Exchange([Listing(ES_CONTRACT, ES)], now_ns=MORNING_NS, account="P")
    exchange.apply([MarketTrade(MORNING_NS, ES_CONTRACT, 20_000, 9)])
    if net:
        exchange.place(PlaceOrder(ES_CONTRACT, 1, net, "market"), "script")
    return Asked(exchange, **how)


def carried_out(venue: Asked, *, resumed: bool = True, lockstep: bool = True, **deadlines) -> list[Event]:
    """Until the intent has ended; returns what the engine is told."""
    told: list[Event] = []
    enforcement = Enforcement(
        venue=venue,
        post=told.extend,
        now_ns=lambda: MORNING_NS,
        symbol_of={ES_CONTRACT: "ES"}.__getitem__,
        checkpoints=SimpleNamespace(reach=lambda *_args, **_more: None),
        clock=SystemClock(),
        deadlines=Deadlines(**{"confirm_s": 0.0, "settle_s": 0.05, **deadlines}),
        one_at_a_time=lockstep,
    )

    async def until_idle() -> None:
        enforcement.submit([CLOSE], resumed=resumed)
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            running = group.create_task(enforcement.run())
            await enforcement.wait_until_idle()
            running.cancel()

    asyncio.run(until_idle())
    return told


def last(told: list[Event]) -> tuple[str, bool]:
    progress = [each for each in told if isinstance(each, IntentProgress)][-1]
    return progress.status, progress.lapsed


def test_what_was_done_is_confirmed_and_nothing_is_sent():
    venue = holding(0)
    assert last(carried_out(venue)) == ("confirmed", False)
    assert venue.closes == 0


def test_what_was_not_done_has_lapsed_and_is_not_sent_again_by_itself():
    venue = holding()
    told = carried_out(venue)
    assert last(told) == ("failed", True)
    assert [each.net for each in told if isinstance(each, PositionReport)] == [2]
    assert (venue.closes, venue.looks) == (0, 1)


def test_outside_lockstep_it_is_asked_again_once_nothing_can_be_on_its_way_any_more():
    venue = holding()
    assert last(carried_out(venue, lockstep=False)) == ("failed", True)
    assert venue.looks == 2

    late = holding()
    late.on_look = lambda number: late.exchange.close(ES_CONTRACT, "manager", "rm-1") if number == 2 else None
    assert last(carried_out(late, lockstep=False)) == ("confirmed", False)


def test_a_look_up_that_failed_says_nothing_and_is_repeated_until_the_venue_answers():
    venue = holding(silent=3)
    assert last(carried_out(venue)) == ("failed", True)
    assert (venue.looks, venue.closes) == (4, 0)


def test_a_close_that_the_venue_still_works_on_is_waited_for_and_is_the_venues_failure_where_it_never_ends():
    venue = holding()
    venue.works_on = [working(3, side=-1, size=2, type="market")]
    venue.on_look = lambda number: venue.exchange.close(ES_CONTRACT, "manager", "rm-1") if number == 2 else None
    assert last(carried_out(venue)) == ("confirmed", False)

    never = holding()
    never.works_on = [working(3, side=-1, size=2, type="market")]
    assert last(carried_out(never)) == ("failed", False)
    for other in (working(3, side=1, size=2, type="market"), working(3, side=-1, size=2, type="stop", stop_ticks=1)):
        never.works_on = [other]
        assert last(carried_out(never)) == ("failed", True)


def test_after_the_deadline_an_intent_has_failed_only_once_the_venue_has_answered():
    venue = holding(silent=3)
    told = carried_out(venue, resumed=False)
    assert [each.status for each in told if isinstance(each, IntentProgress)] == ["sent", "ambiguous", "failed"]
    assert (venue.closes, venue.looks) == (1, 4)


def locked_out() -> tuple[Account, Intent]:
    account = Account(
        daily_realized_loss=Params(limit_mils=-900_000), breaker=Breaker(failures=1, within_ns=60 * SECOND_NS)
    )
    account.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 2, 0))
    decision = account.take(TradeReport(MORNING_NS, trade(900, -950_000)))
    return account, decision.intents[0]


def test_a_lapsed_intent_is_decided_anew_at_once_under_an_id_of_its_own():
    account, intent = locked_out()
    decision = account.take(IntentProgress(MORNING_NS, intent.client_order_id, "failed", "", lapsed=True))
    assert [(each.target, each.attempt) for each in decision.intents] == [(intent.target, 2)]
    assert decision.intents[0].client_order_id != intent.client_order_id
    assert BREAKER not in account.state.lockouts


def test_a_failure_of_the_venue_is_paused_after_and_counts_for_the_breaker():
    account, intent = locked_out()
    decision = account.take(IntentProgress(MORNING_NS, intent.client_order_id, "failed", ""))
    assert decision.intents == ()
    assert BREAKER in account.state.lockouts
