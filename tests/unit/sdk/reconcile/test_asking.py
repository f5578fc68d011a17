"""How the venue is asked: everything side by side, within one deadline, and from when on."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from tests.unit.account import DAY, ES_CONTRACT, MNQ_CONTRACT
from tests.unit.sdk.reconcile.kit import Answers, Manager, at, fill, heard_of, held, order

from risk_manager.domain.events import OrderReport
from risk_manager.domain.sessions import TradingDay, TradingDays
from risk_manager.errors import VenueAmbiguous
from risk_manager.sdk.reconcile import take_snapshot

CONTRACTS = {40: ES_CONTRACT, 41: MNQ_CONTRACT, 42: "CON.F.US.NQG.Z25"}
HOUR_S = 3600


class OnlyTogether(Answers):
    """Answers a question only once every other one of its round is asked too: who asks one by one waits for ever."""

    def __init__(self, rounds: tuple[set[str], ...]) -> None:
        super().__init__()
        self._rounds = rounds
        self._all_asked = [asyncio.Event() for _ in rounds]

    async def _together(self, question: str) -> None:
        for questions, all_asked in zip(self._rounds, self._all_asked, strict=True):
            if question in questions:
                if questions <= set(self.asked):
                    all_asked.set()
                await all_asked.wait()

    async def positions(self):
        found = await super().positions()
        await self._together("positions")
        return found

    async def working_orders(self):
        found = await super().working_orders()
        await self._together("working_orders")
        return found

    async def trades_since(self, t_ns: int):
        found = await super().trades_since(t_ns)
        await self._together("trades")
        return found

    async def order(self, order_id: int):
        found = await super().order(order_id)
        await self._together(f"order {order_id}")
        return found


def test_several_symbols_fetched_concurrently(tmp_path: Path):
    """Positions, orders and fills side by side, then the orders of three symbols that are missing, side by side."""
    orders = [OrderReport(at(1), order(key, contract=contract)) for key, contract in CONTRACTS.items()]
    it = Manager(tmp_path, *orders)

    async def ask():
        venue = OnlyTogether(({"positions", "working_orders", "trades"}, {f"order {key}" for key in CONTRACTS}))
        venue.known = {key: order(key, contract=contract, version=2) for key, contract in CONTRACTS.items()}
        return venue, await take_snapshot(venue, it.state, since_ns=0, deadline_s=10.0)  # type: ignore[arg-type]  # it only answers

    venue, snapshot = asyncio.run(ask())
    assert {found.contract for found in snapshot.settled} == set(CONTRACTS.values())
    assert venue.asked[0] == "account", "the time is read before anything that must not look older"
    assert set(Counter(venue.asked).values()) == {1}


@pytest.mark.parametrize("silent", ["account", "positions", "working_orders", "trades", "order 40"])
def test_a_question_without_an_answer_is_no_answer_at_all(tmp_path: Path, silent: str):
    it = Manager(tmp_path, held(2), OrderReport(at(1), order(40)))

    async def ask():
        venue = Answers()

        async def never(*_args: object):
            await asyncio.Event().wait()

        name = {"trades": "trades_since", "order 40": "order"}.get(silent, silent)
        setattr(venue, name, never)
        await take_snapshot(venue, it.state, since_ns=0, deadline_s=0.01)  # type: ignore[arg-type]  # it only answers

    with pytest.raises(VenueAmbiguous, match=r"within 0\.01 s how the account stands"):
        asyncio.run(ask())


def test_fills_are_asked_for_from_the_start_of_the_running_day(tmp_path: Path):
    it = Manager(tmp_path)
    it.reconcile()
    assert it.venue.since_ns == DAY.start_ns


def test_over_the_reset_fills_are_asked_for_from_a_minute_before_the_last_complete_answer(tmp_path: Path):
    it = Manager(tmp_path)
    it.reconcile(8 * HOUR_S)
    it.reconcile(9 * HOUR_S)
    assert it.state.today.name == "2025-11-19"
    assert it.venue.since_ns == at(8 * HOUR_S - 60)


def test_an_answer_that_failed_does_not_count_as_the_last_one(tmp_path: Path):
    it = Manager(tmp_path)
    it.reconcile(8 * HOUR_S)
    it.venue.refuses = {"positions": VenueAmbiguous("no answer")}
    it.venue.seconds = 8 * HOUR_S + 1000
    with pytest.raises(VenueAmbiguous):
        it.ask()
    it.venue.refuses = {}
    it.reconcile(9 * HOUR_S)
    assert it.venue.since_ns == at(8 * HOUR_S - 60)


def test_after_a_restart_fills_are_asked_for_from_a_day_before_the_last_word_that_was_kept(tmp_path: Path):
    """What was kept last need not be all that had happened by then: a fill may have been lost with the stream."""
    it = Manager(tmp_path, held(2))
    it.die_and_come_back()
    it.reconcile(20 * HOUR_S)
    assert it.venue.since_ns == at(1 - 24 * HOUR_S - 60)


def test_a_fill_is_still_known_after_a_week_of_standing_still_when_the_venue_repeats_it(tmp_path: Path):
    """Else it would be counted again: the new clock must not forget what the old venue is about to repeat."""
    it = Manager(tmp_path, held(2), *heard_of(trades=[fill(7, 1)], positions=[held(3, seconds=10)]))
    length_ns = DAY.end_ns - DAY.start_ns
    days = [TradingDay(f"day {n}", DAY.start_ns + n * length_ns, DAY.end_ns + n * length_ns) for n in range(9)]
    it.policy.trading_days = TradingDays(days)
    it.venue.trades, it.venue.positions_ = [fill(7, 1)], [held(3)]
    it.die_and_come_back()
    it.reconcile(7 * 24 * HOUR_S)
    assert it.venue.since_ns < at(10), "the venue is asked of it again"
    assert it.nets == {"ES": 3}
    assert not it.frozen
    it.reconcile(7 * 24 * HOUR_S + 60)
    assert not it.frozen, "fills still make what the venue reports"
