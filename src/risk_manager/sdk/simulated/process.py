"""Runs the exchange as a process: from options to a served socket, until a signal."""

import asyncio
import math
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from risk_manager.errors import DataDirUnusable, SessionFileInvalid
from risk_manager.notify import Notifier
from risk_manager.sdk.normalise import Unbelievable, iso, money_mils
from risk_manager.sdk.simulated.carried import Carried
from risk_manager.sdk.simulated.floor import Floor, FloorPlan, open_floor
from risk_manager.sdk.simulated.pace import Pace
from risk_manager.sdk.simulated.scenarios import SCENARIOS
from risk_manager.sdk.simulated.server import Server
from risk_manager.sdk.simulated.tape import DEFAULT_STEP_NS
from service_contract.atomic_files import make_private_dir
from service_contract.exit_codes import ExitCode

SOCKET_NAME = "exchange.sock"
_FREE_STEP_NS = 250_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeOptions:
    """What `risk-manager exchange` takes; None means "not said"."""

    session: Path | None
    script: Path | None
    scenario: str
    mode: Literal["lockstep", "free"]
    speed: float | None
    socket: Path | None
    observer_socket: Path | None
    begin_with: int
    data_dir: Path
    account: str | None
    balance: str | None
    partial_fills: bool
    carry: Carried | None
    hold_at: tuple[str, ...]


def run(options: ExchangeOptions, say: Callable[[str], None]) -> ExitCode:
    """Serve until SIGTERM (0) or Ctrl-C (130). Raises what opening the floor or serving it raises."""
    floor = open_floor(_plan(options), keep_told=True)
    try:
        return asyncio.run(_serve(options, floor, say))
    finally:
        for note in floor.stage.notes:
            say(f"refused: {note}")
        floor.close()


def _plan(options: ExchangeOptions) -> FloorPlan:
    scenario = SCENARIOS[options.scenario]
    try:
        balance_mils = None if options.balance is None else money_mils(options.balance)
    except Unbelievable as error:
        raise SessionFileInvalid(f"--balance: {error}", hint="write an amount such as 50000.00") from error
    speed = _speed(options)
    return FloorPlan(
        session=options.session or Path(scenario.session),
        script=options.script,
        data_dir=options.data_dir,
        account=options.account,
        balance_mils=balance_mils,
        partial_fills=options.partial_fills,
        carry=options.carry,
        holds=options.hold_at,
        repeats=scenario.repeats,
        step_ns=_FREE_STEP_NS if options.mode == "free" and speed <= 1 else DEFAULT_STEP_NS,
    )


def _speed(options: ExchangeOptions) -> float:
    if options.speed is not None:
        return options.speed
    return 1.0 if options.mode == "free" else math.inf


async def _serve(options: ExchangeOptions, floor: Floor, say: Callable[[str], None]) -> ExitCode:
    loop = asyncio.get_running_loop()
    notifier = Notifier.from_environment()
    socket = options.socket or options.data_dir / SOCKET_NAME
    try:
        for each in (socket, options.observer_socket or socket):
            make_private_dir(each.parent)
    except OSError as error:
        raise DataDirUnusable(f"{error.filename}: {error.strerror}", hint="name another --socket") from error
    server = Server(
        floor,
        mode=options.mode,
        pace=Pace(_speed(options), loop.time),
        scenario=SCENARIOS[options.scenario],
        socket=socket,
        observer_socket=options.observer_socket,
        begin_with=options.begin_with,
    )
    server.on_held = lambda text: notifier.say(STATUS=text)
    signals: list[int] = []

    def on_signal(number: int) -> None:
        signals.append(number)
        if len(signals) > 1:
            os._exit(ExitCode.INTERRUPTED if number == signal.SIGINT else 128 + number)
        notifier.say(STOPPING="1")
        server.stop()

    def on_ready() -> None:
        notifier.say(READY="1")
        stage = floor.stage
        where = "over" if stage.is_over else f"at {iso(floor.exchange.now_ns)}"
        listening = f"listening at {socket}" if SCENARIOS[options.scenario].listens else "not listening"
        say(f"exchange: {options.mode}, session {where}, {listening}")

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    try:
        await server.serve(on_ready)
    finally:
        notifier.flush()
        notifier.close()
    return ExitCode.INTERRUPTED if signal.SIGINT in signals else ExitCode.SUCCESS
