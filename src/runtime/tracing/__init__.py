"""Tracing of a running or hung asyncio service: what every task waits for, who holds it up, and why.

Inside the service, standard library only (the service need not know the pack): `places` (where the socket is), `hooks`
(who holds which lock), `frames`, `waits`, `private` (all that is private to asyncio), `pulse` (does the loop turn),
`slow`, `snapshot`, `server`. Outside: `client` (asks), `analysis` (pure: cycles and findings), `render`, `witnesses`,
`trace` (all of it together).
"""
