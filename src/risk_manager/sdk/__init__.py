"""Where orders live: the port to a venue, the venues behind it, and what is done through them.

`venue` is the port. `normalise` is the edge where prices become ticks, exactly once. `enforcement` carries intents out
until the venue confirms them, `reconcile` compares what we believe with what the venue says. `simulated/` is an
exchange of our own. Another venue is another folder here.
"""
