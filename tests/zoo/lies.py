"""Claims that the outcome is confirmed, and never sent an order."""

from speech import voice, wait_for_stop

me = voice()
me.boot()
me.work()
wait_for_stop()
