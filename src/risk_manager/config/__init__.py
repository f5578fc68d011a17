"""From the files under `config/` to one frozen, checked `RiskConfig`; from dates and zones to UTC intervals.

Start at `loader.load_config`. `schema` derives what a rule's block may hold from the rule's own parameters, `values`
reads single values exactly, `tree` joins a file with an account's overrides and still knows where each value stood,
`words` says in plain words what is wrong. `calendars` computes sessions and trading days, `instruments` and
`holidays` read their files, `secrets` reads the environment and `.env`.
"""
