"""Connects to its venue, fails as its argument says (`refused`, `name`, `tls`, `login`, `expired`), ends with 4."""

import socket
import ssl
import sys
import threading

from speech import voice

HOST = "127.0.0.1"


def refused():
    """Nobody listens on a port that was just given back."""
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
    socket.create_connection((HOST, port), timeout=5)


def name():
    """What the resolver answers for a name that does not exist; asking a real one would leave this machine."""
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def tls():
    """Something listens that speaks, and not TLS."""
    with socket.create_server((HOST, 0)) as server:

        def greet():
            client, _ = server.accept()
            with client:
                client.sendall(b"220 welcome, in plain text\r\n")
                client.recv(1024)

        threading.Thread(target=greet, daemon=True).start()
        plain = socket.create_connection(server.getsockname(), timeout=5)
        ssl.create_default_context().wrap_socket(plain, server_hostname=HOST)


def login():
    """The venue answers, and says no."""
    raise PermissionError("login refused (401): unknown key")


def expired():
    """The venue knows the login, from yesterday."""
    raise PermissionError("login refused (401): the token has expired")


voice().boot(last=2)
try:
    {each.__name__: each for each in (refused, name, tls, login, expired)}[sys.argv[3]]()
except OSError as error:
    sys.stderr.write(f"venue: {error}\n")
    sys.exit(4)
