"""Restarts inside one process: the second boot has another run."""

from speech import voice, wait_for_stop

me = voice()
me.boot(last=2)
me.run = "another"
me.checkpoint(3)
wait_for_stop()
