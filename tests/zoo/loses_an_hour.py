"""Its wall clock is set back by an hour while it boots, and what it waits for by that clock does not come."""

import sys
from pathlib import Path

from speech import voice, wait_for_stop

me = voice()
me.boot(last=3)
with Path(sys.argv[1]).open("a", encoding="utf-8") as log:
    log.write("2026-01-02 02:03:05.678 INFO waiting until 03:04:06\n")
wait_for_stop()
