"""Good, and sends a burst of 500 messages, waiting whenever the kernel's queue is full."""

from speech import order, voice, wait_for_stop

me = voice()
me.boot()
for _ in range(500):
    me.say(WATCHDOG="1")
me.work(phases=("triggered",))
order()
me.checkpoint(8, phase="confirmed")
wait_for_stop()
