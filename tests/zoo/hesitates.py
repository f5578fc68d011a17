"""Triggers its enforcement and never confirms it."""

from speech import order, voice, wait_for_stop

me = voice()
me.boot()
order()
me.work(phases=("triggered",))
wait_for_stop()
