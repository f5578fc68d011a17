"""What the daemon and the pack agree on, and nothing else: neither of them may be imported from here.

`exit_codes` and `findings` say how a program ends, `dependencies` whether it can begin (standard library only, all
three), `messages` is the notify protocol on the wire, `yaml_lines` reads YAML and remembers where each value stood,
`atomic_files` writes a file whole or not at all. This package hands on no names, so that a missing dependency can
never stop the program that is meant to report it.
"""
