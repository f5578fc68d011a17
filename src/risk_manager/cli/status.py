"""`risk-manager status`: what a running manager knows, or what the journal of a stopped one last said."""

import asyncio
import shutil
import sys
import textwrap
from pathlib import Path

import click
import msgspec

from risk_manager.cli.shared import account_option, account_state, data_dir_option, option, tell_failure
from risk_manager.core.alerts.book import View
from risk_manager.core.alerts.files import read_book
from risk_manager.core.manager import JOURNAL_NAME
from risk_manager.core.operator import Request, ask, socket_path
from risk_manager.core.status_report import StatusReport, lines, report, with_pages
from risk_manager.errors import RiskManagerError, StateError, VenueUnreachable
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore

_VALUE_COLUMN = 16


@click.command()
@account_option()
@data_dir_option()
@option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def status(account: str | None, data_dir: Path, *, as_json: bool) -> None:
    """Show the account, its positions, and every lockout with its reason, its end and who lifts it."""
    try:
        found = _status(account_state(data_dir, account))
    except RiskManagerError as error:
        sys.exit(tell_failure(error))
    click.echo(msgspec.json.encode(found).decode() if as_json else "\n".join(map(_fitted, lines(found))))


def _fitted(line: str) -> str:
    """A line as it is; on a terminal that is too narrow for it, broken between words and set under its value."""
    width = shutil.get_terminal_size().columns
    if not sys.stdout.isatty() or len(line) <= width:
        return line
    return textwrap.fill(
        line, width, subsequent_indent=" " * _VALUE_COLUMN, break_long_words=False, break_on_hyphens=False
    )


def _status(directory: Path) -> StatusReport:
    try:
        answer = asyncio.run(ask(socket_path(directory), Request("status")))
    except VenueUnreachable:
        return _from_journal(directory)
    if answer.status is None:
        raise StateError(f"the running manager says: {answer.words}", hint="is it of another version?")
    return answer.status


def _from_journal(directory: Path) -> StatusReport:
    store = SqliteStore.open_readonly(directory / JOURNAL_NAME)
    try:
        recovered = recover(store)
    finally:
        store.close()
    recovered.state.now_ns = recovered.last_ns
    found = report(
        recovered.state,
        account=directory.name,
        pid=None,
        checkpoint=None,
        rules=(),
        config_hash=recovered.config_hash,
    )
    try:
        return with_pages(found, View.of(read_book(directory)))
    except (OSError, ValueError) as error:
        raise StateError(str(error), hint="the next start puts it aside and pages again what still holds") from error
