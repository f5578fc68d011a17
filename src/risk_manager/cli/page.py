"""`risk-manager page`: try the channels, see what is still to be delivered, or hand on what a supervisor has to say."""

import json
import os
import sys
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
from risk_manager.core.alerts.channel import Outcome
from risk_manager.core.alerts.channels import make_ready
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
@option(
    "--test", "way", flag_value="test", help="Send a test alert and its end through every channel."
)
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
        pages = _test_pages(loaded) if way == "test" else _relayed_pages(loaded)
        sys.exit(_send(loaded, pages))
    except RiskManagerError as error:
        sys.exit(tell_failure(error))


def _list(directory: Path) -> ExitCode:
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


def _send(config: RiskConfig, pages: list[Page]) -> ExitCode:
    """Each page through each channel, now, past the queue; the severity a channel begins at does not count here."""
    ready = make_ready(config.alerts, alert_variables(Path(".env"), os.environ))
    for each in ready.logs:
        click.echo(f"{each.name}: log: {json.dumps(pages[0].subject)}")
    for name, why in ready.unusable.items():
        click.echo(f"{name}: NOT TAKEN: {why}")
    refused = len(ready.unusable)
    for channel in ready.channels:
        for sent in pages:
            outcome = channel.send(sent)
            click.echo(f"{channel.name}: {sent.action}: {_words(outcome)}")
            refused += outcome.result != "taken"
    if not ready.configs:
        click.echo("only the log is configured: nobody is called; see the block alerts in the configuration")
    click.echo("every channel took it" if not refused else f"{refused} not taken")
    return ExitCode.API_ERROR if refused else ExitCode.SUCCESS


def _words(outcome: Outcome) -> str:
    return f"{'taken' if outcome.result == 'taken' else 'NOT TAKEN'}: {outcome.detail}"
