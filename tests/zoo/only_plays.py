"""Lets its canary seal, where a real enforcement was required."""

from speech import voice, wait_for_stop

me = voice()
me.boot()
me.work(phases=("sealed",))
wait_for_stop()
