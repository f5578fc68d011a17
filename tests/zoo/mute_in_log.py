"""Announces everything and logs nothing, so that an operator would see nothing."""

from speech import Voice, order, wait_for_stop

me = Voice()
me.boot()
order()
me.work()
wait_for_stop()
