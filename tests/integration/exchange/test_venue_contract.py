"""What every venue promises (sdk/venue.py), asked of the exchange behind a socket and of the embedded one."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.integration.exchange.kit import (
    ACCOUNT,
    COTTON,
    FLOORS,
    START_NS,
    at,
    at_price,
    opened,
    play,
    quote,
    session,
    status,
    trade,
)

from risk_manager.domain.commands import ModifyOrder, PlaceOrder
from risk_manager.domain.events import (
    AccountReport,
    Event,
    InputRefused,
    MarketStatus,
    MarketTrade,
    OrderReport,
    PositionReport,
    Quote,
    SessionEnded,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.instruments import Instruments
from risk_manager.errors import VenueBusy, VenueLost, VenueRefused, VenueUnreachable
from risk_manager.sdk.normalise import time_ns
from risk_manager.sdk.sessions.generate import ES, MNQ
from risk_manager.sdk.venue import Venue

Claim = Callable[[Venue], Awaitable[None]]
Asks = Callable[..., None]

# 6650.00 is 26600 ticks of ES.
FLAT_MARKET = [quote(0.5, "6650.00", "6650.25"), *(trade(second, "6650.00") for second in range(1, 10))]


@pytest.fixture(params=FLOORS)
def asks(request: pytest.FixtureRequest, short_tmp: Path) -> Asks:
    """Opens the venue over a session, connects, subscribes, and lets a test ask it something."""

    def run(claim: Claim, lines: list = FLAT_MARKET, script: str | None = None, *, login: bool = True) -> None:
        path = session(short_tmp, lines, script=script)

        async def ask() -> None:
            async with asyncio.timeout(20), opened(request.param, path, short_tmp / "data") as venue:
                if login:
                    await venue.connect(ACCOUNT)
                    await venue.subscribe()
                await claim(venue)

        asyncio.run(ask())

    return run


def market(side: int, size: int, contract: str = ES.id) -> PlaceOrder:
    return PlaceOrder(contract, side, size, "market")


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def test_login_names_the_account_and_the_clock_and_another_name_is_refused(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        connected = await venue.connect(ACCOUNT)
        assert (connected.account_name, connected.t_ns, connected.lockstep) == (ACCOUNT, START_NS, True)
        assert venue.owns_time
        with pytest.raises(VenueRefused, match="OTHER"):
            await venue.connect("OTHER")

    asks(claim, login=False)


def test_events_come_in_order_in_domain_units_and_time_is_told_through_silence(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        seen = await play(venue)
        assert seen == [
            MarketStatus(at(0), ES.id, "open"),
            Quote(at(0.5), ES.id, 26600, 26601, None),
            TimeAdvanced(at(1)),
            MarketTrade(at(1.25), ES.id, 26600, 3),
            TimeAdvanced(at(2)),
            TimeAdvanced(at(3)),
            TimeAdvanced(at(4)),
            Quote(at(4.5), ES.id, 26602, 26603, 26600),
            SessionEnded(at(4.5)),
        ]

    lines = [
        status(0, "open"),
        quote(0.5, "6650.00", "6650.25"),
        trade(1.25, "6650.00", 3),
        quote(4.5, "6650.50", "6650.75"),
    ]
    asks(claim, lines)


def test_orders_are_executed_as_of_the_event_dealt_with_although_more_was_sent_ahead(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        await venue.place(market(1, 2), "a")
        (position,) = await venue.positions()
        assert (position.net, position.cost_mils) == (2, 2 * 26600 * 12500)
        seen = await play(venue)
        assert [event.price_ticks for event in seen if isinstance(event, MarketTrade)] == [26700, 26800]

    asks(claim, [trade(1, "6650"), trade(1.1, "6675"), trade(1.2, "6700")])


def test_what_follows_from_an_order_leads_the_next_batch(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        order_id = await venue.place(market(-1, 1), "tag-1")
        seen = await venue.receive()
        assert kinds(list(seen[:5])) == [OrderReport, OrderReport, TradeReport, PositionReport, AccountReport]
        assert [event.order.status for event in seen[:2]] == ["working", "filled"]
        assert [event.order.version for event in seen[:2]] == [1, 2]
        fill = seen[2].trade
        assert (fill.order_id, fill.side, fill.size, fill.price_ticks) == (order_id, -1, 1, 26600)
        assert (fill.pnl_mils, fill.fees_mils, fill.symbol) == (None, 1400, "ES")
        assert seen[3].net == -1
        assert seen[3].cost_mils == -26600 * 12500
        assert seen[4].balance_mils == 50_000_000 - 1400

    asks(claim, script="  []\n")


def test_a_short_that_falls_wins(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        await venue.place(market(-1, 2), "a")
        await play(venue, at_price(26590))
        await venue.close(ES.id, "b")
        trades = await venue.trades_since(0)
        assert [t.pnl_mils for t in trades] == [None, 2 * 10 * 12500]
        assert await venue.positions() == []

    asks(claim, [trade(1, "6650"), trade(2, "6647.5")])


def test_a_fill_through_zero_is_a_trade_that_closes_and_one_that_opens(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        await venue.place(market(1, 2), "a")
        await play(venue, at_price(26604))
        await venue.place(market(-1, 5), "b")
        trades = await venue.trades_since(0)
        assert [(t.size, t.pnl_mils) for t in trades] == [(2, None), (2, 2 * 4 * 12500), (3, None)]
        (position,) = await venue.positions()
        assert (position.net, position.cost_mils) == (-3, -3 * 26604 * 12500)

    asks(claim, [trade(1, "6650"), trade(2, "6651")])


def test_what_was_not_dealt_with_is_sent_again_also_to_the_next_connection_after_the_last_quotes(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        batch = await venue.receive()
        assert len(batch) > 4
        await venue.processed(3)
        assert (await venue.receive())[0] == batch[3]
        await venue.processed(1)
        await venue.disconnect()
        again = await venue.connect(ACCOUNT)
        assert again.t_ns == batch[3].t_ns
        await venue.subscribe()
        seen = await venue.receive()
        assert seen[0] == Quote(again.t_ns, ES.id, 26600, 26601, 26600)
        assert seen[1] == batch[4]

    asks(claim)


def test_a_receive_that_was_cancelled_lost_nothing(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await venue.receive()
        await venue.place(market(1, 1), "late")
        assert isinstance((await venue.receive())[0], OrderReport)

    asks(claim)


def test_a_tag_is_used_once_and_finds_its_order(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        order_id = await venue.place(market(1, 1), "once")
        with pytest.raises(VenueRefused, match="once"):
            await venue.place(market(1, 1), "once")
        found = await venue.order_by_tag("once")
        assert found is not None
        assert (found.order_id, found.status, found.tag) == (order_id, "filled", "once")
        assert found == await venue.order(order_id)
        assert await venue.order_by_tag("never") is None
        assert await venue.order(999) is None
        assert [p.net for p in await venue.positions()] == [1]

    asks(claim)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (PlaceOrder("CON.F.US.XX.Z25", 1, 1, "market"), "not found"),
        (PlaceOrder("one\ntwo", 1, 1, "market"), "not found"),
        (PlaceOrder(ES.id, 1, 0, "market"), "size"),
        (PlaceOrder(ES.id, 1, -1, "market"), "size"),
        (PlaceOrder(ES.id, 1, 10**9, "market"), "size"),
        (PlaceOrder(ES.id, 1, 1, "limit"), "limit"),
        (PlaceOrder(ES.id, 1, 1, "market", limit_ticks=26600), "limit"),
        (PlaceOrder(ES.id, 1, 1, "limit", limit_ticks=-4), "limit|absurd"),
        (PlaceOrder(ES.id, 1, 1, "stop", stop_ticks=10**9), "stop|absurd"),
        (PlaceOrder(ES.id, 1, 1, "trailing_stop", trail_ticks=0), "trail"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_the_reason(asks: Asks, command: PlaceOrder, why: str) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        with pytest.raises(VenueRefused, match=why):
            await venue.place(command, "bad")
        assert await venue.working_orders() == []
        assert await venue.trades_since(0) == []

    asks(claim)


def test_without_a_price_or_while_halted_the_venue_is_busy_not_refusing(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        with pytest.raises(VenueBusy, match="no price") as no_price:
            await venue.place(market(1, 1), "early")
        assert no_price.value.delay_s > 0
        await play(venue, at_price(26600))
        await venue.place(market(1, 1), "in-time")
        await play(venue, lambda event: isinstance(event, MarketStatus) and event.status == "halted")
        with pytest.raises(VenueBusy, match="halted"):
            await venue.place(market(1, 1), "late")
        with pytest.raises(VenueBusy, match="halted"):
            await venue.close(ES.id, "late-close")
        assert await venue.order_by_tag("late") is None
        await play(venue)
        await venue.close(ES.id, "reopened")
        assert await venue.positions() == []

    asks(claim, [trade(1, "6650"), status(2, "halted"), status(3, "open"), trade(4, "6650")])


def test_a_limit_order_rests_and_fills_at_its_own_price_when_traded_through(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        order_id = await venue.place(PlaceOrder(ES.id, 1, 2, "limit", limit_ticks=26596), "rest")
        (working,) = await venue.working_orders()
        assert (working.order_id, working.remaining, working.limit_ticks) == (order_id, 2, 26596)
        seen = await play(venue)
        fill = next(event.trade for event in seen if isinstance(event, TradeReport))
        assert (fill.price_ticks, fill.size, fill.t_ns) == (26596, 2, at(3))
        cause = seen.index(MarketTrade(at(3), ES.id, 26592, 1))
        assert isinstance(seen[cause + 1], OrderReport)

    asks(claim, [trade(1, "6650"), trade(2, "6649.25"), trade(3, "6648"), trade(4, "6650")])


def test_a_marketable_limit_order_fills_at_the_better_price_of_the_market(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        await venue.place(PlaceOrder(ES.id, 1, 1, "limit", limit_ticks=26700), "m")
        assert [t.price_ticks for t in await venue.trades_since(0)] == [26601]

    asks(claim)


def test_a_stop_triggers_on_the_last_price_and_takes_what_it_gets(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        await venue.place(market(1, 1), "in")
        await venue.place(PlaceOrder(ES.id, -1, 1, "stop", stop_ticks=26596), "stop")
        await play(venue)
        assert [t.price_ticks for t in await venue.trades_since(0)] == [26600, 26590]
        assert await venue.positions() == []

    asks(claim, [trade(1, "6650"), trade(2, "6649.25"), trade(3, "6647.50"), trade(4, "6650")])


def test_a_stop_limit_becomes_a_limit_order_and_does_not_chase(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        order = PlaceOrder(ES.id, -1, 1, "stop_limit", limit_ticks=26594, stop_ticks=26596)
        await venue.place(order, "sl")
        await play(venue, at_price(26590))
        assert [o.status for o in await venue.working_orders()] == ["working"]
        await play(venue)
        assert [(t.price_ticks, t.t_ns) for t in await venue.trades_since(0)] == [(26594, at(4))]

    asks(claim, [trade(1, "6650"), trade(2, "6649.25"), trade(3, "6647.50"), trade(4, "6648.75")])


def test_a_trailing_stop_follows_the_market_up_and_never_down(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        await venue.place(market(1, 1), "in")
        await venue.place(PlaceOrder(ES.id, -1, 1, "trailing_stop", trail_ticks=4), "trail")
        (order,) = await venue.working_orders()
        assert order.stop_ticks == 26596
        seen = await play(venue)
        stops = [event.order.stop_ticks for event in seen if isinstance(event, OrderReport)]
        assert stops[-2:] == [26606, 26606]
        assert [t.price_ticks for t in await venue.trades_since(0)] == [26600, 26606]

    asks(claim, [trade(1, "6650"), trade(2, "6652.50"), trade(3, "6651.75"), trade(4, "6651.50")])


def test_orders_are_modified_and_cancelled_and_ended_ones_are_not(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        order_id = await venue.place(PlaceOrder(ES.id, 1, 2, "limit", limit_ticks=26500), "m")
        await venue.modify(ModifyOrder(order_id, ES.id, size=3, limit_ticks=26510))
        (order,) = await venue.working_orders()
        assert (order.size, order.limit_ticks, order.version) == (3, 26510, 2)
        with pytest.raises(VenueRefused, match="stop_ticks"):
            await venue.modify(ModifyOrder(order_id, ES.id, stop_ticks=26000))
        await venue.cancel(order_id)
        with pytest.raises(VenueRefused, match="cancelled already"):
            await venue.cancel(order_id)
        with pytest.raises(VenueRefused, match="cancelled already"):
            await venue.modify(ModifyOrder(order_id, ES.id, size=1))
        with pytest.raises(VenueRefused, match="not found"):
            await venue.cancel(77)
        assert await venue.working_orders() == []

    asks(claim)


def test_a_modified_limit_that_crosses_the_market_fills(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        order_id = await venue.place(PlaceOrder(ES.id, 1, 1, "limit", limit_ticks=26500), "m")
        await venue.modify(ModifyOrder(order_id, ES.id, limit_ticks=26650))
        assert [t.price_ticks for t in await venue.trades_since(0)] == [26601]

    asks(claim)


def test_a_close_closes_what_is_held_and_nothing_else(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        with pytest.raises(VenueRefused, match="position not found"):
            await venue.close(ES.id, "none")
        await venue.place(market(1, 3), "in")
        with pytest.raises(VenueRefused, match="invalid close size"):
            await venue.partial_close(ES.id, 4, "much")
        with pytest.raises(VenueRefused, match="size"):
            await venue.partial_close(ES.id, 0, "nothing")
        await venue.partial_close(ES.id, 1, "one")
        assert [p.net for p in await venue.positions()] == [2]
        await venue.close(ES.id, "rest")
        assert await venue.positions() == []

    asks(claim)


def test_an_account_that_may_not_trade_may_still_close(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        seen = await play(venue, lambda event: isinstance(event, AccountReport) and not event.can_trade)
        assert not (await venue.account()).can_trade
        with pytest.raises(VenueRefused, match="may not trade"):
            await venue.place(market(1, 1), "forbidden")
        rejected = await venue.order_by_tag("forbidden")
        assert rejected is not None
        assert rejected.status == "rejected"
        assert [p.net for p in await venue.positions()] == [2]
        await venue.close(ES.id, "allowed")
        assert await venue.positions() == []
        assert seen

    asks(
        claim,
        script="""
  - {at: "+2s", do: buy, contract: ES, size: 2}
  - {at: "+3s", do: can_trade, value: false}
