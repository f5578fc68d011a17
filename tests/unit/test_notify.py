"""What a supervisor receives, over a real datagram socket, however slowly it reads."""

import logging
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from risk_manager.checkpoints import EIGHT, MERGE_NS, Checkpoints
from risk_manager.notify import Notifier
from service_contract import messages


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_ns = 1

    def wall_ns(self) -> int:
        return self.now_ns

    def monotonic_ns(self) -> int:
        return self.now_ns


@pytest.fixture
def supervisor(short_tmp: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(short_tmp / "notify"))
        listening.setblocking(False)
        yield listening


def received(supervisor: socket.socket) -> list[messages.Notification]:
    taken = []
    with suppress(BlockingIOError):
        while True:
            taken.append(messages.decode(supervisor.recv(65536)))
    return taken


def test_a_slow_supervisor_gets_everything_in_order_and_without_a_gap(supervisor: socket.socket):
    notifier = Notifier(supervisor.getsockname())
    for number in range(200):
        notifier.say(STATUS=str(number))
    seen: list[messages.Notification] = []
    while not notifier.flush():
        seen += received(supervisor)
    seen += received(supervisor)
    assert [each.seq for each in seen] == list(range(1, 201))
    assert [each.fields["STATUS"] for each in seen] == [str(number) for number in range(200)]
    notifier.close()


def test_a_supervisor_that_is_gone_is_dropped_and_the_service_goes_on(supervisor: socket.socket, caplog):
    address = supervisor.getsockname()
    notifier = Notifier(address)
    supervisor.close()
    Path(address).unlink()
    with caplog.at_level(logging.WARNING):
        notifier.say(READY="1")
        notifier.say(READY="1")
    assert not notifier.is_watched
    assert caplog.text.count("cannot be reached any more") == 1


def test_without_a_supervisor_nothing_is_sent_and_nothing_is_kept():
    notifier = Notifier(None)
    notifier.say(READY="1")
    assert notifier.flush()


@pytest.fixture
def told(supervisor: socket.socket) -> Iterator[tuple[Checkpoints, HandClock]]:
    clock, notifier = HandClock(), Notifier(supervisor.getsockname())
    yield Checkpoints(notifier, clock, "run1"), clock
    notifier.close()


def test_a_checkpoint_travels_with_its_number_name_and_detail(supervisor: socket.socket, told):
    checkpoints, _ = told
    checkpoints.reach(2, n=13)
    (seen,) = received(supervisor)
    assert seen.checkpoint == messages.Checkpoint(2, "config_loaded", 8, 1, "run1", 1, {"n": 13})


def test_the_first_answer_of_each_rule_travels_alone_and_later_ones_merged(supervisor: socket.socket, told):
    checkpoints, clock = told
    checkpoints.rule_evaluated("a", "ok")
    checkpoints.rule_evaluated("b", "ok")
    for _ in range(5):
        checkpoints.rule_evaluated("a", "ok")
    checkpoints.rule_evaluated("b", "breach")
    checkpoints.turn()
    assert [each.checkpoint.detail for each in received(supervisor)] == [
        {"rule": "a", "result": "ok"},
        {"rule": "b", "result": "ok"},
    ]
    clock.now_ns += MERGE_NS
    checkpoints.turn()
    (merged,) = received(supervisor)
    assert merged.checkpoint.detail == {"rules": {"a": "ok", "b": "breach"}, "counts": {"a": 5, "b": 1}}


def test_every_checkpoint_has_its_log_line(told, caplog):
    checkpoints, _ = told
    detail = {"n": 3, "account": "SIM", "event": "Quote ES", "rule": "r", "result": "ok", "action": "close"}
    with caplog.at_level(logging.INFO, logger="risk_manager"):
        for checkpoint in EIGHT:
            checkpoints.reach(checkpoint.n, **detail)
    assert [record.getMessage() for record in caplog.records] == [
        "🚀 Risk Manager starting...",
        "✅ Config loaded: 3 rules",
        "✅ SDK connected: SIM",
        "✅ Rules initialized: 3 rules",
        "✅ Event loop running",
        "📨 Event received: Quote ES",
        "🔍 Rule evaluated: r ok",
        "⚠️ Enforcement triggered: close",
    ]
    assert [record.levelname for record in caplog.records] == ["INFO"] * 7 + ["WARNING"]
