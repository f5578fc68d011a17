"""A venue that answers nothing or tells nothing: the connection is made anew, a flatten asks for what was not told."""

import asyncio
from pathlib import Path

import pytest
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT
from tests.unit.core.test_frozen import Frozen
from tests.unit.sdk.reconcile.kit import NOON, Manager, at, held

from risk_manager.core import link
from risk_manager.domain.events import AccountReport
from risk_manager.errors import VenueAmbiguous, VenueBusy, VenueError


class Over(Exception):
    """No more answers are written down: the poll ends."""


def polled(it: Manager, answers: list[VenueError | None]) -> tuple[list[str], int]:
    """Poll once for each answer, None for a proper one: the doubt after each, and how often the line was cut."""
    doubts: list[str] = []
    cut: list[bool] = []
    waiting = iter(answers)

    async def account() -> AccountReport:
        doubts.append(it.link.doubt)
        answer = next(waiting, Over())
        if answer is not None:
            raise answer
        return AccountReport(at(NOON), can_trade=True, balance_mils=50_000_000)

    async def disconnect() -> None:
        cut.append(True)

    it.venue.account, it.venue.disconnect = account, disconnect  # type: ignore[method-assign, attr-defined]  # one venue that hangs
    with pytest.raises(Over):
        asyncio.run(it.link.poll())
    return doubts[1:], len(cut)


@pytest.fixture
def it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manager:
    monkeypatch.setattr(link, "POLL_S", 0)
    made = Manager(tmp_path, held(2))
    made.venue.positions_ = [held(2)]
    return made


def test_two_polls_without_an_answer_cut_the_connection_so_that_it_is_made_anew(it: Manager):
    silent = VenueAmbiguous("no answer")
    doubts, cut = polled(it, [silent, silent])
    assert all("did not say how the account stands" in doubt for doubt in doubts)
    assert cut == 1


def test_an_answer_in_between_takes_the_doubt_back(it: Manager):
    silent = VenueAmbiguous("no answer")
    doubts, cut = polled(it, [silent, None, silent, None])
    assert [bool(doubt) for doubt in doubts] == [True, False, True, False]
    assert cut == 0


def test_a_busy_venue_is_there(it: Manager):
    busy = VenueBusy("too many requests", delay_s=1.0)
    assert polled(it, [busy, busy, busy]) == (["", "", ""], 0)


def test_flatten_closes_also_what_the_stream_never_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(link, "SECOND_LOOK_S", 0)
    frozen = Frozen(tmp_path, monkeypatch)
    frozen.it.venue.positions_ = [held(2), held(-3, contract=MNQ_CONTRACT)]
    assert frozen.ask("flatten", reason="now").done
    assert {intent.target for intent in frozen.it.state.intents.values()} == {
        f"position:{ES_CONTRACT}",
        f"position:{MNQ_CONTRACT}",
    }


def test_flatten_without_an_answer_still_closes_what_is_known_and_says_that_it_is_not_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    frozen = Frozen(tmp_path, monkeypatch)
    frozen.it.venue.refuses = {"positions": VenueAmbiguous("no answer")}
    answer = frozen.ask("flatten", reason="now")
    assert not answer.done
    assert "1 commands go to the venue; but" in answer.words
    assert "what it holds besides is not known" in answer.words
    assert {intent.target for intent in frozen.it.state.intents.values()} == {f"position:{ES_CONTRACT}"}
