"""Evaluates two of its three rules."""

from speech import order, voice, wait_for_stop

me = voice()
me.boot()
order()
me.work(rules=["alpha", "gamma"])
wait_for_stop()
