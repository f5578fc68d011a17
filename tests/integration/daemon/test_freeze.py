"""A state that contradicts itself is frozen and shown; it is not lifted while the contradiction stands."""

from tests.integration.daemon.programs import PROJECT, World

COUNTS_TWICE = PROJECT / "tests" / "mutants" / "counts_twice.py"


def test_a_fill_that_is_counted_twice_freezes_the_account_and_status_says_what_is_blocked(it: World):
    it.exchange("calm", mode="free")
    daemon = it.daemon(launcher=COUNTS_TWICE)
    daemon.heard.checkpoint(6)
    it.trade("ES", "+2")
    found = it.until_status(lambda found: bool(found["lockouts"]))
    (lockout,) = found["lockouts"]
    assert (lockout["id"], lockout["until"], lockout["liftable"]) == ("invariant:INV-004", None, True)
    assert lockout["reason"] == "realized P&L is the sum of counted trades"
    assert "the counted trades by (0, 2800, 1)" in lockout["arithmetic"]
    assert lockout["since"]

    it.until_status(lambda found: [each["id"] for each in found["alerts"]] == ["INV-004"])
    assert "alert INV-004, critical: SIM-50K: " in it.log.read_text()

    code, _, err = it.command("unfreeze", "invariant:INV-004", "--yes", "--reason", "x", "--data-dir", it.data)
    assert code == 1
    assert "stays frozen" in err
    assert it.until_status(lambda _: True)["lockouts"]

    assert it.command("flatten", "--yes", "--data-dir", it.data)[0] == 0
    # The fill froze the account before or after its position was heard; in the first case the freeze closes it itself.
    daemon.heard.checkpoint(8, phase="confirmed")
    it.until_status(lambda found: not found["positions"])
    assert it.ledger()["flat"], "what reduces risk stays possible"
