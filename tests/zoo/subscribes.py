"""Says that it has subscribed, and never receives anything."""

from speech import voice, wait_for_stop

me = voice()
me.boot()
me.say(STATUS="subscribed to 2 contracts")
wait_for_stop()
