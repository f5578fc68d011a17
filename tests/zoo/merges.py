"""Good, but sends the evaluations of its rules merged, as a busy service does."""

from speech import RULES, order, voice, wait_for_stop

me = voice()
me.boot()
me.work(rules=[], phases=())
me.checkpoint(7, rules=dict.fromkeys(RULES, "fine"), counts=dict.fromkeys(RULES, 4))
order()
me.checkpoint(8, phase="triggered")
me.checkpoint(8, phase="confirmed")
wait_for_stop()
