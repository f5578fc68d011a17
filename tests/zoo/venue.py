"""The zoo's venue, a companion: opens a position for a trader, executes what it is told, and keeps the ledger."""

import json
import signal
import socket
import sys
from pathlib import Path

from speech import Voice

ledger_file, address = Path(sys.argv[1]), sys.argv[2]
orders = [{"origin": "script", "status": "filled"}]


def write():
    flat = any(order["origin"] == "manager" and order["status"] == "filled" for order in orders)
    ledger = {"flat": flat, "working_orders": [], "orders": orders}
    ledger_file.write_text(json.dumps(ledger), encoding="utf-8")


write()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
    server.bind(address)
    server.listen()
    Voice().say(READY="1")
    while True:
        client, _ = server.accept()
        with client:
            text = client.makefile().readline()
            if text:
                orders.append(json.loads(text))
                write()
                client.sendall(b"done\n")
