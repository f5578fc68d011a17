"""The pure core: what an account looks like and what must be done about it, in integers only.

No clock, no await, no logging, no input or output, no float, no Decimal. Prices are ticks, money is mils (1/1000 of the
account's currency), sizes are contracts, times are nanoseconds since the epoch (UTC). `events` come in, `decide` turns
one event and the `state` into a `Decision`: changes, verdicts, intents. Start reading at `decide`.
"""
