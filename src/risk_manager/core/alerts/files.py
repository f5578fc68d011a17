"""The book on disk: one private file beside the account's state, replaced whole, so that a kill leaves old or new.

It is synced where a page waits for somebody. What is only remembered may be lost with the power: then something is
paged twice, never not at all.
"""

import logging
from pathlib import Path

import msgspec

from risk_manager.core.alerts.book import Book
from service_contract.atomic_files import write_atomically

_log = logging.getLogger("risk_manager.page")
NAME = "pages.json"
VERSION = 1


def read_book(directory: Path) -> Book:
    """The book of an account; an empty one where there is none.

    Raises ValueError for a file that cannot be believed, OSError for one that cannot be read.
    """
    path = directory / NAME
    try:
        book = msgspec.json.decode(path.read_bytes(), type=Book)
    except FileNotFoundError:
        return Book()
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: it cannot be believed: {error}") from error
    if book.version != VERSION:
        raise ValueError(f"{path}: it is of version {book.version}, this program knows {VERSION}")
    return book


def open_book(directory: Path) -> tuple[Book, str]:
    """The book to go on with, and what was wrong with the one on disk; that one is kept beside it."""
    try:
        return read_book(directory), ""
    except (OSError, ValueError) as error:
        try:
            (directory / NAME).replace(directory / f"{NAME}.broken")
        except OSError as failure:
            _log.error("%s cannot be put aside: %s", NAME, failure.strerror)
        return Book(), str(error)


class BookFile:
    """Writes the book; a disk that does not take it is told once, and tried again with the next change."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._failed = False

    def save(self, book: Book) -> bool:
        """Replace the file. False where the disk did not take it."""
        try:
            write_atomically(self._path, msgspec.json.encode(book), sync=bool(book.waiting))
        except OSError as error:
            if not self._failed:
                _log.error("pages cannot be kept on disk: %s; they are delivered from memory", error.strerror)
            self._failed = True
            return False
        self._failed = False
        return True
