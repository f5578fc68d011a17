"""`risk-manager run`: the daemon."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

import click

from risk_manager.cli.shared import (
    Duration,
    Speed,
    account_option,
    config_option,
    data_dir_option,
    option,
    tell_failure,
)
from risk_manager.clock import SystemClock
from risk_manager.core.manager import Manager
from risk_manager.core.options import RunOptions
from risk_manager.core.summary import Summary, encode_summary
from risk_manager.errors import RiskManagerError
from risk_manager.notify import Notifier
from service_contract.exit_codes import ExitCode

SCENARIOS = ("breach", "calm", "soak", "silent", "refuse", "unreachable", "slow-boot", "crash")

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@click.command()
@account_option()
@config_option()
@data_dir_option(default=None, show_default="data; for --replay a fresh one under data/reports/replay")
@option("--log-dir", type=click.Path(path_type=Path), default=None, show_default="data/logs", help="Where it logs.")
@option("--venue", type=click.Choice(["simulated", "projectx"]), default=None, help="Where orders live.")
@option("--socket", type=click.Path(path_type=Path), default=None, help="Socket of a running `risk-manager exchange`.")
@option("--scenario", type=click.Choice(SCENARIOS), default="breach", show_default=True, help="Of the simulated venue.")
@option("--replay", type=click.Path(path_type=Path), default=None, metavar="FILE", help="Replay a recorded session.")
@option("--speed", type=Speed(), default="max", show_default=True, help="Of a replay: times real time, or max.")
@option("--dry-run", is_flag=True, envvar=["RISK_DRY_RUN", "DRY_RUN_MODE"], help="Decide and journal, send nothing.")
@option(
    "--canary",
    is_flag=True,
    help="Show every enabled rule at work on a shadow account; implies --dry-run where money is real.",
)
@option("--for", "for_s", type=Duration(), default=None, help="Stop after this long.")
@option(
    "--log-level",
    type=click.Choice(LOG_LEVELS, case_sensitive=False),
    default="INFO",
    show_default=True,
    envvar=["RISK_LOG_LEVEL", "LOG_LEVEL"],
    help="Checkpoints are logged at any level.",
)
@option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout; words go to stderr.")
def run(*, data_dir: Path | None, log_dir: Path | None, as_json: bool, **given: object) -> None:
    """Guard one account until stopped (SIGTERM, Ctrl-C), or until a replayed session ends."""
    clock = SystemClock()
    if data_dir is None:
        data_dir = _fresh_dir(clock) if given["replay"] else Path("data")
    options = RunOptions(data_dir=data_dir, log_dir=log_dir or Path("data/logs"), **given)  # type: ignore[arg-type]  # click has checked the types
    sys.exit(asyncio.run(_run(options, clock, as_json=as_json)))


def _fresh_dir(clock: SystemClock) -> Path:
    """A replay is judged on a state of its own; carried state is asked for with --data-dir."""
    stamp = datetime.fromtimestamp(clock.wall_ns() / 1e9, UTC).strftime("%Y%m%dT%H%M%SZ")
    return Path("data/reports/replay") / f"{stamp}-{token_hex(3)}" / "state"


async def _run(options: RunOptions, clock: SystemClock, *, as_json: bool) -> ExitCode:
    notifier = Notifier.from_environment()
    manager = Manager(options, clock, notifier)
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    signals: list[int] = []

    def on_signal(number: int) -> None:
        signals.append(number)
        if len(signals) > 1:
            os._exit(ExitCode.INTERRUPTED if number == signal.SIGINT else 128 + number)
        if not manager.request_stop(signal.Signals(number).name) and task is not None:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    loop.add_signal_handler(signal.SIGHUP, manager.request_reload)
    try:
        summary = await manager.run()
    except RiskManagerError as error:
        notifier.say(STATUS=str(error).splitlines()[0][:200])
        return tell_failure(error)
    except asyncio.CancelledError:
        if not signals:
            raise
        click.echo("stopped before the boot was over; nothing was sent", err=True)
        return ExitCode.INTERRUPTED if signal.SIGINT in signals else ExitCode.SUCCESS
    _tell(summary, options, as_json=as_json)
    return ExitCode.INTERRUPTED if signal.SIGINT in signals else ExitCode.SUCCESS


def _tell(summary: Summary, options: RunOptions, *, as_json: bool) -> None:
    if as_json:
        click.echo(encode_summary(summary))
    lines = [
        f"{summary.events} events, {summary.market_trades} of them market trades; {summary.decisions} decisions",
        f"{summary.breaches} breaches; {summary.confirmed} of {summary.intents} intents confirmed by the venue",
        f"trading day {summary.trading_day}: realized {summary.realized}, fees {summary.fees}",
        *(f"lockout {each.rule} ({each.kind}): {each.reason}: {each.arithmetic}" for each in summary.lockouts),
        "flat" if summary.flat else "open: " + ", ".join(f"{p.symbol} {p.net:+d}" for p in summary.positions),
        f"state in {options.data_dir}, log in {options.log_dir}",
    ]
    click.echo("\n".join(lines), err=True)
