"""`risk-manager check-config`: every fault of the configuration at once, or what it amounts to."""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from risk_manager.cli.shared import account_option, config_option, option
from risk_manager.clock import SystemClock
from risk_manager.config.calendars import build
from risk_manager.config.loader import load_config
from risk_manager.config.model import Calendar, RiskConfig
from risk_manager.errors import ConfigInvalid
from service_contract.exit_codes import ExitCode
from service_contract.yaml_lines import Fault

_SECOND_NS = 1_000_000_000


@click.command()
@config_option()
@account_option()
@option("--json", is_flag=True, help="Print the result as one JSON object.")
def check_config(*, config: Path, account: str | None, json: bool) -> None:
    """Check the configuration: every fault with file, line, column, value and remedy, or what it amounts to."""
    now_ns = SystemClock().wall_ns()
    try:
        loaded = load_config(config, account=account)
    except ConfigInvalid as error:
        _tell_faults(error, as_json=json)
        sys.exit(error.exit_code)
    calendar = build(loaded, now_ns)
    if json:
        _print_json(
            {"verdict": "PASS", "exit_code": ExitCode.SUCCESS.value, "faults": [], **_found(loaded, calendar, now_ns)}
        )
    else:
        click.echo("\n".join(_lines(loaded, calendar, now_ns)))


def _tell_faults(error: ConfigInvalid, *, as_json: bool) -> None:
    code = error.exit_code
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for fault in error.faults:
            click.echo(_annotation(fault), err=True)
    if as_json:
        faults = [_fault_json(fault) for fault in error.faults]
        _print_json({"verdict": "FAIL", "exit_code": code.value, "faults": faults})
        return
    count = len(error.faults)
    click.echo(f"{error}\n\n{count} fault{'s' if count > 1 else ''}; nothing was started\nExit Code: {code.value}")


def _print_json(found: dict[str, Any]) -> None:
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


def _fault_json(fault: Fault) -> dict[str, object]:
    return {
        "file": str(fault.file),
        "line": fault.place.line if fault.place else None,
        "column": fault.place.column if fault.place else None,
        "key": fault.key,
        "message": fault.message,
        "value": fault.value,
        "remedy": fault.remedy,
    }


def _annotation(fault: Fault) -> str:
    """The fault as GitHub Actions shows it beside the line."""
    where = f",line={fault.place.line},col={fault.place.column}" if fault.place else ""
    return f"::error file={fault.file}{where}::{fault}".replace("\n", "%0A")


def _found(config: RiskConfig, calendar: Calendar, now_ns: int) -> dict[str, object]:
    today = calendar.trading_days.at(now_ns)
    return {
        "account": config.account.name,
        "venue": config.account.venue,
        "rules": [
            {"key": rule.key, "number": rule.definition.number, "enabled": rule.enabled, "why_off": rule.why_off}
            for rule in config.rules
        ],
        "trading_day": today.name if today else None,
        "next_reset": _utc(today.end_ns) if today else None,
        "sessions": [
            {"name": name, "open_now": session.at(now_ns) is not None, "known_until": _utc(session.horizon.end_ns)}
            for name, session in calendar.sessions.items()
        ],
        "config_hash": config.config_hash,
        "files": [str(file) for file in config.files],
    }


def _lines(config: RiskConfig, calendar: Calendar, now_ns: int) -> Iterator[str]:
    yield f"account {config.account.name} at venue {config.account.venue}"
    for rule in config.rules:
        state = "on " if rule.enabled else "off"
        yield f"  {state} {rule.definition.number:03d} {rule.key}{f': {rule.why_off}' if rule.why_off else ''}"
    today = calendar.trading_days.at(now_ns)
    if today is not None:
        zone = config.daily_reset.zone
        yield f"trading day {today.name}, next reset {_local(today.end_ns, zone)} ({_utc(today.end_ns)})"
    for name, hours in config.sessions.items():
        session = calendar.sessions[name]
        if not session.knows(now_ns):
            yield f"session {name}: its hours are not known today: no holidays are listed for this time"
            continue
        boundary_ns = session.next_boundary_ns(now_ns)
        verb = "open until" if session.at(now_ns) else "closed until"
        boundary = _local(boundary_ns, hours.zone) if boundary_ns is not None else "an unknown time"
        yield f"session {name}: {verb} {boundary}; known until {_local(session.horizon.end_ns, hours.zone)}"
    yield f"files {', '.join(map(str, config.files))}"
    yield f"hash {config.config_hash}"
    yield "the configuration is valid"


def _local(t_ns: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(t_ns // _SECOND_NS, zone):%Y-%m-%d %H:%M} {zone.key}"


def _utc(t_ns: int) -> str:
    return f"{datetime.fromtimestamp(t_ns // _SECOND_NS, UTC):%Y-%m-%dT%H:%M:%SZ}"
