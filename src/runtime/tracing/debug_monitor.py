"""`--debug-monitor`: aiomonitor beside the program's first loop, on request only: tasks, a web view, a Python prompt.

It asks nobody who they are: whoever can connect can run code inside the program. So it listens on loopback, is not
even imported unless it was asked for, and is refused where production is or may be.
"""

import asyncio
import functools
import importlib.util
import os
import socket
import sys
import warnings
from collections.abc import Mapping, Sequence

from service_contract.exit_codes import ExitCode

FLAG = "--debug-monitor"
VARIABLE = "RUNTIME_DEBUG_MONITOR"
HOST = "127.0.0.1"
PORT = 20101
_PORTS = 3  # the prompt for tasks, the web view, the Python prompt
_MOST_PORT = 65535
_ON = {"1", "true", "yes", "on"}
_OFF = {"", "0", "false", "no", "off"}


class Refused(Exception):
    """The monitor was asked for and cannot be had; says why, what to do, and with which code to end."""

    def __init__(self, why: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(why)
        self.code = code


def has_flag(arguments: Sequence[str]) -> bool:
    """Do the launcher's arguments begin with the flag?"""
    return bool(arguments) and arguments[0].partition("=")[0] == FLAG


def wanted_port(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """The first of its three ports; None where it is not asked for. Raises Refused for a value that is no port."""
    if has_flag(arguments):
        _, equals, value = arguments[0].partition("=")
        return _port(value, FLAG) if equals else PORT
    value = environ.get(VARIABLE, "").strip().lower()
    if value in _ON:
        return PORT
    return None if value in _OFF else _port(value, VARIABLE)


def _port(text: str, source: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= _MOST_PORT - _PORTS + 1:
        return int(text)
    raise Refused(f"{source}={text}: give a port, for example {PORT}; it listens on {HOST}, and nowhere else")


def open_monitor(arguments: Sequence[str], argv: Sequence[str], environ: Mapping[str, str]) -> None:
    """Open the monitor, if it is asked for, as soon as a loop begins to run. Raises Refused.

    arguments: the launcher's. argv: the program's own.
    """
    port = wanted_port(arguments, environ)
    if port is None:
        return
    from runtime.tracing.production import why_production  # which reads the contract: only whoever asks pays for it

    reason = why_production(argv, environ)
    if reason is not None:
        raise Refused(f"{FLAG} is refused in production, because it has no authentication: {reason}")
    if importlib.util.find_spec("aiomonitor") is None:
        raise Refused("DEP-001 package aiomonitor is not installed\n  install: make setup", ExitCode.DEPENDENCY_ERROR)
    for each in range(port, port + _PORTS):
        _must_be_free(each)
    run_forever = asyncio.BaseEventLoop.run_forever

    @functools.wraps(run_forever)
    def monitored(self: asyncio.BaseEventLoop) -> None:
        asyncio.BaseEventLoop.run_forever = run_forever  # type: ignore[method-assign]  # only the first loop, and not the monitor's own
        _open(self, port)
        run_forever(self)

    asyncio.BaseEventLoop.run_forever = monitored  # type: ignore[method-assign]  # the one place every loop goes through


def _must_be_free(port: int) -> None:
    """For a port that it cannot have aiomonitor waits for ever, and the service with it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            why = f"{FLAG}: port {port} cannot be had: {error.strerror}; choose another one: {FLAG}={port + 10}"
            raise Refused(why) from error


def _open(loop: asyncio.AbstractEventLoop, port: int) -> None:
    sys.stderr.write(
        f"WARNING: debug monitor on {HOST}, ports {port} (tasks), {port + 1} (web), {port + 2} (Python prompt), for "
        f"process {os.getpid()}. It has NO authentication: every user and every web page of this machine that can "
        "connect can cancel tasks and run code in this process. Never use it with a real account.\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what click and aiohttp will change some day it warns the wrong person
        import aiomonitor  # type: ignore[import-untyped]  # it brings no types

        aiomonitor.start_monitor(loop, host=HOST, port=port, webui_port=port + 1, console_port=port + 2)
