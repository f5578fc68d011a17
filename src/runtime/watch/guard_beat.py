"""The guard's own heartbeat: who watches must be watched from outside, by systemd or by whoever reads a file.

`guard.json` is written anew every second while the watch's loop turns, and NOTIFY_SOCKET, where a supervisor has set
one, hears READY=1, WATCHDOG=1 and STOPPING=1. `judge` reads the file and tells a guard that is fine from one that is
gone, one that hangs or is stopped, one that ended in order, and one that another life of the machine had.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from runtime.clocks import monotonic_ns, seconds_between, utc_now, utc_text
from runtime.verdict import Verdict
from service_contract.atomic_files import make_private_dir, write_atomically
from service_contract.findings import Finding

NAME = "guard.json"
MAX_AGE_S = 10.0
_EVERY_S = 1.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class GuardState(msgspec.Struct, frozen=True, kw_only=True):
    """guard.json. t_ns: CLOCK_MONOTONIC of the machine's life `boot`. born_s: when the process began, as the system
    says it, because a pid is given again. ended: why the guard ended in order, empty while it guards.
    """

    service: str
    run: str
    pid: int
    born_s: float
    boot: str
    t_ns: int
    at: str
    service_pid: int
    ended: str = ""


class GuardBeat:
    """Beats as long as `turned` is called; once a second at most."""

    def __init__(self, directory: Path, service: str, run: str, environ: Mapping[str, str]) -> None:
        """directory: of all runs of watch."""
        self._file = directory / NAME
        self._service = service
        self._run = run
        self._born_s = psutil.Process().create_time()
        self._boot = boot_id()
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._last_ns = 0
        self._said_ready = False

    def turned(self, service_pid: int) -> None:
        """The loop of the watch has turned. Raises nothing: a full disk must not end the guard."""
        now_ns = monotonic_ns()
        if self._last_ns and seconds_between(self._last_ns, now_ns) < _EVERY_S:
            return
        self._last_ns = now_ns
        self._write(service_pid, "")
        self._say("WATCHDOG=1" if self._said_ready else "READY=1\nWATCHDOG=1")
        self._said_ready = True

    def end(self, why: str) -> None:
        """The guard ends in order."""
        self._write(0, why)
        self._say("STOPPING=1")

    def _write(self, service_pid: int, ended: str) -> None:
        state = GuardState(
            service=self._service, run=self._run, pid=os.getpid(), born_s=self._born_s, boot=self._boot,
            t_ns=monotonic_ns(), at=utc_text(utc_now()), service_pid=service_pid, ended=ended,
        )  # fmt: skip
        with suppress(OSError):  # what is not written grows old, and that is what it is for
            make_private_dir(self._file.parent)
            write_atomically(self._file, msgspec.json.encode(state), sync=False)

    def _say(self, text: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to, suppress(OSError):
            to.setblocking(False)
            to.sendto(text.encode(), address)


def boot_id() -> str:
    """Which life of the machine this is; empty where the system does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def judge(directory: Path, max_age_s: float) -> tuple[Verdict, str, Finding | None]:
    """Does a guard guard? The verdict, a sentence, and the finding where it does not."""
    file = directory / NAME
    try:
        state = msgspec.json.decode(file.read_bytes(), type=GuardState)
    except (OSError, msgspec.MsgspecError) as error:
        return Verdict.UNKNOWN, f"no guard has left word here: {error}", None
    age_s = seconds_between(state.t_ns, monotonic_ns())
    wrong = _wrong(state, age_s, max_age_s)
    if not wrong:
        what = f"the guard of {state.service} (pid {state.pid}) beat {age_s:.1f} s ago"
        return Verdict.PASS, what, None
    what = f"nothing guards {state.service}: {wrong}"
    evidence = {**msgspec.to_builtins(state), "age_s": age_s, "max_age_s": max_age_s, "file": str(file)}
    return Verdict.FAIL, what, Finding("WATCH-006", what, evidence, next=["risk-runtime explain WATCH-006"])


def _wrong(state: GuardState, age_s: float, max_age_s: float) -> str:
    if state.boot != boot_id():
        return f"the machine was started again since {state.at}, and the guard was not"
    if state.ended:
        return f"its guard ended in order at {state.at}: {state.ended}"
    status = _status(state)
    if not status:
        return f"its guard (pid {state.pid}) is gone; it was last alive at {state.at}"
    if status == psutil.STATUS_STOPPED:
        return f"its guard (pid {state.pid}) is stopped (SIGSTOP)"
    if not 0 <= age_s <= max_age_s:
        return f"its guard (pid {state.pid}, {status}) has not beaten for {age_s:.1f} s"
    return ""


def _status(state: GuardState) -> str:
    """What the system says of the guard's process; empty where it is not that process any more."""
    try:
        process = psutil.Process(state.pid)
        same = abs(process.create_time() - state.born_s) < 1.0
        status = str(process.status())
    except psutil.NoSuchProcess:
        return ""
    return status if same and status != psutil.STATUS_ZOMBIE else ""
