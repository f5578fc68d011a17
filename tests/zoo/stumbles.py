"""Shows everything, and fails while it stops."""

from speech import order, voice, wait_for_stop

me = voice()
me.boot()
order()
me.work()
wait_for_stop(code=1)
