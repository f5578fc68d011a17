"""The shell around the pure core: one engine that owns the state, and the tasks that feed it.

`manager` boots and stops the service (checkpoints 1 to 4), `engine` decides and persists (5 to 7), `link` is the
connection to the venue, `inbox` the one queue, `canary` shows every rule at work, `logs` writes what happened.
"""
