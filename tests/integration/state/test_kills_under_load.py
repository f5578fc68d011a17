"""SIGKILL at random moments while a venue that does not wait is busy: ledger, journal and what was promised agree.

The exchange is another process in free mode, a minute of market time a second: its time goes on, and its trader trades
on, whether the manager lives or not. Afterwards the venue's time is made to stand, one more life reads what happened,
and the two books are laid side by side.
"""

import random  # noqa: TID251 -- a seed of its own: when each life ends
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.integration.daemon.programs import Program, World, world
from tests.integration.state.witness import Acknowledged, acknowledged, disagreements, lost, read_journal

from risk_manager.sdk.simulated.ledger_view import read_ledger

SEED = 20251121
KILLS = 12
LONGEST_LIFE_S = 0.9
BUSY, STANDING = ("free", "60"), ("lockstep", "0.01")

# He goes over the limits of both markets, in both directions, sixteen times a minute.
TRADER = """\
schema: rm.script/1
account:
  balance: "50000.00"
fees_per_side: {ES: "1.00", MNQ: "1.00"}
actions:
""" + "".join(
    f'  - {{at: "+{second}s", do: {verb}, contract: {contract}{size}}}\n'
    for second, verb, contract, size in (
        (4, "buy", "MNQ", ", size: 12"),
        (6, "sell", "ES", ", size: 9"),
        (12, "close", "MNQ", ""),
        (16, "close", "ES", ""),
        (19, "sell", "MNQ", ", size: 11"),
        (21, "buy", "ES", ", size: 8"),
        (27, "close", "MNQ", ""),
        (31, "close", "ES", ""),
        (34, "buy", "MNQ", ", size: 14"),
        (36, "buy", "ES", ", size: 7"),
        (42, "close", "MNQ", ""),
        (46, "close", "ES", ""),
        (49, "sell", "MNQ", ", size: 15"),
        (51, "sell", "ES", ", size: 6"),
        (55, "close", "MNQ", ""),
        (58, "close", "ES", ""),
    )
)


@dataclass
class Promises:
    """What was observed from outside before each death."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    intents: set[str] = field(default_factory=set)
    lives: int = 0

    def kill(self, daemon: Program, after_s: float, journal: Path) -> None:
        """Let it live for so long, then no longer; keep what it has said and what it has promised."""
        daemon.heard.listen(after_s)
        assert daemon.process.poll() is None, daemon.end()
        daemon.kill()
        self.lives += 1
        self.acknowledged.append(acknowledged(journal))
        for each in daemon.heard.all:
            if each.checkpoint is not None and each.checkpoint.n == 8:
                self.intents.add(str(each.checkpoint.detail["intent"]))


def begin(it: World, mode: str, speed: str) -> Program:
    return it.exchange("soak", "--script", it.root / "trader.yaml", "--speed", speed, mode=mode)


@pytest.mark.timeout(120)
def test_killed_at_random_under_load_every_execution_is_applied_once_and_nothing_promised_is_lost(
    short_tmp: Path, figure: Figure
):
    chance = random.Random(SEED)  # noqa: S311 -- nothing secret: how long each life lasts
    (short_tmp / "trader.yaml").write_text(TRADER)
    journal = short_tmp / "data" / "state" / "SIM-50K" / "journal.db"
    promises = Promises()
    with world(short_tmp) as it:
        venue = begin(it, *BUSY)
        first = it.daemon()
        first.heard.checkpoint(5)  # the venue's time begins with its first manager
        promises.kill(first, 1.0, journal)
        while promises.lives <= KILLS:
            daemon = it.daemon()
            if promises.lives % 3:  # every third may die while it boots
                daemon.heard.checkpoint(5)
            promises.kill(daemon, chance.uniform(0, LONGEST_LIFE_S), journal)
        assert venue.stop()[0] == 0
        venue = begin(it, *STANDING)
        daemon = it.daemon()
        daemon.heard.checkpoint(5)
        it.until_status(lambda status: not status["intents_under_way"])
        assert daemon.stop()[0] == 0
        assert venue.stop()[0] == 0
    told, ledger = read_journal(journal), read_ledger(short_tmp / "ex")
    ours = [order.custom_tag for order in ledger.orders if order.origin == "manager"]
    figure(
        f"SIGKILL under load: {promises.lives} at random moments (seed {SEED});"
        f" {len(ledger.trades)} executions, applied {sum(told.applied.values())};"
        f" {len(ours)} orders of ours, {len(ours) - len(set(ours))} sent twice;"
        f" {max(each.seq for each in promises.acknowledged)} rows acknowledged,"
        f" {len(lost(told, promises.acknowledged))} lost"
    )
    assert lost(told, promises.acknowledged) == []
    assert disagreements(told, ledger) == []
    assert promises.intents <= {intent.client_order_id for each in told.decisions for intent in each.intents}
    assert promises.intents, "no death came while anything was enforced: that would prove little"
    assert len(ledger.trades) > 3 * KILLS
    assert len(ours) > KILLS // 3
