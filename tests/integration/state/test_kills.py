"""SIGKILL in every phase of a life, ten times each, on one recorded session: it ends as if nothing had happened.

The exchange is another process and runs in lockstep, so the session is the same in every run. The daemon that dies is a
mutant that kills itself at the N-th time it reaches the phase; the one that finishes the session is the real one.
"""

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.daemon.programs import PROJECT, World, world

MUTANT = PROJECT / "tests" / "mutants" / "dies_at.py"
DEADLINE_S = 60.0

# Some way into the session first, so that there is something to be read back.
RUNS = {
    "before-commit": ["before-commit:1 2 3 4 5 6 3 4 5 2"],
    "recovering": ["before-commit:12", "recovering:3 5 7 9 11 4 6 8 10 2"],
    "reconciling": ["before-commit:12", "reconciling:1 1 1 1 1 1 1 1 1 1"],
    "unsent first": ["unsent:1 1 2 2"],
    "unsent second": ["unsent:2 1 2"],
    "unsent third": ["unsent:3 1 1"],
    "unacknowledged first": ["unacknowledged:1 1 1 1"],
    "unacknowledged second": ["unacknowledged:2 1 1"],
    "unacknowledged third": ["unacknowledged:1 2 1"],
}


@dataclass(frozen=True)
class End:
    """How a session ended: the venue's own ledger, what the daemon says, what it decided and asked for."""

    orders: list[tuple]
    flat: bool
    status: dict[str, Any]
    lockouts: list[tuple]
    commands: set[tuple]


def play(root: Path, deaths: list[str]) -> tuple[End, int]:
    """The whole session, with these deaths on the way; how it ended, and how many there really were."""
    killed = 0
    with world(root) as it:
        it.exchange("breach", "--speed", "max")
        for death in deaths:
            died = it.daemon(launcher=MUTANT, env={"DIES_AT": death}).end(deadline_s=DEADLINE_S)
            killed += died[0] == -signal.SIGKILL
        daemon = it.daemon()
        daemon.heard.until(lambda heard: heard.fields.get("STATUS") == "session ended", deadline_s=DEADLINE_S)
        code, out, err = it.command("status", "--json", "--data-dir", it.data)
        assert code == 0, err
        assert daemon.stop()[0] == 0
        return end_of(it, json.loads(out)), killed


def end_of(it: World, status: dict[str, Any]) -> End:
    ledger = it.ledger()
    told = ("origin", "contract", "side", "size", "status", "fill_volume")
    decided = [json.loads(line)["decision"] for line in it.decisions().splitlines()]
    changes = [change for decision in decided for change in decision.get("changes", ())]
    lockouts = [c["after"] for c in changes if c["table"] == "lockouts" and c["before"] is None]
    return End(
        orders=[tuple(order[name] for name in told) for order in ledger["orders"]],
        flat=ledger["flat"],
        status={name: status[name] for name in ("trades", "fees", "positions", "working_orders", "intents_under_way")}
        | {"money": (status["realized"], status["balance"], ledger["account"]["balance"])},
        lockouts=[(each["rule"], each["kind"], each["until_ns"], each["arithmetic"]) for each in lockouts],
        # Whether an order of the venue's own close is still seen working depends on when one looks.
        commands={
            (intent["rule"], intent["target"])
            for decision in decided
            for intent in decision.get("intents", ())
            if intent["target"].startswith("position:")
        },
    )


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[End]:
    import shutil
    import tempfile

    root = Path(tempfile.mkdtemp(prefix="rm-"))
    try:
        yield play(root, [])[0]
    finally:
        shutil.rmtree(root, ignore_errors=True)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("run", RUNS)
def test_killed_again_and_again_the_session_ends_as_if_uninterrupted(
    short_tmp: Path, uninterrupted: End, run: str, record_property
):
    deaths = [f"{phase}:{n}" for part in RUNS[run] for phase, _, ns in [part.partition(":")] for n in ns.split()]
    end, killed = play(short_tmp, deaths)
    record_property("killed", killed)
    assert killed == len(deaths)
    assert (end.orders, end.flat, end.commands) == (uninterrupted.orders, True, uninterrupted.commands)
    if run.startswith("unsent"):
        # The close is sent after the restart, a little later in the venue's time, so at another price; the venue's
        # ledger and the daemon agree on it.
        end.status.pop("money")
        expected = {name: value for name, value in uninterrupted.status.items() if name != "money"}
        assert end.status == expected
        assert [lockout[:3] for lockout in end.lockouts] == [lockout[:3] for lockout in uninterrupted.lockouts]
    else:
        assert end.status == uninterrupted.status
        assert end.lockouts == uninterrupted.lockouts


@pytest.mark.parametrize("phase", ["before-commit", "recovering", "reconciling", "unsent", "unacknowledged"])
def test_every_phase_is_died_in_ten_times(phase: str):
    parts = [part.partition(":") for run in RUNS.values() for part in run]
    assert sum(len(times.split()) for name, _, times in parts if name == phase) >= 10
