"""The two logs: lines for people in `risk_manager.log`, one JSON object a line in `events.jsonl`.

Both are 0600 and rotate by size. Only the holder of the account's lock rotates: two processes renaming the same file
would lose lines. LOG_LEVEL never hides a checkpoint.
"""

import logging
import logging.handlers
import os
import sys
from io import TextIOWrapper
from pathlib import Path

import msgspec

from service_contract.atomic_files import make_private_dir

LOG_NAME = "risk_manager.log"
EVENTS_NAME = "events.jsonl"
_ROTATE_BYTES = 10_000_000
_KEEP = 5
_encoder = msgspec.json.Encoder()


class _Lines(logging.Formatter):
    """`YYYY-MM-DD HH:MM:SS.mmm LEVEL message`, always one line: no break in it can forge a second one.

    Stack traces are for `events.jsonl`.
    """

    default_time_format = "%Y-%m-%d %H:%M:%S"
    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record)
        return self.formatMessage(record).replace("\r", "\\r").replace("\n", "\\n").replace("\x1b", "\\x1b")


class _JsonLines(logging.Formatter):
    """Each line says which life of the daemon it is of, so that they can be told apart in one file."""

    def __init__(self, run: str) -> None:
        super().__init__()
        self._run = run

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "t": record.created,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "run": self._run,
        }
        for name in ("checkpoint", "alert", "page"):
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _encoder.encode(line).decode()


class _RotatingFile(logging.handlers.RotatingFileHandler):
    """Rotates only once it was allowed to."""

    may_rotate = False

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 -- logging's own name
        return self.may_rotate and bool(super().shouldRollover(record))

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


class _Level(logging.Filter):
    """Lets a level through, and checkpoints always."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= self._level or hasattr(record, "checkpoint")


class Logs:
    """The handlers of one life of the daemon; `close` takes them away again."""

    def __init__(self, directory: Path, *, level: int, to_terminal: bool, run: str = "") -> None:
        """Begin to log. run: the name of this life.

        Raises OSError where the directory or the files cannot be written.
        """
        make_private_dir(directory)
        logging.raiseExceptions = False  # a full disk must not fill the terminal with a stack trace for each line
        self.path = directory / LOG_NAME
        text = _RotatingFile(self.path, maxBytes=_ROTATE_BYTES, backupCount=_KEEP, encoding="utf-8")
        text.setFormatter(_Lines())
        events = _RotatingFile(directory / EVENTS_NAME, maxBytes=_ROTATE_BYTES, backupCount=_KEEP, encoding="utf-8")
        events.setFormatter(_JsonLines(run))
        self._files = (text, events)
        self._handlers: list[logging.Handler] = [text, events]
        if to_terminal:
            terminal = logging.StreamHandler(sys.stderr)
            terminal.setFormatter(_Lines())
            self._handlers.append(terminal)
        self._logger = logging.getLogger("risk_manager")
        self._logger.setLevel(min(level, logging.INFO))
        self._logger.propagate = False
        for handler in self._handlers:
            handler.addFilter(_Level(level))
            self._logger.addHandler(handler)

    def allow_rotation(self) -> None:
        """The account's lock is ours: rotate from now on."""
        for handler in self._files:
            handler.may_rotate = True

    def close(self) -> None:
        """Flush and let go."""
        for handler in self._handlers:
            self._logger.removeHandler(handler)
            handler.close()
