"""An exchange of our own: a pure state machine, served as its own process or embedded in the manager's.

`exchange` is the state machine (no clock, no input or output, integers only); `book`, `matching` and `accounting` are
its parts, `model` its records. `tape` makes one sequence of a session, its script and the passing of time; `stage`
plays it to a manager in lockstep, `free_run` as a real venue would. `ledger` keeps what was executed. `wire` and
`framing` are the protocol, `server` one end of it and `client` the other; `embedded` is the same venue without a
socket. `scenarios` has what can be asked for by name. docs/reference/simulated-exchange.md is the page for users.
"""
