"""Shows everything and then ends by itself with 0: it guards nothing any more."""

from speech import order, voice

me = voice()
me.boot()
order()
me.work()
