"""Calls a checkpoint by another name than its contract does."""

from speech import order, voice, wait_for_stop

me = voice()
me.checkpoint(1)
me.checkpoint(2, name="konfiguriert")
me.boot(first=3)
order()
me.work()
wait_for_stop()
