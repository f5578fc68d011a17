"""The operator's door: a unix socket for its owner only, one JSON line in, one out."""

import asyncio
import logging
import os
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from risk_manager.core.status_report import StatusReport
from risk_manager.errors import StateError, VenueUnreachable
from service_contract.atomic_files import make_private_dir

_log = logging.getLogger("risk_manager.operator")
SOCKET_NAME = "operator.sock"
_LONGEST_PATH = 100
_MAX_LINE = 65_536
_ANSWER_S = 10.0

Verb = Literal["status", "flatten", "freeze", "unfreeze", "reload"]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator asks for."""

    verb: Verb
    target: str = ""
    reason: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What came of it. done: was it taken? words: for a person. status: for the verb `status`."""

    done: bool
    words: str
    status: StatusReport | None = None


def socket_path(directory: Path) -> Path:
    """Where an account's door is: in its state directory; elsewhere, by a name derived from it, where that is too long.

    A unix socket's path must stay under 100 bytes or so.
    """
    path = directory.resolve() / SOCKET_NAME
    if len(os.fsencode(path)) < _LONGEST_PATH:
        return path
    name = sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"risk-manager-{os.getuid()}" / f"{name}.sock"


class Door:
    """The socket of a running manager."""

    def __init__(self, path: Path, answer: Callable[[Request], Awaitable[Answer]]) -> None:
        self._path = path
        self._answer = answer
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to listen. The holder of the account's lock owns the path, so what stands there is a leftover."""
        make_private_dir(self._path.parent)
        if self._path.parent.stat().st_uid != os.getuid():
            _log.error("%s belongs to somebody else; no operator commands in this life", self._path.parent)
            return
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path, limit=_MAX_LINE)
        finally:
            os.umask(before)

    async def run(self) -> None:
        """Answer until cancelled."""
        if self._server is None:
            return
        try:
            async with self._server:
                await self._server.serve_forever()
        finally:
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_ANSWER_S):
                line = await _line_of(reader)
                request = msgspec.json.decode(line, type=Request)
                answer = await self._answer(request)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            answer = Answer(done=False, words=f"not understood: {error}")
        except TimeoutError:
            answer = Answer(done=False, words=f"not answered within {_ANSWER_S:g} s; look at risk-manager status")
        except ConnectionError:
            writer.close()  # whoever asked is gone
            return
        writer.write(msgspec.json.encode(answer) + b"\n")
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()


async def _line_of(reader: asyncio.StreamReader) -> bytes:
    """One line. Raises ValueError where it is longer than any request."""
    try:
        return await reader.readline()
    except ValueError:
        message = f"the request is longer than {_MAX_LINE} bytes; give a shorter reason"
        raise ValueError(message) from None


async def ask(path: Path, request: Request) -> Answer:
    """Ask a running manager.

    Raises VenueUnreachable where none is running there, StateError where it does not answer.
    """
    try:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(path, limit=1 << 24)
            writer.write(msgspec.json.encode(request) + b"\n")
            line = await reader.readline()
            writer.close()
        return msgspec.json.decode(line, type=Answer)
    except (FileNotFoundError, ConnectionError) as error:
        message = f"{path}: no risk manager is running for this account"
        raise VenueUnreachable(message, hint="start it with: risk-manager run") from error
    except (TimeoutError, OSError, msgspec.MsgspecError) as error:
        message = f"{path}: the running manager did not answer: {str(error) or 'in time'}"
        raise StateError(message, hint="is its loop blocked? risk-runtime trace shows what it waits for") from error
