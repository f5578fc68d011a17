"""`risk-manager page`: try the channels, see what is still to be delivered, or hand on what a supervisor has to say."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from risk_manager.cli.shared import (
    account_option,
    account_state,
    config_option,
    data_dir_option,
    option,
    tell_failure,
)
from risk_manager.clock import SystemClock
from risk_manager.config.loader import load_config
from risk_manager.config.model import RiskConfig
from risk_manager.config.secrets import alert_variables
from risk_manager.core.alerts import troubles
from risk_manager.core.alerts.channel import Channel, Outcome
from risk_manager.core.alerts.channels import make_ready, stays_in_log
from risk_manager.core.alerts.files import read_book
from risk_manager.core.alerts.page import Page
from risk_manager.core.alerts.wording import Writer
from risk_manager.errors import RiskManagerError, StateError
from service_contract.exit_codes import ExitCode

_WAY = "say which one: --test, --queue or --relay"


@click.command()
@config_option()
@account_option()
@data_dir_option()
@option("--test", "way", flag_value="test", help="Send a test alert and its end through every channel.")
@option("--queue", "way", flag_value="queue", help="List what is not delivered.")
@option(
    "--relay",
    "way",
    flag_value="relay",
    help="Page what RUNTIME_PAGE_ID and RUNTIME_PAGE_TEXT say; `risk-runtime watch` calls it so.",
)
def page(*, config: Path, account: str | None, data_dir: Path, way: str | None) -> None:
    """Try the channels that tell a person, list what waits for them, or page what a supervisor says."""
    if way is None:
        raise click.UsageError(_WAY)
    try:
        if way == "queue":
            sys.exit(_list(account_state(data_dir, account)))
        loaded = load_config(config, account=account)
        if way == "test":
            sys.exit(_send(loaded, _test_pages(loaded)))
        sys.exit(_send(loaded, _relayed_pages(loaded), stays=stays_in_log(loaded, os.environ.get("RISK_VENUE"))))
    except RiskManagerError as error:
        sys.exit(tell_failure(error))


def _list(directory: Path) -> ExitCode:
    if not directory.is_dir():
        raise StateError(f"{directory}: there is no state of this account", hint="say which with --account, --data-dir")
    try:
        waiting = read_book(directory).waiting
    except (OSError, ValueError) as error:
        raise StateError(str(error), hint="the next start puts it aside and pages again what still holds") from error
    for each in waiting:
        click.echo(f"{each.page.time} {each.page.action} {each.page.severity} for {', '.join(each.channels)}")
        click.echo(f"  {each.page.subject}")
    click.echo(f"{len(waiting)} pages are not delivered")
    return ExitCode.SUCCESS


def _writer(config: RiskConfig) -> Writer:
    return Writer(config.account.name, config.daily_reset.zone)


def _test_pages(config: RiskConfig) -> list[Page]:
    now_ns = SystemClock().wall_ns()
    condition, writer = troubles.test_alert(now_ns), _writer(config)
    return [writer.trigger(condition, now_ns), writer.resolve(condition, now_ns, "the test is over")]


def _relayed_pages(config: RiskConfig) -> list[Page]:
    alert_id, text = (os.environ.get(f"RUNTIME_PAGE_{name}", "").strip() for name in ("ID", "TEXT"))
    if not alert_id or not text:
        raise click.UsageError("--relay needs RUNTIME_PAGE_ID and RUNTIME_PAGE_TEXT in the environment")
    now_ns = SystemClock().wall_ns()
    return [_writer(config).trigger(troubles.relayed(alert_id, text, now_ns), now_ns)]


def _send(config: RiskConfig, pages: list[Page], *, stays: str = "") -> ExitCode:
    """Each page through each channel, now, past the queue; the severity a channel begins at does not count here.

    The channels are tried side by side, so that the slowest decides how long it takes.
    """
    ready = make_ready(config.alerts, alert_variables(Path(".env"), os.environ), stays=stays)
    for each in ready.logs:
        click.echo(f"{each.name}: log: {json.dumps(pages[0].subject)}")
    for name, why in ready.unusable.items():
        click.echo(f"{name}: NOT TAKEN: {why}")
    refused = len(ready.unusable)
    with ThreadPoolExecutor(max(1, len(ready.channels))) as pool:
        for lines, not_taken in pool.map(lambda channel: _send_through(channel, pages), ready.channels):
            click.echo("\n".join(lines))
            refused += not_taken
    if not ready.configs:
        click.echo(f"nobody is called: {ready.stays or 'only the log is configured; see the block alerts'}")
    click.echo("every channel took it" if not refused else f"{refused} not taken")
    return ExitCode.API_ERROR if refused else ExitCode.SUCCESS


def _send_through(channel: Channel, pages: list[Page]) -> tuple[list[str], int]:
    outcomes = [(page.action, channel.send(page)) for page in pages]
    lines = [f"{channel.name}: {action}: {_words(outcome)}" for action, outcome in outcomes]
    return lines, sum(outcome.result != "taken" for _, outcome in outcomes)


def _words(outcome: Outcome) -> str:
    return f"{'taken' if outcome.result == 'taken' else 'NOT TAKEN'}: {outcome.detail}"
