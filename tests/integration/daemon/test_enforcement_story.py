"""From boot to enforcement, told by the exchange's own ledger; the exchange is another process."""

import json
import signal
from pathlib import Path

from tests.integration.daemon.programs import World

CHECKPOINT_MARKS = ("🚀", "✅ C", "✅ S", "✅ R", "✅ E", "📨 Event", "🔍", "⚠️")


def test_a_breach_ends_flat_and_a_lockout_that_holds_undoes_what_comes_after(it: World):
    it.exchange("breach")
    daemon = it.daemon()
    daemon.heard.checkpoint(8, phase="confirmed")
    daemon.heard.checkpoint(8, phase="confirmed", action="close CON.F.US.MNQ.Z25 (+5) for daily_realized_loss")
    code, _, err = daemon.stop()
    ledger = it.ledger()
    assert code == 0, err
    assert ledger["flat"]
    assert {order["origin"] for order in ledger["orders"]} == {"script", "manager"}
    closed = [order for order in ledger["orders"] if order["origin"] == "manager"]
    assert {order["contract"].split(".")[3] for order in closed} == {"EP", "MNQ"}
    assert all(order["custom_tag"].startswith("rm-") for order in closed)


def test_the_eight_checkpoints_come_in_order_in_the_log_and_to_the_supervisor(it: World):
    it.exchange("breach")
    daemon = it.daemon("--canary")
    daemon.heard.checkpoint(8, phase="confirmed")
    daemon.stop()
    first: dict[int, int] = {}
    for heard in daemon.heard.all:
        if heard.checkpoint is not None:
            first.setdefault(heard.checkpoint.n, heard.checkpoint.seq)
    assert list(first) == [1, 2, 3, 4, 5, 6, 7, 8]
    text = it.log.read_text()
    positions = [text.index(mark) for mark in CHECKPOINT_MARKS]
    assert positions == sorted(positions)
    sequence = [heard.seq for heard in daemon.heard.all]
    assert sequence == list(range(1, len(sequence) + 1))


def test_killed_while_locked_out_it_comes_back_locked_and_closes_what_was_opened_meanwhile(it: World):
    it.exchange("breach")
    daemon = it.daemon()
    daemon.heard.checkpoint(8, phase="confirmed")
    daemon.heard.until(lambda heard: "cancel" in str(heard.checkpoint and heard.checkpoint.detail.get("action")))
    daemon.kill()
    it.trade("MNQ", "+2")
    assert not it.ledger()["flat"]

    again = it.daemon()
    again.heard.checkpoint(8, phase="confirmed")
    again.stop()
    text = it.log.read_text()
    assert "state restored after a crash" in text
    assert "lockouts: daily_realized_loss" in text
    assert text.index("adopted open position: MNQ +2") < text.rindex("✅ Event loop running")
    assert it.ledger()["flat"]


def test_a_position_opened_by_hand_during_a_lockout_is_flat_again(it: World):
    it.exchange("breach", "--speed", "max", mode="free")
    daemon = it.daemon()
    daemon.heard.until(lambda heard: "daily_realized_loss" in str(heard.checkpoint and heard.checkpoint.detail))
    daemon.heard.checkpoint(8, phase="confirmed")
    before = len(it.ledger()["orders"])
    it.trade("MNQ", "-3")
    daemon.heard.until(lambda heard: "MNQ.Z25 (-3)" in str(heard.checkpoint and heard.checkpoint.detail))
    daemon.heard.checkpoint(8, phase="confirmed")
    ledger = it.ledger()
    assert ledger["flat"]
    assert len(ledger["orders"]) >= before + 2


def test_a_restart_in_order_forgets_nothing_and_sends_nothing(it: World):
    it.exchange("breach")
    daemon = it.daemon()
    daemon.heard.checkpoint(8, phase="confirmed")
    daemon.heard.until(lambda heard: "cancel" in str(heard.checkpoint and heard.checkpoint.detail.get("action")))
    daemon.heard.checkpoint(8, phase="confirmed")
    daemon.stop()
    orders = it.ledger()["orders"]
    again = it.daemon()
    again.heard.checkpoint(5)
    code, _, _ = again.stop()
    assert code == 0
    assert it.ledger()["orders"][: len(orders)] == orders
    assert "state restored after a clean stop" in it.log.read_text()


def test_a_dry_run_decides_and_sends_nothing(it: World):
    it.exchange("breach")
    daemon = it.daemon("--dry-run")
    daemon.heard.checkpoint(8, phase="sealed")
    daemon.stop()
    ledger = it.ledger()
    assert not [order for order in ledger["orders"] if order["origin"] == "manager"]
    assert '"is":"ClosePosition"' in it.decisions()


def test_a_calm_session_is_left_alone(it: World):
    it.exchange("calm")
    daemon = it.daemon("--canary")
    daemon.heard.checkpoint(8, phase="sealed")
    daemon.stop()
    assert not [order for order in it.ledger()["orders"] if order["origin"] == "manager"]


def test_an_exchange_that_dies_and_comes_back_is_reconnected_and_reconciled(it: World):
    exchange = it.exchange("calm", mode="free")
    daemon = it.daemon()
    daemon.heard.checkpoint(6)
    exchange.kill()
    it.exchange("calm", mode="free")
    it.trade("ES", "+9")
    daemon.heard.checkpoint(8, phase="confirmed", rule="max_contracts_per_instrument")
    daemon.stop()
    assert "connected again" in it.log.read_text()
    (position,) = it.ledger()["positions"]
    assert (position["side"], position["size"]) == ("long", 3)


def test_two_replays_of_one_session_decide_the_same_to_the_byte(it: World, short_tmp: Path):
    seen = []
    for name in ("one", "two"):
        data = short_tmp / name
        code, out, err = it.start(
            "run", "--replay", "demo-breach", "--data-dir", data, "--log-dir", short_tmp / "l", "--json"
        ).end()
        assert code == 0, err
        assert json.loads(out)["flat"]
        seen.append(it.decisions(data))
    assert seen[0] == seen[1]
    assert seen[0].count("\n") > 20


def test_the_socket_and_the_embedded_exchange_lead_to_the_same_decisions(it: World, short_tmp: Path):
    it.exchange("breach")
    daemon = it.daemon()
    daemon.heard.until(lambda heard: "cancel order" in str(heard.checkpoint and heard.checkpoint.detail.get("action")))
    daemon.heard.checkpoint(8, phase="confirmed")
    daemon.stop(signal.SIGTERM)
    it.start(
        "run", "--replay", "demo-breach", "--data-dir", short_tmp / "r", "--log-dir", short_tmp / "l", "--json"
    ).end()
    assert "refused:" not in it.log.read_text()
    over_socket, embedded = it.decisions().splitlines(), it.decisions(short_tmp / "r").splitlines()
    assert len(over_socket) > 20
    assert over_socket == embedded[: len(over_socket)]
