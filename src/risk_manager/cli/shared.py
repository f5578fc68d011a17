"""What the commands share: options that are also variables, durations, and how a failure is told."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from risk_manager.errors import RiskManagerError, StateError
from service_contract.exit_codes import ExitCode

Function = TypeVar("Function", bound=Callable[..., Any])
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def option(*flags: str, **settings: Any) -> Callable[[Function], Function]:  # noqa: ANN401 -- click's own settings
    """An option that can be given as `RISK_<OPTION>` as well: flag over variable over default."""
    name = next(flag for flag in flags if flag.startswith("--"))
    variable = "RISK_" + name.removeprefix("--").replace("-", "_").upper()
    settings.setdefault("envvar", variable)
    return click.option(*flags, show_envvar=True, **settings)


def account_option() -> Callable[[Function], Function]:
    """Which account."""
    return option("--account", metavar="NAME", help="Account in accounts.yaml; its default_account otherwise.")


def config_option() -> Callable[[Function], Function]:
    """Which configuration."""
    return option(
        "--config",
        type=click.Path(path_type=Path),
        default=Path("config/risk_config.yaml"),
        show_default=True,
        help="The rules; accounts.yaml and instruments.yaml stand beside it.",
    )


def data_dir_option(**settings: Any) -> Callable[[Function], Function]:  # noqa: ANN401 -- click's own settings
    """Where state lives."""
    settings.setdefault("default", Path("data"))
    settings.setdefault("show_default", True)
    return option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=True),
        help="Where state lives, one directory an account.",
        **settings,
    )


def account_state(data_dir: Path, account: str | None) -> Path:
    """The state directory of the account, or of the only one there is. Raises StateError where that is not clear."""
    states = data_dir / "state"
    if account is not None:
        return states / account
    found = sorted(path for path in states.glob("*") if path.is_dir())
    if len(found) == 1:
        return found[0]
    if not found:
        hint = "start one: risk-manager run; or name the state of a demo: --data-dir data/reports/demo/RUN/state"
        raise StateError(f"{states}: no manager has run with this data directory yet", hint=hint)
    names = ", ".join(path.name for path in found)
    message = f"{states}: it has the state of several accounts: {names}"
    raise StateError(message, hint="say which with --account")


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases of click
    """`30s`, `5m`, `1h`, `250ms`; seconds as a number inside."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 -- click's own signature
        """Read it. Raises UsageError for anything else, a bare number and zero included."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)", str(value), re.ASCII)
        seconds = float(match[1]) * _UNITS_S[match[2]] if match else 0.0
        if seconds <= 0:
            self.fail(f"{value!r} is not a duration such as 30s, 5m or 1h", param, ctx)
        return seconds


class Speed(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases of click
    """`max`, or how many times faster than recorded; None for max inside."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 -- click's own signature
        """Read it. Raises UsageError for anything that is not above 0."""
        if isinstance(value, float):
            return value
        if value == "max":
            return float("inf")
        match = re.fullmatch(r"\d{1,6}(?:\.\d{1,3})?", str(value), re.ASCII)
        speed = float(match[0]) if match else 0.0
        if speed <= 0:
            self.fail(f"{value!r} is neither max nor a number above 0", param, ctx)
        return speed


def tell_failure(error: RiskManagerError) -> ExitCode:
    """Print what went wrong, what to do and the exit code, on stderr."""
    click.echo(str(error), err=True)
    if error.hint:
        click.echo(f"  what to do: {error.hint}", err=True)
    code = error.exit_code
    click.echo(f"Exit Code: {code.value} ({code.meaning})", err=True)
    return code
