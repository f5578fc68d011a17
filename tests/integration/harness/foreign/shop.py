"""A bank and a till, standard library only: a venue and a service that know nothing of the pack, to be replayed by it.

The bank pays amounts to the till one by one, each acknowledged before it counts; the till writes them down. TILL says
what kind it is: honest; forgets (writes down only when it is stopped in order); rewrites (its past, at a start).
"""

import json
import os
import signal
import socket
import sys
from pathlib import Path

KIND = os.environ.get("TILL", "honest")


def say(**fields):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.connect(os.environ["NOTIFY_SOCKET"])
        supervisor.send("\n".join(f"{name}={value}" for name, value in fields.items()).encode())


def bank(directory, address, session, *rest):
    options = list(zip(rest[::2], rest[1::2], strict=True))
    holds = [value for name, value in options if name == "--hold"]
    carried = [Path(value) for name, value in options if name == "--carry"]
    ledger = json.loads((carried[0] / "ledger.json").read_text()) if carried else {"paid": []}
    amounts, told = json.loads(Path(session).read_text()), 0
    Path(directory).mkdir(parents=True)
    write = Path(directory, "ledger.json").write_text
    write(json.dumps({**ledger, "events": 0}))
    with socket.socket(socket.AF_UNIX) as door:
        Path(address).unlink(missing_ok=True)
        door.bind(address)
        door.listen()
        say(READY="1")
        while True:
            line, _ = door.accept()
            with line, line.makefile("rw") as stream:
                while told < len(amounts) and f"+{told}s" not in holds:
                    print(amounts[told], file=stream, flush=True)
                    if not stream.readline():
                        break
                    ledger["paid"].append(amounts[told])
                    told += 1
                    write(json.dumps({**ledger, "events": told}))
                if f"+{told}s" in holds:
                    holds.remove(f"+{told}s")
                    say(STATUS=f"waits +{told}s")
                elif told == len(amounts):
                    print("end", file=stream, flush=True)
                stream.readline()


def till(state, address):
    book, live = Path(state, "book.txt"), Path(state, "live.json")
    amounts = [int(line) for line in book.read_text().split()] if book.exists() else []
    if KIND == "rewrites" and amounts:
        amounts[0] = 0

    def write_down():
        book.write_text("".join(f"{amount}\n" for amount in amounts))

    def stop(_number, _frame):
        write_down()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(address)
        with line.makefile("rw") as stream:
            say(READY="1")
            for words in stream:
                if words == "end\n":
                    say(STATUS="day over")
                    signal.pause()
                amounts.append(int(words))
                live.write_text(json.dumps({"pid": os.getpid(), "total": sum(amounts)}))
                if KIND != "forgets":
                    write_down()
                print("ok", file=stream, flush=True)


def status(state):
    book, live = Path(state, "book.txt"), Path(state, "live.json")
    now = json.loads(live.read_text()) if live.exists() else {"pid": 0, "total": 0}
    try:
        os.kill(now["pid"] or 2**22 + 1, 0)  # no process has a higher number
        runs = True
    except ProcessLookupError:
        runs = False
    written = [int(line) for line in book.read_text().split()] if book.exists() else []
    print(json.dumps({"total": now["total"] if runs else sum(written)}))


def journal(state):
    book = Path(state, "book.txt")
    print(book.read_text() if book.exists() else "", end="")


def ledger(directory):
    print(Path(directory, "ledger.json").read_text())


if __name__ == "__main__":
    {each.__name__: each for each in (bank, till, status, journal, ledger)}[sys.argv[1]](*sys.argv[2:])
