"""The shipped unit under a real systemd, in namespaces of its own: starts, notices a stopped process, restarts, stops.

It needs root, systemd's files, and a machine that systemd does not run already; elsewhere the end of the test run says
UNKNOWN by name, and test_systemd.py runs the unit's command against a notify socket everywhere.
"""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "packaging" / "systemd" / "risk-manager@.service"
SCRIPT = Path(__file__).with_name("systemd_for_real.sh")
INSTANCE = "risk-manager@SIM-50K"
SPACES = ("--fork", "--kill-child", "--pid", "--mount", "--uts", "--ipc", "--mount-proc", "--cgroup")
GROUPS = Path("/sys/fs/cgroup")
# The boot of a whole system is left out, and a heartbeat is missed sooner than in production.
# The checkout may lie below /tmp, which the unit does not let the service see: hence PYTHONPATH.
DROP_IN = """[Unit]
DefaultDependencies=no
After=
Wants=
[Service]
WatchdogSec=2
ProtectHome=no
Environment=PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/opt/risk-manager/src
"""
EXCHANGE = """[Unit]
DefaultDependencies=no
[Service]
Type=notify
User=risk-manager
UMask=0077
StateDirectory=risk-manager/SIM-50K
StateDirectoryMode=0700
WorkingDirectory=/opt/risk-manager
Environment=PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/opt/risk-manager/src
ExecStart=/opt/risk-manager/.venv/bin/python -m risk_manager exchange --scenario calm --mode free \
  --socket %S/risk-manager/SIM-50K/exchange.sock --data-dir %S/risk-manager/SIM-50K/exchange
"""
pytestmark = pytest.mark.integration


def missing():
    """Why systemd cannot be run for real here; empty where it can."""
    if not sys.platform.startswith("linux") or not Path("/lib/systemd/systemd").exists():
        return "systemd is not on this machine"
    if os.geteuid() != 0:
        return "namespaces of its own need root"
    if Path("/proc/1/comm").read_text(encoding="utf-8").strip() == "systemd":
        return "systemd runs this machine already"
    if not all(shutil.which(name) for name in ("unshare", "nsenter", "systemctl")):
        return "unshare, nsenter or systemctl is not on this machine"
    if subprocess.run(["unshare", *SPACES, "true"], capture_output=True, check=False, timeout=20).returncode != 0:
        return "this machine allows no namespaces"
    return ""


def groups():
    return {path for name in ("init.scope", "system.slice") for path in GROUPS.glob(f"*/{name}")}


class Systemd:
    """A running systemd; `ask` and `show` speak to it."""

    def __init__(self, pid):
        self.pid = pid

    def ask(self, *words):
        command = ["nsenter", "-t", str(self.pid), "-a", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)

    def ctl(self, *words):
        done = self.ask("systemctl", *words)
        assert done.returncode == 0, done.stderr + self.ask("systemctl", "status", "--no-pager", INSTANCE).stdout
        return done.stdout.strip()

    def is_up(self):
        return self.ask("systemctl", "is-system-running").stdout.strip() == "running"

    def is_another(self, pid):
        """Is it up again, as another process?"""
        return self.show("ActiveState") == "active" and self.show("MainPID") != pid

    def show(self, name):
        return self.ctl("show", "-P", name, INSTANCE)


@contextmanager
def running(home, wait_until):
    """Systemd as the first process of its own namespaces; gone, with its control groups, at the end."""
    before = groups()
    command = ["unshare", *SPACES, "sh", str(SCRIPT), str(home), str(ROOT), sys.base_prefix]
    with (home / "systemd.log").open("wb") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        inside = []
        wait_until(lambda: inside or inside.extend(psutil.Process(child.pid).children()), "its first process")
        systemd = Systemd(inside[0].pid)
        wait_until(
            systemd.is_up, f"systemd to run: {(home / 'systemd.log').read_text(errors='replace')}", deadline_s=30
        )
        yield systemd
    finally:
        child.kill()
        child.wait()
        with suppress(psutil.Error):
            psutil.wait_procs(inside, timeout=10)
        for group in groups() - before:
            for directory, _, _ in os.walk(group, topdown=False):
                with suppress(OSError):  # still in use for a moment: the kernel drops it with its last process
                    Path(directory).rmdir()


def test_a_real_systemd_starts_it_notices_that_it_stands_still_restarts_it_and_stops_it(tmp_path, figure, wait_until):
    if why := missing():
        figure(f"UNKNOWN, the unit under a real systemd: {why}")
        return
    units = tmp_path / "units"
    (units / f"{UNIT.name}.d").mkdir(parents=True)
    shutil.copy(UNIT, units / UNIT.name)
    (units / f"{UNIT.name}.d" / "test.conf").write_text(DROP_IN, encoding="utf-8")
    (units / "exchange.service").write_text(EXCHANGE, encoding="utf-8")
    (units / "only.target").write_text("[Unit]\nDefaultDependencies=no\n", encoding="utf-8")
    with running(tmp_path, wait_until) as systemd:
        systemd.ctl("start", "exchange.service")
        systemd.ctl("start", INSTANCE)  # returns with READY=1
        assert systemd.show("ActiveState") == "active"
        assert "guarding" in systemd.show("StatusText")
        first = systemd.show("MainPID")
        systemd.ask("kill", f"-{signal.SIGSTOP.value}", first)
        wait_until(lambda: systemd.show("Result") == "watchdog", "the watchdog", deadline_s=20)
        wait_until(lambda: systemd.is_another(first), "the restart", deadline_s=20)
        assert systemd.show("NRestarts") == "1"
        systemd.ctl("stop", INSTANCE)
        assert (systemd.show("ActiveState"), systemd.show("ExecMainStatus")) == ("inactive", "0")
        modes = systemd.ask("stat", "-c", "%U %a", "/var/lib/risk-manager/SIM-50K", "/var/log/risk-manager/SIM-50K")
        assert modes.stdout.splitlines() == ["risk-manager 700"] * 2
