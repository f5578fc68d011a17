"""The processes that both sides of a shadow run need: the venue that takes orders from one of them only."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from runtime.clocks import monotonic_ns
from runtime.contract.model import Companion, applies
from runtime.observing.notify_socket import NotifySocket
from runtime.observing.process import Child, NotStarted, start
from runtime.shadow.side import SideRequest
from runtime.watch.watched import Life
from service_contract.atomic_files import make_private_dir


class CompanionEnded(Exception):
    """Without it there is no input; says which and how."""


class Companions:
    """Started in order, each awaited for READY=1. are_ours: False where the live version runs already, with its own."""

    def __init__(self, request: SideRequest, chosen: Mapping[str, str], changed: asyncio.Event) -> None:
        self.are_ours = True
        self._request = request
        self._chosen = chosen
        self._changed = changed
        self._running: list[tuple[str, Child, NotifySocket]] = []

    async def start(self) -> None:
        """Start them all. Raises NotStarted."""
        make_private_dir(self._request.places.run_dir)
        for companion in self._request.plan.companions:
            if applies(companion.when, self._chosen):
                await self._start(companion)

    async def _start(self, companion: Companion) -> None:
        plain = self._request.launch(companion.name, companion.argv, f"companion-{companion.name}")
        path = self._request.notify_dir / f"comp{len(self._running)}"
        socket = NotifySocket(path, self._changed.set)
        environ = {**plain.env, **self._request.places.text_map(companion.env), "NOTIFY_SOCKET": str(path)}
        with ExitStack() as undo:
            undo.callback(socket.close)
            child = await start(replace(plain, env=environ), self._changed.set)
            undo.pop_all()
        self._running.append((companion.name, child, socket))
        life, limit_s = Life(child, socket), self._request.contract.deadlines.companion_s
        while (vitals := life.vitals(monotonic_ns())).ready_s is None:
            if vitals.code is not None or vitals.up_s > limit_s:
                how = f"ended with {vitals.code}" if vitals.code is not None else f"was not ready within {limit_s:g} s"
                raise NotStarted(f"companion {companion.name} {how}")
            await self._wait()
            life.hear()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(0.2):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    def look(self) -> None:
        """Raises CompanionEnded where one is gone."""
        for name, child, socket in self._running:
            socket.drain()
            socket.arrivals.clear()
            if child.code is not None:
                raise CompanionEnded(f"companion {name} ended with {child.code}: there is no input any more")

    async def stop(self) -> None:
        """Stop them in reverse order."""
        while self._running:
            _, child, socket = self._running.pop()
            await child.stop(self._request.contract.deadlines.stop_s)
            socket.close()


class NoCompanions(Companions):
    """The live version runs already, with its own."""

    def __init__(self, request: SideRequest, changed: asyncio.Event) -> None:
        super().__init__(request, {}, changed)
        self.are_ours = False

    async def start(self) -> None:
        """Nothing to start."""
