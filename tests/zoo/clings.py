"""Shows everything, and ignores SIGTERM."""

import signal

from speech import order, voice

signal.signal(signal.SIGTERM, signal.SIG_IGN)
me = voice()
me.boot()
order()
me.work()
while True:
    signal.pause()
