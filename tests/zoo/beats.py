"""Lives by its heartbeats: READY, then WATCHDOG=1 at the pace it was asked for, until something named goes wrong.

Its third argument says what: `well`, `freezes` after some beats, `busy` (the same, but computing), `dies`, `leaves`
(cleanly), `never` (no heartbeat at all), `mute` (never ready), `broken` (a configuration error).
"""

import os
import select
import signal
import sys
import threading

from speech import voice

me = voice()
how = sys.argv[3] if len(sys.argv) > 3 else "well"
every_s = int(os.environ["WATCHDOG_USEC"]) / 4e6
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
me.log(f"life {os.getpid()}")
if how == "broken":
    sys.stderr.write("beats.yaml:1:1: limit: must be below 0\n")
    sys.exit(3)
if how == "mute":
    threading.Event().wait()
me.say(READY="1")
for number in range(1_000_000):
    if how != "never":
        me.say(WATCHDOG="1")
    select.select([], [], [], every_s)
    if number < 4:
        continue
    if how == "freezes":
        threading.Event().wait()
    while how == "busy":
        pass
    if how == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "leaves":
        me.say(STOPPING="1")
        sys.exit(0)
