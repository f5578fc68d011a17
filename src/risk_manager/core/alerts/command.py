"""A channel that is a program: it gets the page as JSON on its standard input. No shell; a time limit; a group."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress

import msgspec

from risk_manager.config.alerts import ChannelConfig
from risk_manager.config.secrets import NAMES as CREDENTIALS
from risk_manager.core.alerts.channel import Outcome
from risk_manager.core.alerts.page import Page

_SHOWN_CHARS = 160
_SECOND_NS = 1_000_000_000


class Command:
    """Runs the program once for each page; exit code 0 means that it was taken, anything else is tried again.

    It gets our environment without the venue's credentials, which are none of its business.
    """

    def __init__(self, config: ChannelConfig, environ: Mapping[str, str]) -> None:
        self.name = config.name
        self._argv = list(config.argv)
        self._timeout_s = config.timeout_ns / _SECOND_NS
        self._environ = {name: value for name, value in environ.items() if name not in CREDENTIALS}
        self._running: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        return f"Command({self.name}, {self._argv[0]})"

    def send(self, page: Page) -> Outcome:
        """Try once."""
        try:
            process = self._running = subprocess.Popen(
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=self._environ,
                start_new_session=True,
            )
        except OSError as error:
            return Outcome("later", f"{self._argv[0]}: cannot be started: {error.strerror}")
        try:
            _, words = process.communicate(msgspec.json.encode(page) + b"\n", timeout=self._timeout_s)
        except subprocess.TimeoutExpired:
            _end(process)
            return Outcome("later", f"{self._argv[0]}: not finished within {self._timeout_s:g} s; it was ended")
        finally:
            self._running = None
            for stream in (process.stdin, process.stderr):
                if stream is not None:
                    with suppress(OSError):  # what a program did not read is of no use to anybody now
                        stream.close()
        if process.returncode == 0:
            return Outcome("taken", f"{self._argv[0]}: exit code 0")
        last = words.decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
        return Outcome("later", f"{self._argv[0]}: exit code {process.returncode}: {last[0][:_SHOWN_CHARS]}")

    def abandon(self) -> None:
        """End what runs."""
        process = self._running
        if process is not None:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the program and everything it started, and reap it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    process.wait()
