"""Tracing of a running or hung asyncio service: what every task waits for, who holds it up, and why.

Inside the service, standard library only, for the service need not know the pack: `places` (where the socket is),
`hooks` (what has to be noted), `holding` (who is inside which lock), `frames`, `waits`, `private` (all that is private
to asyncio), `pulse` (does the loop turn), `slow`, `snapshot`, `server`. Outside: `client` (asks), `analysis` (pure:
circles and findings), `render`, `witnesses`, `trace` (all of it together), `trace_log`.
"""
