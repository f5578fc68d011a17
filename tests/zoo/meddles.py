"""Claims to have sealed everything, and traded all the same."""

from speech import order, voice, wait_for_stop

me = voice()
me.boot()
order()
me.work(phases=("sealed",))
wait_for_stop()
