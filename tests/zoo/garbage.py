"""Does everything right, and sends a few bytes that mean nothing."""

from speech import order, voice, wait_for_stop

me = voice()
me.boot()
me.raw(b"\xff\xfe nonsense")
order()
me.work()
wait_for_stop()
