"""The disk is full, or files grow no more, in mid-session: frozen, still flattens, exit 1, clean after the repair."""

import resource
import subprocess
from collections.abc import Callable
from shutil import rmtree

import pytest
from tests.integration.daemon.phones import Phone, about, configured, guarded
from tests.integration.daemon.programs import Program, World


def no_more_growth(it: World, daemon: Program) -> Callable[[], None]:
    """No file may grow beyond the journal's size now: its next write fails with EFBIG, the log goes on."""
    size = (it.data / "state" / "SIM-50K" / "journal.db-wal").stat().st_size
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (size, size))
    return lambda: None  # the limit dies with the process


def full_disk(it: World, _daemon: Program) -> Callable[[], None]:
    """A small tmpfs is filled to its last byte."""
    filler = it.data / "filler"
    with filler.open("wb", buffering=0) as stream:
        for size in (65_536, 4096, 1):
            try:
                while True:
                    stream.write(bytes(size))
            except OSError:
                continue
    return filler.unlink


@pytest.fixture(params=["full_disk", "no_more_growth"])
def breaks_the_disk(request, it: World):
    if request.param == "no_more_growth":
        yield no_more_growth
        return
    it.data.mkdir(mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", it.data],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:  # not ours to mount here: the other way to break it takes its place
        yield no_more_growth
        return
    try:
        yield full_disk
    finally:
        for program in it._started:
            if program.process.poll() is None:
                program.kill()
        subprocess.run(["umount", "-l", it.data], check=False)


def holding(it: World, phone: Phone) -> Program:
    """A manager in free mode whose account holds two ES."""
    it.exchange("calm", mode="free")
    daemon = guarded(it, configured(it), phone)
    daemon.heard.checkpoint(6)
    it.trade("ES", "+2")
    it.until_status(lambda found: [each["net"] for each in found["positions"]] == [2])
    return daemon


def test_a_store_that_cannot_be_written_freezes_flattens_pages_and_ends_with_1(
    it: World, phone: Phone, breaks_the_disk
):
    daemon = holding(it, phone)
    repair = breaks_the_disk(it, daemon)
    it.trade("MNQ", "+1")
    told = daemon.heard.until(lambda heard: "store cannot be written" in heard.fields.get("STATUS", ""))
    assert "nothing that adds exposure is sent" in told.fields["STATUS"]
    phone.until(lambda it: bool(about(it, "service", "trigger")))
    (page,) = about(phone, "service", "trigger")
    assert "Blocked: the whole account: new exposure; closing, reducing and cancelling are still sent" in page["text"]
    assert "journal.db" in page["text"], "which disk"
    found = it.until_status(lambda found: bool(found["lockouts"]))
    assert "the store cannot be written" in found["lockouts"][0]["reason"]

    code, _, err = it.command("flatten", "--yes", "--data-dir", it.data)
    assert code == 0, err
    code, _, err = daemon.end()
    assert code == 1
    assert "cannot be written" in err
    assert it.ledger()["flat"]

    repair()
    again = guarded(it, it.root / "config" / "risk_config.yaml", phone)
    again.heard.checkpoint(6)
    phone.until(lambda it: bool(about(it, "service", "resolve")))
    status = it.until_status(lambda _: True)
    assert (status["positions"], status["lockouts"]) == ([], [])
    assert again.stop()[0] == 0


def test_a_state_directory_that_is_deleted_under_the_daemon_is_a_store_that_cannot_be_written(it: World, phone: Phone):
    """Nothing happens at the venue meanwhile: it is noticed by the clock alone."""
    daemon = holding(it, phone)
    rmtree(it.data / "state")
    told = daemon.heard.until(lambda heard: "store cannot be written" in heard.fields.get("STATUS", ""))
    assert "nothing that adds exposure is sent" in told.fields["STATUS"]
    phone.until(lambda it: bool(about(it, "service", "trigger")))
    (page,) = about(phone, "service", "trigger")
    assert "taken away while it was in use: journal.db is gone" in page["text"]
    it.trade("ES", "-2")
    code, _, err = daemon.end()
    assert code == 1
    assert "journal.db is gone" in err
    assert "a start without it knows of no lockout" in err
    assert "Traceback" not in err


def test_told_to_stop_it_ends_with_1_and_leaves_what_may_stay(it: World, phone: Phone):
    daemon = holding(it, phone)
    no_more_growth(it, daemon)
    it.trade("MNQ", "+1")
    daemon.heard.until(lambda heard: "store cannot be written" in heard.fields.get("STATUS", ""))
    code, _, _ = daemon.stop()
    assert code == 1
    assert not it.ledger()["flat"], "nobody asked for what is held to be closed"
