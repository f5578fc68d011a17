"""`risk-manager record`: a session file, and its script, from a running exchange."""

import asyncio
import signal
import sys
from pathlib import Path

import click

from risk_manager.cli.shared import data_dir_option, option, tell_failure
from risk_manager.clock import SystemClock
from risk_manager.errors import RiskManagerError
from service_contract.exit_codes import ExitCode


@click.command()
@option("--socket", type=click.Path(path_type=Path), default=None, help="Of the exchange; else in the data directory.")
@data_dir_option()
@option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE.jsonl.gz", help="What is written.")
def record(*, socket: Path | None, data_dir: Path, out: Path) -> None:
    """Look on at an exchange and write its market as a session, its account's events as a script beside it.

    Stops when the session is over, or with SIGTERM or Ctrl-C; the file is finished in each case.
    """
    try:
        sys.exit(asyncio.run(_record(socket or data_dir / "exchange.sock", out)))
    except RiskManagerError as error:
        sys.exit(tell_failure(error))


async def _record(socket: Path, out: Path) -> ExitCode:
    from risk_manager.sdk.record import record as record_venue

    stop = asyncio.Event()
    signals: list[int] = []

    def on_signal(number: int) -> None:
        signals.append(number)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    header = await record_venue(socket, out, stop, SystemClock(), lambda text: click.echo(text, err=True))
    click.echo(f"{out}: {header.events} market events, {header.start} to {header.end}")
    return ExitCode.INTERRUPTED if signal.SIGINT in signals else ExitCode.SUCCESS
