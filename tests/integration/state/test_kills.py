"""SIGKILL in every phase of a life, ten times each and more, in a recorded session: it ends as if nothing had happened.

The exchange is another process and runs in lockstep, so the session is the same in every run. The lives that die kill
themselves at the N-th time they reach the phase; the one that finishes the session is the daemon as it is.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from msgspec.structs import replace
from tests.conftest import Figure
from tests.integration.daemon.programs import world
from tests.integration.state.lives import Lives, lives
from tests.integration.state.witness import Acknowledged, Told, acknowledged, disagreements, lost, read_journal

from risk_manager.domain.state import AccountFacts
from risk_manager.sdk.simulated.ledger_view import LedgerView, TradeView, read_ledger

PHASES = ("before-commit", "unsent", "unacknowledged", "recovering", "reconciling")
ACCOUNT = "SIM-50K"
DEADLINE_S = 60.0

# Each session is played to its end, with these deaths on the way. Its enforcement closes three positions and cancels
# the orders it saw working before them; a death before sending a cancel finds that order filled.
SESSIONS = {
    "deciding and coming back": [
        "before-commit:1 2 3 4 5 6 3 4 5 2",
        "recovering:3 5 7 9 11 4 6 8 10 2",
        "reconciling:1 1 1 1 1 1 1 1 1 1",
    ],
    "before and after sending": [
        *("unsent:1 1 1 1", "unacknowledged:1"),
        *("unsent:1 1", "unacknowledged:1"),
        *("unsent:1 1", "unacknowledged:1"),
        *("unsent:1 1", "unacknowledged:1"),
    ],
    "after sending": ["unacknowledged:1 1 1 1"],
    "after sending and coming back": [
        *("unacknowledged:1", "reconciling:1"),
        *("unacknowledged:1", "recovering:40"),
        *("unacknowledged:1", "reconciling:1 1", "recovering:50"),
        "unacknowledged:1",
    ],
}
DEATHS = {
    session: [f"{phase}:{n}" for part in parts for phase, _, times in [part.partition(":")] for n in times.split()]
    for session, parts in SESSIONS.items()
}


@dataclass(frozen=True)
class Story:
    """How a session ended: the venue's own ledger, every table that the daemon keeps, and whether the two agree."""

    orders: list[tuple[Any, ...]]
    trades: list[TradeView]
    balance: str
    tables: dict[tuple[str, str], Any]
    commands: set[tuple[str, str]]
    alerts: set[str]
    disagreements: list[str]
    lost: list[int]


def play(root: Path, deaths: list[str], life: Lives) -> Story:
    """The whole session, with these deaths on the way."""
    promised: list[Acknowledged] = []
    journal = root / "data" / "state" / ACCOUNT / "journal.db"
    with world(root) as it:
        it.exchange("breach", "--speed", "max")
        argv = ["run", "--socket", it.socket, "--data-dir", it.data, "--log-dir", it.log.parent]
        for death in deaths:
            life.live(death, [str(each) for each in argv], root / "words")
            promised.append(acknowledged(journal))
        daemon = it.daemon()
        daemon.heard.until(lambda heard: heard.fields.get("STATUS") == "session ended", deadline_s=DEADLINE_S)
        assert daemon.stop()[0] == 0
    return story_of(read_journal(journal), read_ledger(root / "ex"), promised)


def story_of(told: Told, ledger: LedgerView, promised: list[Acknowledged]) -> Story:
    asked = ("origin", "contract", "side", "size", "status", "fill_volume", "filled_price")
    intents = [intent for each in told.decisions for intent in each.intents]
    return Story(
        orders=[tuple(getattr(order, name) for name in asked) for order in ledger.orders],
        trades=ledger.trades,
        balance=ledger.account.balance,
        # A death may change how often something was attempted, and when the venue was last heard of the account.
        tables={
            (table, key): replace(row, t_ns=0) if isinstance(row, AccountFacts) else row
            for table, key, row in told.state.rows()
            if table != "efforts"
        },
        # Whether an order of the venue's own close is still seen working depends on when one looks.
        commands={(each.rule, each.target) for each in intents if each.target.startswith("position:")},
        alerts={alert.id for each in told.decisions for alert in each.alerts},
        disagreements=disagreements(told, ledger),
        lost=lost(told, promised),
    )


@pytest.fixture(scope="module")
def life() -> Iterator[Lives]:
    with lives() as made:
        yield made


@pytest.fixture(scope="module")
def uninterrupted(life: Lives) -> Iterator[Story]:
    root = Path(mkdtemp(prefix="rm-"))
    try:
        yield play(root, [], life)
    finally:
        rmtree(root, ignore_errors=True)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("session", SESSIONS)
def test_killed_again_and_again_the_session_ends_as_if_uninterrupted(
    short_tmp: Path, life: Lives, uninterrupted: Story, figure: Figure, session: str
):
    before = life.deaths.copy()
    story = play(short_tmp, DEATHS[session], life)
    assert life.deaths - before == counted(session)
    assert story.lost == []
    assert story.disagreements == []
    for what in ("orders", "trades", "balance", "tables", "commands", "alerts"):
        assert getattr(story, what) == getattr(uninterrupted, what)
    figure(
        f"SIGKILL in a lockstep replay, {session}: {shown(counted(session))}; acknowledged rows lost: {len(story.lost)}"
    )


def test_every_phase_is_died_in_ten_times(figure: Figure):
    total = sum((counted(session) for session in SESSIONS), Counter())
    figure(f"SIGKILL in a lockstep replay, planned in all: {shown(total)}")
    assert all(total[phase] >= 10 for phase in PHASES)


def counted(session: str) -> Counter[str]:
    return Counter(death.partition(":")[0] for death in DEATHS[session])


def shown(deaths: Counter[str]) -> str:
    return ", ".join(f"{phase} {deaths[phase]}" for phase in PHASES if deaths[phase])
