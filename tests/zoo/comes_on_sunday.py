"""Is connected and subscribed while its market is closed, and says so."""

from speech import voice, wait_for_stop

me = voice()
me.boot()
me.say(STATUS="subscribed to 2 contracts; market closed until Sunday 17:00 CT")
wait_for_stop()
