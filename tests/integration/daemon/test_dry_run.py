"""A dry run beside others: it sends nothing, and what they do ends what it wanted."""

import json
from typing import Any

from tests.conftest import WaitUntil
from tests.integration.daemon.programs import World


def decided(it: World) -> list[dict[str, Any]]:
    """What `journal --decided` prints."""
    code, out, err = it.command("journal", "--decided", "--data-dir", it.data)
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


def wants(it: World) -> list[tuple[str, str]]:
    """The orders it wanted, and how each wish ended."""
    lines = [line for line in decided(it) if line["rule"] == "max_contracts_per_instrument"]
    return [(line["phase"], line["words"].partition(" ")[0]) for line in lines if line["phase"] != "point"]


def test_an_intent_of_a_dry_run_ends_once_somebody_else_has_brought_it_about(it: World, wait_until: WaitUntil):
    it.exchange("calm", mode="free")
    daemon = it.daemon("--dry-run")
    daemon.heard.checkpoint(6)
    it.trade("MNQ", "+12")  # two more than allowed
    daemon.heard.checkpoint(8, phase="sealed")
    assert wants(it) == [("begin", "reduce")]
    it.trade("MNQ", "-2")
    wait_until(lambda: wants(it)[-1] == ("end", "confirmed"), "it sees that somebody has reduced the position")
    it.trade("MNQ", "+1")
    wait_until(lambda: wants(it)[-1] == ("begin", "reduce"), "and decides on")
    daemon.stop()
    orders = it.ledger()["orders"]
    assert len([order for order in orders if order["origin"] == "manual"]) == 3
    assert not [order for order in orders if order["origin"] == "manager"]
    assert not any(line["again"] for line in decided(it))


def test_what_was_decided_is_asked_for_in_one_way_at_a_time(it: World):
    for both in (("--decided", "--decisions"), ("--verify", "--follow")):
        code, _, err = it.command("journal", *both, "--data-dir", it.data)
        assert code == 64
        assert "--decided" in err
