"""Boots twice in one life."""

from speech import order, voice, wait_for_stop

me = voice()
me.boot()
me.boot()
order()
me.work()
wait_for_stop()