""",
    )


def test_a_voided_trade_takes_its_effect_back(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue)
        trades = await venue.trades_since(0)
        assert [(t.size, t.voided) for t in trades] == [(2, False), (2, True)]
        (position,) = await venue.positions()
        assert position.net == 2
        assert (await venue.account()).balance_mils == 50_000_000 - 2 * 1400

    asks(
        claim,
        script="""
  - {at: "+2s", do: buy, contract: ES, size: 2}
  - {at: "+4s", do: sell, contract: ES, size: 2}
  - {at: "+6s", do: void}
""",
    )


def test_trades_since_is_inclusive(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue)
        assert [t.t_ns for t in await venue.trades_since(at(4))] == [at(4)]
        assert await venue.trades_since(at(4) + 1) == []

    asks(
        claim,
        script="""
  - {at: "+2s", do: buy, contract: ES, size: 2}
  - {at: "+4s", do: sell, contract: ES, size: 2}
""",
    )


def test_all_trades_are_told_however_many_there_are(asks: Asks) -> None:
    """More than fit into one message of the protocol."""

    async def claim(venue: Venue) -> None:
        await play(venue, at_price(26600))
        for number in range(2500):
            await venue.place(market(1 if number % 2 else -1, 1), f"t{number}")
        trades = await venue.trades_since(0)
        assert [t.trade_id for t in trades] == list(range(1, 2501))

    asks(claim)


def test_an_unknown_instrument_is_reported_without_a_cost_and_its_market_is_refused_once(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        seen = await play(venue)
        (position,) = await venue.positions()
        assert (position.symbol, position.net, position.cost_mils) == ("CTN", 2, None)
        refused = [event for event in seen if isinstance(event, InputRefused)]
        assert len(refused) == 1
        assert "unknown instrument" in refused[0].why
        assert not [event for event in seen if isinstance(event, MarketTrade)]
        assert [event.cost_mils for event in seen if isinstance(event, PositionReport)] == [None]
        assert [t.symbol for t in await venue.trades_since(0)] == ["CTN"]
        await venue.close(COTTON.id, "away")
        assert await venue.positions() == []

    asks(
        claim,
        [trade(1, "63.05", contract=COTTON.id), trade(3, "63.06", contract=COTTON.id)],
        script='  - {at: "+2s", do: buy, contract: CT, size: 2}\n',
    )


def test_bad_lines_of_a_session_are_refused_and_the_session_goes_on(asks: Asks) -> None:
    bad = [
        trade(2, "NaN"),
        trade(2, "1e999"),
        trade(2, "-6650.00"),
        trade(2, "6650.10"),
        trade(2, "999999.00"),
        trade(2, "6650.00", 0),
        trade(2, "6650.00", -3),
        trade(2, "6650.00", contract="CON.F.US.NONE.Z25"),
        trade(0.5, "6650.00"),
        trade(99_999, "6650.00"),
        trade(2, "٦٦٥٠"),
        quote(2, "6650.25", "6650.00"),
        status(2, "asleep"),
        trade(2, "6651.00", n=5),
        trade(2, "6651.00", n=5),
        trade(2, "6651.00", n=4),
    ]
    good = 1  # the first of the numbered ones

    async def claim(venue: Venue) -> None:
        seen = await play(venue)
        assert len([event for event in seen if isinstance(event, InputRefused)]) == len(bad) - good
        assert [event.price_ticks for event in seen if isinstance(event, MarketTrade)] == [26600, 26604, 26608]
        assert seen[-1] == SessionEnded(at(3))

    asks(claim, [trade(1, "6650"), *bad, trade(3, "6652")])


def test_a_connection_that_is_cut_off_raises_and_can_be_made_again(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        with pytest.raises(VenueLost):
            await play(venue)
        await venue.connect(ACCOUNT)
        await venue.subscribe()
        assert isinstance((await play(venue))[-1], SessionEnded)

    asks(claim, script='  - {at: "+3s", do: disconnect}\n')


def test_leaving_twice_is_harmless_and_afterwards_nothing_is_sent(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await venue.disconnect()
        await venue.disconnect()
        with pytest.raises(VenueUnreachable):
            await venue.positions()
        with pytest.raises(VenueUnreachable):
            await venue.place(market(1, 1), "nowhere")

    asks(claim)


def test_after_the_end_orders_are_still_executed_and_told(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue)
        await venue.place(market(1, 1), "after")
        assert isinstance((await venue.receive())[0], OrderReport)

    asks(claim)


def test_two_contracts_are_kept_apart(asks: Asks) -> None:
    async def claim(venue: Venue) -> None:
        await play(venue)
        await venue.place(market(1, 1), "es")
        await venue.place(market(-1, 4, MNQ.id), "mnq")
        found = {p.symbol: (p.net, p.cost_mils) for p in await venue.positions()}
        assert found == {"ES": (1, 26600 * 12500), "MNQ": (-4, -4 * 104000 * 500)}

    asks(claim, [trade(1, "6650"), trade(2, "26000", contract=MNQ.id)])


@pytest.mark.parametrize("floor", FLOORS)
def test_economics_that_differ_from_the_configuration_are_refused_at_login(floor: str, short_tmp: Path) -> None:
    path = session(short_tmp, FLAT_MARKET)
    ours = ES.instrument()
    wrong = Instruments([type(ours)("ES", "EP", "ES", ours.tick_size_e9, 5000, 0, 10**6, "")])

    async def ask() -> None:
        async with opened(floor, path, short_tmp / "data", instruments=wrong) as venue:
            with pytest.raises(VenueRefused, match=r"12\.50.*5\.00"):
                await venue.connect(ACCOUNT)

    asyncio.run(ask())


def test_both_tell_exactly_the_same_of_the_same_session(project: Path, short_tmp: Path) -> None:
    """Down to every event of demo-breach, with a manager who sells one contract in between."""
    told: list[list[Event]] = []
    for floor in FLOORS:

        async def ask(floor: str = floor) -> None:
            path = project / "data" / "sessions" / "demo-breach.jsonl.gz"
            async with asyncio.timeout(30), opened(floor, path, short_tmp / floor) as venue:
                await venue.connect(ACCOUNT)
                await venue.subscribe()
                first = await play(venue, lambda event: event.t_ns >= time_ns("2025-11-18T14:35:30Z"))
                await venue.partial_close(ES.id, 1, "one")
                told.append(first + await play(venue))

        asyncio.run(ask())
    assert told[0] == told[1]
    assert len(told[0]) > 2000
