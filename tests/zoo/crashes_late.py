"""Raises while it handles its first message."""

from speech import voice

me = voice()
me.boot()
me.checkpoint(6, event="tick")
raise ValueError("price of 'nan'")
