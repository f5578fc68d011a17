"""Boots, works, enforces what it claims, and stops when told to. Under `calm` it only seals."""

import os

from speech import order, voice, wait_for_stop

me = voice()
me.boot()
if os.environ["ANIMAL_SCENARIO"] == "calm":
    me.work(phases=("sealed",))
else:
    me.work(phases=("sealed", "triggered"))
    order()
    me.checkpoint(8, phase="confirmed")
wait_for_stop()
