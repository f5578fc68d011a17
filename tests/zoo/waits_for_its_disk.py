"""Waits for ever for a store that is too slow, and says how long the last write took."""

from speech import voice, wait_for_stop

me = voice()
me.boot(last=2)
me.say(STATUS="store: fsync took 4.2 s, retrying")
wait_for_stop()
