"""Short lives of the daemon, one after the other, each killed (SIGKILL) where it was told to die."""

import json
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.integration.daemon.programs import PROJECT

MUTANT = PROJECT / "tests" / "mutants" / "dies_at.py"
DEADLINE_S = 60.0


class Lives:
    """Begins lives that die; see `tests/mutants/dies_at.py` for the places."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.deaths: Counter[str] = Counter()

    def live(self, dies_at: str, argv: list[str], words: Path) -> None:
        """A life from its boot to its death, which must have been by SIGKILL."""
        assert self._process.stdin is not None
        order = {"dies_at": dies_at, "argv": argv, "words": str(words)}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        pid = self._told("it did not begin")["pid"]
        try:
            status = self._told(f"it did not die at {dies_at}")["status"]
        except AssertionError:
            os.kill(pid, signal.SIGKILL)
            self._told("it did not die when it was killed")
            raise
        said = words.read_text() if words.exists() else ""
        assert os.WIFSIGNALED(status), f"it ended at {dies_at} with {os.waitstatus_to_exitcode(status)}: {said}"
        assert os.WTERMSIG(status) == signal.SIGKILL
        self.deaths[dies_at.partition(":")[0]] += 1

    def _told(self, otherwise: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], DEADLINE_S)
        assert ready, f"{otherwise} within {DEADLINE_S:g} s"
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


@contextmanager
def lives() -> Iterator[Lives]:
    """As many lives as are wanted."""
    process = subprocess.Popen(
        [sys.executable, str(MUTANT), "--many"], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    try:
        yield Lives(process)
    finally:
        process.kill()
        process.communicate()
