"""What survives: the journal of one account, durable before anything is acknowledged or sent.

`store` is the port, `sqlite` the store behind it, `codec` the shape of what is written, `recovery` turns a journal back
into a state, `account_lock` keeps a second instance out.
"""
