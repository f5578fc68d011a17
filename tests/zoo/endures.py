"""Good for as long as it is asked to be: works on and on, tells its metrics and beats its heart, until it is stopped.

Its third argument is a vice: `leak` keeps what it should drop, `files` and `threads` never close or end theirs,
`sleeps` holds its breath for a second every two, `mute` stops telling its metrics after a second, `quits` crashes after
one, `idle` never sees an event.
"""

import signal
import sys
import threading
import time
from pathlib import Path

from speech import order, voice

TURN_S = 0.05
vice = sys.argv[3] if len(sys.argv) > 3 else ""
me = voice()
me.boot()
if vice != "idle":
    me.work(phases=("triggered",))
    order()
    me.checkpoint(8, phase="confirmed")
stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())
begun = time.monotonic()
kept, events, turn = [], 0, 0
while not stopped.wait(TURN_S):
    turn += 1
    age_s = time.monotonic() - begun
    if vice == "leak":
        kept.append(bytearray(b"x" * 200_000))  # the line that leaks
    elif vice == "files":
        kept.append(Path(__file__).open(encoding="utf-8"))  # noqa: SIM115 -- never closed: its vice
    elif vice == "threads" and turn % 4 == 0:
        threading.Thread(target=stopped.wait, daemon=True).start()
    elif vice == "sleeps" and turn % 20 == 0:
        stopped.wait(1.0)
    elif vice == "quits" and age_s > 1:
        raise SystemExit("Traceback: the animal gave up")
    if vice != "idle":
        events += 10
    me.say(WATCHDOG="1")
    if vice != "mute" or age_s < 1:
        values = {"events_total": events, "tasks": 3.0}
        if vice != "idle":
            values["latency_us_p99"] = 120.0 + turn % 7
        me.metrics(values)
