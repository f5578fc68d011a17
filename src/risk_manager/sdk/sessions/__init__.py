"""Session files: recorded or generated market data, and beside each the script of what its traders did.

`lines` is the format, `reader` and `writer` are its two ends, `script` reads `NAME.script.yaml`, `recorder` writes a
session from any venue, `generate` makes the demonstration sessions, `sample` converts the real one. The format is
described for users in docs/reference/sessions.md.
"""
