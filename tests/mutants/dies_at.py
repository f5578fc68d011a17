"""The daemon, except that it is killed (SIGKILL) at the N-th time it reaches a phase: DIES_AT=PHASE:N.

before-commit: as a decision is about to be written. unsent: an intent is durable, nothing is sent. unacknowledged: the
venue has done what was asked, its answer is not taken in. recovering: in the middle of reading the state back.
reconciling: the venue has answered, nothing of it is taken in.

`dies_at.py --many` reads one life a line from its input, as JSON: argv, dies_at, and where its words go. Each is a
process of its own, forked from one that has imported the program and done nothing else: no file is open, no thread
runs, nothing of an account is known. So a life costs what its boot costs, and only the imports are shared. It says
`{"pid": …}` when a life begins, and the same with `status`, as waitpid gives it, when it has ended.
"""

import json
import os
import signal
import sys
import threading

from risk_manager.__main__ import main
from risk_manager.core import link
from risk_manager.sdk.enforcement import Enforcement
from risk_manager.state import codec, recovery
from risk_manager.state.sqlite import SqliteStore

_phase, _left = "", 0


def arm(dies_at):
    """Die there, in this process."""
    global _phase, _left  # noqa: PLW0603 -- one counter for the one phase this process dies in
    _phase, _, times = dies_at.partition(":")
    _left = int(times or 0)


def _die_in(phase):
    global _left  # noqa: PLW0603 -- as above
    if phase == _phase:
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


def many():
    """One life after the other, until the input ends."""
    import risk_manager.cli.root
    import risk_manager.cli.run
    import risk_manager.sdk.simulated.client  # noqa: F401 -- all that a life would import

    for line in sys.stdin:
        if threading.active_count() > 1:
            sys.exit("a thread runs: a fork would not be a fresh start")
        ordered = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(ordered)
        print(json.dumps({"pid": pid}), flush=True)
        print(json.dumps({"pid": pid, "status": os.waitpid(pid, 0)[1]}), flush=True)


def _live(ordered):
    words = os.open(ordered["words"], os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, stream in ((nothing, 0), (words, 1), (words, 2)):
        os.dup2(descriptor, stream)
    sys.argv = ["risk-manager", *ordered["argv"]]
    arm(ordered["dies_at"])
    code = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    if sys.argv[1:] == ["--many"]:
        many()
    else:
        arm(os.environ.get("DIES_AT", ""))
        main()
