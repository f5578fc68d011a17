"""Shows everything, but one of its messages never arrived."""

from speech import order, voice, wait_for_stop

me = voice()
me.boot()
me.seq += 1
order()
me.work()
wait_for_stop()
