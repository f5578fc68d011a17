"""One daemon guards one account: an advisory lock on a file that names the process holding it."""

import fcntl
import os
from pathlib import Path

from risk_manager.errors import AccountLocked


class AccountLock:
    """Held from construction until `release`, or until the process dies: the kernel lets go for it."""

    def __init__(self, path: Path, account: str) -> None:
        """Take the lock.

        Raises AccountLocked where another process has it; the message names its pid.
        """
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            message = f"account {account} is guarded by another instance (pid {holder}); lock {path}"
            raise AccountLocked(message, hint=f"stop it first (kill {holder}), or choose another --data-dir") from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let the next one in."""
        os.close(self._descriptor)
