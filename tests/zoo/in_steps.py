"""Good: confirms a first step of its enforcement, and goes on to the next one only when the witness was asked."""

import os

from speech import order, voice, wait_for_stop

os.mkfifo("asked")  # the witness writes into it with each answer
asked = os.open("asked", os.O_RDWR)
me = voice()
me.boot()
me.work(phases=("triggered",))
for step in ("partial", "cancelled", "filled"):
    order(status=step)
    me.checkpoint(8, phase="confirmed")
    os.read(asked, 1)
wait_for_stop()
