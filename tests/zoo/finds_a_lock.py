"""Cannot open its store: another process (a child of its own here) holds the lock. Says whose it is, and waits."""

import fcntl
import os
import time
from pathlib import Path

from speech import voice

me = voice()
me.boot(last=2)
with Path("store.lock").open("w", encoding="utf-8") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    if (holder := os.fork()) == 0:
        time.sleep(30)  # holds on to what it inherited
        os._exit(0)
with Path("store.lock").open("w", encoding="utf-8") as lock:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        me.say(STATUS=f"store.lock is locked by pid {holder}")
        fcntl.flock(lock, fcntl.LOCK_EX)
