"""Runs a service on accumulated state: sessions one after the other, restarts in their midst, nothing ever fresh.

`plan` is the `harness` section of service.yaml, `moments` says when and how to restart, `actor` is one process and what
it says, `staging` has the primitives begin, restart, overnight and end, `agreement` compares service and ledger, and
`replay` strings it all together for `risk-runtime replay`. Nothing here knows what the service does.
"""
