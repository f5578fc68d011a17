"""Says READY=1 before it has booted."""

from speech import order, voice, wait_for_stop

me = voice()
me.checkpoint(1)
me.say(READY="1")
me.boot(first=2)
order()
me.work()
wait_for_stop()
