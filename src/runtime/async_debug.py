"""`dump_async_tasks()`: the same dump that `risk-runtime trace` prints, taken from inside the process that asks."""

import logging

from runtime.tracing.analysis import analyse
from runtime.tracing.hooks import NOTES
from runtime.tracing.pulse import Pulse
from runtime.tracing.render import dump
from runtime.tracing.snapshot import snapshot

_log = logging.getLogger(__name__)


def dump_async_tasks() -> str:
    """Log every task of the running loop and what it waits for; returns the text. Needs no agent.

    Without the agent nobody has noted how old a task is, or who took a lock with a plain `acquire()`.
    """
    seen = snapshot(NOTES, Pulse(NOTES), inside=True)
    text = "\n".join(dump(seen, analyse(seen)))
    _log.info("%s", text)
    return text
