"""Alerts: what a person must hear of, from the state of the account to a phone that rings.

`conditions` reads off the state what holds and should not (pure), `wording` says it, `catalogue` lists what there is.
`book` compares that with what was told already and keeps what is still to be delivered; `pager` is the thread that owns
the book and its file, `courier` a thread for each channel, `line` its order and its patience. The channels themselves:
`webhook`, `command`, and the log. Nothing here is on the way of a decision: the engine hands over and goes on.
"""
