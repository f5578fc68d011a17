"""Asks an agent from outside: one question, one answer, within a deadline."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime.tracing.places import sockets

ANSWER_S = 1.5  # a loop is called blocked after half a second; the rest is for many tasks
_MAX_ANSWER_BYTES = 64 * 1024 * 1024


class NoAnswer(Exception):
    """An agent that could not be asked; says why."""


async def ask(path: Path, question: Mapping[str, object], timeout_s: float = ANSWER_S) -> dict[str, Any]:
    """The answer of the agent at `path`. Raises NoAnswer."""
    try:
        async with asyncio.timeout(timeout_s):
            data = await _exchange(path, json.dumps(question).encode() + b"\n")
    except TimeoutError as error:
        raise NoAnswer(f"the agent did not answer within {timeout_s:g}s") from error
    except OSError as error:
        raise NoAnswer(f"the agent cannot be reached: {error.strerror or error}") from error
    try:
        answer = json.loads(data)
    except ValueError as error:
        raise NoAnswer("the agent's answer broke off") from error
    if not isinstance(answer, dict) or "error" in answer:
        raise NoAnswer(str(answer["error"] if isinstance(answer, dict) else "the agent's answer is no object"))
    return answer


async def _exchange(path: Path, question: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=_MAX_ANSWER_BYTES)
    try:
        writer.write(question)
        await writer.drain()
        return await reader.readline()
    finally:
        writer.close()


def agents(environ: Mapping[str, str] = os.environ) -> dict[int, Path]:
    """The sockets of all running services of this user that have an agent, by pid."""
    return sockets(environ)
