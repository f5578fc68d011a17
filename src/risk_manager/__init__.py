"""The risk manager: an async daemon that watches one account and flattens it until the venue confirms.

`domain` and `rules` decide (pure), `config` reads, `state` remembers, `sdk` talks to the venue, `core` runs it all, and
`cli` is how it is started. Upward imports are forbidden; pyproject.toml has the order.
"""
