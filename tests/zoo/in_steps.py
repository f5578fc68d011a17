"""Good: confirms a first step of its enforcement, and only after a while the ones that make the account flat."""

import time

from speech import order, voice, wait_for_stop

me = voice()
me.boot()
me.work()
for step in ("partial", "cancelled", "filled"):
    time.sleep(0.15)  # a venue takes its time
    order(status=step)
    me.checkpoint(8, phase="confirmed")
wait_for_stop()
