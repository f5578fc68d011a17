"""A candidate beside the live version on the same input, sending nothing: `risk-runtime shadow`.

`plan` is what service.yaml says about it, `request` what the user asked for. `started` and `attached` are the two kinds
of side; `carrying` gives the candidate what an attached one remembers. `hearing` is what a side says, `follower` what
it decided. `decided` and `matching` compare, `signals` count, `cutover` is the clock that says when the candidate may
take over, `memory` keeps it; all four are pure or nearly so. `run` puts them together and fills the `record`, `result`
and `panel` tell.
"""
