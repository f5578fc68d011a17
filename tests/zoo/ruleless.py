"""Has no rule at all, so that nothing can be shown about any."""

from speech import order, voice, wait_for_stop

me = voice()
me.boot(rules=[])
order()
me.work()
wait_for_stop()
