"""Binds the address by which one instance keeps others out, finds it taken by another one, and gives way."""

import socket
import sys

from speech import voice

me = voice()
me.boot(last=2)
with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
    first.bind("instance")  # the other one
    try:
        second.bind("instance")
    except OSError as error:
        sys.exit(f"another instance holds the account: {error}")
