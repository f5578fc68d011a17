"""The systemd unit: valid, hardened, and its command does what Type=notify and WatchdogSec= promise."""

import configparser
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.daemon.programs import Heard, World, world

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "packaging" / "systemd" / "risk-manager@.service"
WATCHDOG_US = 400_000
MOST_EXPOSURE = 20  # tenths, as systemd-analyze counts it with --threshold
pytestmark = pytest.mark.integration


class _Unit(configparser.RawConfigParser):
    def optionxform(self, optionstr):
        return optionstr


@pytest.fixture(scope="module")
def unit():
    parser = _Unit(strict=False, interpolation=None)
    parser.read(UNIT, encoding="utf-8")
    return parser


@pytest.fixture
def it(short_tmp):
    with world(short_tmp) as made:
        yield made


def analyze(tmp_path, record_property, *arguments):
    """What systemd-analyze says of the unit as it would be installed here; None and a named SKIP where it is not."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        record_property("SKIP", "systemd-analyze is not on this machine")
        return None
    installed = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    text = text.replace("/opt/risk-manager/.venv/bin/python", os.path.realpath(sys.executable))
    installed.write_text(text.replace("WorkingDirectory=/opt/risk-manager", f"WorkingDirectory={ROOT}"))
    return subprocess.run([tool, *arguments, str(installed)], capture_output=True, text=True, check=False, timeout=50)


def test_systemd_finds_no_fault_in_the_unit(tmp_path, record_property):
    done = analyze(tmp_path, record_property, "verify", "--man=no")
    assert done is None or (done.returncode, done.stderr.strip()) == (0, "")


def test_systemd_rates_the_unit_as_hardly_exposed(tmp_path, record_property):
    done = analyze(
        tmp_path, record_property, "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSURE}"
    )
    assert done is None or done.returncode == 0, done.stdout


def test_the_unit_restarts_what_a_restart_can_mend_and_nothing_else(unit):
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["Restart"] == "on-failure"
    assert set(service["RestartPreventExitStatus"].split()) == {"3", "5", "64"}
    assert int(unit["Unit"]["StartLimitBurst"]) > 1
    assert int(service["WatchdogSec"]) >= 3, "the daemon beats once a second at least"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UMask", "0077"), ("StateDirectoryMode", "0700"), ("LogsDirectoryMode", "0700"), ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""), ("ProtectSystem", "strict"), ("LimitCORE", "0"), ("User", "risk-manager"),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
    ],
)  # fmt: skip
def test_the_unit_gives_the_daemon_no_right_it_does_not_need(unit, name, value):
    assert unit["Service"][name] == value


def command(unit, it: World, account: str) -> list[str]:
    """ExecStart with its specifiers filled in, run by this interpreter."""
    text = unit["Service"]["ExecStart"]
    for specifier, value in {"%i": account, "%S": str(it.root / "s"), "%L": str(it.root / "l")}.items():
        text = text.replace(specifier, value)
    assert not re.search(r"%[a-zA-Z]", text), text
    return [sys.executable, *shlex.split(text)[1:]]


def test_the_command_of_the_unit_is_ready_beats_and_says_that_it_stops(unit, it: World):
    argv = command(unit, it, "SIM-50K")
    data = Path(argv[argv.index("--data-dir") + 1])
    data.mkdir(parents=True, mode=0o700)
    exchange = it.start(
        "exchange", "--socket", data / "exchange.sock", "--data-dir", data / "exchange", "--scenario", "calm",
        "--mode", "free",
    )  # fmt: skip
    exchange.heard.until(lambda heard: heard.fields.get("READY") == "1")
    heard = Heard(it.root / "systemd")
    environ = {**os.environ, "NOTIFY_SOCKET": str(heard.address), "WATCHDOG_USEC": str(WATCHDOG_US)}
    daemon = subprocess.Popen(argv, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        heard.until(lambda said: said.fields.get("READY") == "1")
        reached = [said.checkpoint.n for said in heard.all if said.checkpoint]
        assert reached == [1, 2, 3, 4, 5], "ready means checkpoint 5"
        for _ in range(3):
            heard.until(lambda said: said.fields.get("WATCHDOG") == "1")
        daemon.send_signal(signal.SIGTERM)
        heard.until(lambda said: said.fields.get("STOPPING") == "1")
        _, errors = daemon.communicate(timeout=20)
        assert daemon.returncode == 0, errors
    finally:
        daemon.kill()
        daemon.communicate()
        heard.close()


def hear_on(daemon, wanted):
    """Hear what was said before it stopped, and then the silence."""
    while True:
        daemon.heard.until(wanted, deadline_s=3 * WATCHDOG_US / 1e6)


def test_a_stopped_daemon_sends_no_heartbeat_so_that_systemd_notices(unit, it: World, wait_until):
    """SIGSTOP: whoever supervises hears nothing until it goes on."""
    it.exchange("calm", mode="free")
    daemon = it.daemon(env={"WATCHDOG_USEC": str(WATCHDOG_US)})
    beat = lambda said: said.fields.get("WATCHDOG") == "1"  # noqa: E731 -- a condition, used three times
    daemon.heard.until(beat)
    daemon.process.send_signal(signal.SIGSTOP)
    status = Path(f"/proc/{daemon.process.pid}/stat")
    wait_until(
        lambda: not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "T", "the process to stop"
    )
    with pytest.raises(AssertionError, match="not heard"):
        hear_on(daemon, beat)
    daemon.process.send_signal(signal.SIGCONT)
    daemon.heard.until(beat)
    code, _, _ = daemon.stop()
    assert code == 0
    assert unit["Service"]["WatchdogSec"]
