"""`risk-manager market`: is the market open, and until when, by the sessions of the configuration."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from risk_manager.cli.shared import account_option, config_option, option, tell_failure
from risk_manager.clock import SystemClock
from risk_manager.config.calendars import build
from risk_manager.config.loader import load_config
from risk_manager.domain.sessions import Session
from risk_manager.errors import ConfigInvalid

_SECOND_NS = 1_000_000_000
_MINUTE_NS = 60 * _SECOND_NS
_DAYS_FROM_H = 48


@click.command()
@click.argument("session", required=False)
@config_option()
@account_option()
@option("--json", "as_json", is_flag=True, help="Print one JSON object: the session, or all of them.")
def market(session: str | None, *, config: Path, account: str | None, as_json: bool) -> None:
    """Say which sessions are open and until when; SESSION is one of the configuration's, all of them otherwise.

    It reads the calendar of the configuration and asks nobody: holidays and early closes are those of holidays.yaml,
    and where that file does not reach, the answer is unknown.
    """
    try:
        loaded = load_config(config, account=account)
    except ConfigInvalid as error:
        sys.exit(tell_failure(error))
    if session is not None and session not in loaded.sessions:
        known = ", ".join(loaded.sessions) or "none"
        raise click.UsageError(f"no session {session!r} in {config}; it has: {known}")
    now_ns = SystemClock().wall_ns()
    calendar = build(loaded, now_ns)
    names = [session] if session is not None else list(loaded.sessions)
    found = {name: session_state(calendar.sessions[name], loaded.sessions[name].zone, now_ns) for name in names}
    if not as_json:
        click.echo("\n".join(_lines(found, now_ns)))
    elif session is not None:
        click.echo(json.dumps({"schema": "rm.market/1", "session": session, **found[session]}))
    else:
        click.echo(json.dumps({"schema": "rm.market/1", "sessions": found}))


def session_state(session: Session, zone: ZoneInfo, now_ns: int) -> dict[str, str | None]:
    """The state (open, closed or unknown), until when (UTC; None where that is not known), in whose zone, and why."""
    if not session.knows(now_ns):
        why = "no holidays are listed for this time: see holidays.yaml"
        return {"state": "unknown", "until": None, "zone": zone.key, "why": why}
    boundary_ns = session.next_boundary_ns(now_ns)
    until = None if boundary_ns is None else f"{datetime.fromtimestamp(boundary_ns // _SECOND_NS, UTC):%FT%TZ}"
    return {"state": "open" if session.at(now_ns) else "closed", "until": until, "zone": zone.key, "why": ""}


def _lines(found: dict[str, dict[str, str | None]], now_ns: int) -> Iterator[str]:
    width = max(map(len, found), default=0)
    for name, each in found.items():
        yield f"{name:<{width}}  {str(each['state']).upper():<7}  {_until(each, now_ns)}".rstrip()
    if not found:
        yield "the configuration names no session"


def _until(each: dict[str, str | None], now_ns: int) -> str:
    if each["state"] == "unknown":
        return str(each["why"])
    verb = "closes" if each["state"] == "open" else "opens"
    if each["until"] is None or each["zone"] is None:
        return f"{verb} at an unknown time"
    moment = datetime.fromisoformat(each["until"])
    hours, minutes = divmod((int(moment.timestamp()) * _SECOND_NS - now_ns) // _MINUTE_NS, 60)
    local = moment.astimezone(ZoneInfo(each["zone"]))
    away = f"{hours // 24}d{hours % 24}h" if hours >= _DAYS_FROM_H else f"{hours}h{minutes:02d}m"
    return f"{verb} {local:%a %Y-%m-%d %H:%M %Z}, in {away}"
