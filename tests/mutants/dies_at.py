"""The daemon, except that it is killed (SIGKILL) at the N-th time it reaches a phase: DIES_AT=PHASE:N.

before-commit: as a decision is about to be written. unsent: an intent is durable, nothing is sent. unacknowledged: the
venue has done what was asked, its answer is not taken in. recovering: in the middle of reading the state back.
reconciling: the venue has answered, nothing of it is taken in.
"""

import os
import signal

from risk_manager.__main__ import main
from risk_manager.core import link
from risk_manager.sdk.enforcement import Enforcement
from risk_manager.state import codec, recovery
from risk_manager.state.sqlite import SqliteStore

PHASE, _, TIMES = os.environ.get("DIES_AT", "").partition(":")
_left = int(TIMES or 0)


def _die_in(phase):
    global _left  # noqa: PLW0603 -- one counter for the one phase this process dies in
    if phase == PHASE:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


_append, _call, _take, _take_snapshot = SqliteStore.append, Enforcement._call, recovery._take, link.take_snapshot


def _append_or_die(self, entries):
    if any(entry.kind == codec.DECISION for entry in entries):
        _die_in("before-commit")
    _append(self, entries)


async def _call_or_die(self, intent):
    _die_in("unsent")
    await _call(self, intent)
    _die_in("unacknowledged")


def _take_or_die(row, reading):
    _take(row, reading)
    _die_in("recovering")


async def _take_snapshot_or_die(*args, **settings):
    snapshot = await _take_snapshot(*args, **settings)
    _die_in("reconciling")
    return snapshot


SqliteStore.append = _append_or_die  # type: ignore[method-assign]  # where this program dies
Enforcement._call = _call_or_die  # type: ignore[method-assign]  # where this program dies
recovery._take = _take_or_die
link.take_snapshot = _take_snapshot_or_die

if __name__ == "__main__":
    main()
