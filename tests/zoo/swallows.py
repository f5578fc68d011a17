"""Raises while it handles its first message, logs that, and goes on as if nothing were missing."""

from speech import voice, wait_for_stop

me = voice()
me.boot()
me.checkpoint(6, event="tick")
try:
    int("nan")
except ValueError as error:
    me.log(f"handler failed: {error}", level="ERROR")
wait_for_stop()
