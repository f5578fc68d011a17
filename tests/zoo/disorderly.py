"""Connects before it has read its configuration."""

from speech import voice, wait_for_stop

me = voice()
me.checkpoint(1)
me.checkpoint(3)
me.checkpoint(2)
me.boot(first=4)
me.work()
wait_for_stop()
