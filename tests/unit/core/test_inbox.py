"""The one queue: conflation by kind, back-pressure, order."""

import asyncio

from risk_manager.core.inbox import Inbox
from risk_manager.core.latency import Latencies
from risk_manager.domain.events import MarketTrade, PositionReport, Quote, TimeAdvanced


def price(t_ns: int, contract: str = "A") -> MarketTrade:
    return MarketTrade(t_ns, contract, t_ns, 1)


def position(t_ns: int) -> PositionReport:
    return PositionReport(t_ns, "A", "A", 1, 0)


def test_the_latest_price_of_each_contract_wins_and_the_rest_is_counted():
    inbox = Inbox(conflate=True)
    inbox.put_now([price(1), price(2, "B"), price(3), Quote(4, "A", 1, 2, None), TimeAdvanced(5), TimeAdvanced(6)])
    assert inbox.take_now() == [price(2, "B"), price(3), Quote(4, "A", 1, 2, None), TimeAdvanced(6)]
    assert inbox.conflated == 2


def test_positions_are_never_dropped():
    inbox = Inbox(conflate=True)
    reports = [position(t_ns) for t_ns in range(50)]
    inbox.put_now(reports)
    assert inbox.take_now() == reports


def test_in_lockstep_nothing_is_conflated():
    inbox = Inbox(conflate=False)
    prices = [price(t_ns) for t_ns in range(50)]
    inbox.put_now(prices)
    assert inbox.depth == 50
    assert inbox.take_now() == prices


def test_a_writer_waits_while_there_is_no_room_and_goes_on_when_there_is():
    async def story() -> list[int]:
        inbox = Inbox(conflate=True, limit=2)
        seen: list[int] = []

        async def write() -> None:
            for t_ns in range(4):
                await inbox.put([position(t_ns)])

        async with asyncio.TaskGroup() as group:
            writing = group.create_task(write())
            while not (writing.done() and inbox.depth == 0):
                taken = await inbox.take(1.0)
                assert len(taken) <= 2
                seen += [event.t_ns for event in taken]
        return seen

    assert asyncio.run(story()) == [0, 1, 2, 3]


def test_waiting_for_nothing_ends_with_nothing():
    assert asyncio.run(Inbox(conflate=True).take(0.001)) == []


def test_a_woken_reader_turns_although_nothing_came():
    async def story() -> list:
        inbox = Inbox(conflate=True)
        inbox.wake()
        return await inbox.take(30.0)

    assert asyncio.run(story()) == []


def test_percentiles_are_of_what_was_added_and_absent_without_data():
    latencies = Latencies()
    assert latencies.percentile_us(50) is None
    for value in range(1, 101):
        latencies.add(value)
    assert [latencies.percentile_us(percent) for percent in (50, 99, 100)] == [50, 99, 100]


def test_only_the_last_few_thousand_latencies_count():
    latencies = Latencies()
    for _ in range(5000):
        latencies.add(1_000_000)
    for _ in range(2048):
        latencies.add(1)
    assert latencies.percentile_us(100) == 1
