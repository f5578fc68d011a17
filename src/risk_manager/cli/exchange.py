"""`risk-manager exchange`: the simulated exchange as its own process, its ledger, and trading there by hand."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk_manager.cli.shared import Speed, data_dir_option, option, tell_failure
from risk_manager.errors import RiskManagerError
from risk_manager.sdk.simulated.scenarios import SCENARIOS
from service_contract.exit_codes import ExitCode, help_table

_SOCKET_HELP = "Its unix socket; exchange.sock in the data directory otherwise."
_OBSERVER_HELP = "A second socket; whoever comes through it may only look on, and what he sends is refused and kept."
_SOCKET_NAME = "exchange.sock"


if TYPE_CHECKING:  # loaded only where it is used: `exchange ledger` needs none of it
    from risk_manager.sdk.simulated.carried import Carried


def _trade_size(_ctx: click.Context, _param: click.Parameter, text: str) -> int:
    """`+3` buys three, `-3` sells three."""
    digits = text.removeprefix("+").removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(text) - len(digits) > 1 or int(digits[:9]) == 0:
        raise click.BadParameter(f"{text!r} is not a size such as +2 or -1")
    return -int(digits[:9]) if text.startswith("-") else int(digits[:9])


@click.group(invoke_without_command=True, epilog="\b\n" + help_table())
@option("--session", type=click.Path(path_type=Path), metavar="FILE|NAME", help="Session; the scenario's otherwise.")
@option("--script", type=click.Path(path_type=Path), metavar="FILE", help="Its script; the one beside it otherwise.")
@option("--scenario", type=click.Choice(list(SCENARIOS)), default="breach", show_default=True, help="What happens.")
@option("--mode", type=click.Choice(["lockstep", "free"]), default="free", show_default=True, help="How time goes on.")
@option("--speed", type=Speed(), default=None, help="Times real time, or max. [default: 1 in free, max in lockstep]")
@option("--socket", type=click.Path(path_type=Path), default=None, help=_SOCKET_HELP)
@option("--observer-socket", type=click.Path(path_type=Path), default=None, help=_OBSERVER_HELP)
@option("--begin-with", type=click.IntRange(0), default=0, help="Time begins once so many clients listen.")
@data_dir_option()
@option("--account", metavar="NAME", default=None, help="The account's name; the first manager's otherwise.")
@option("--balance", metavar="USD", default=None, help="What the account begins with; the script's otherwise.")
@option("--partial-fills", is_flag=True, help="A resting limit order fills at most the size that traded.")
@option(
    "--carry",
    type=click.Path(path_type=Path, exists=True),
    metavar="DIR|FILE",
    help="Begin with the account of an earlier exchange (its data directory), or of an exported state.",
)
@option(
    "--hold-at",
    multiple=True,
    metavar="WHEN[/SPAN]",
    help="Lockstep: wait there (+60s, an ISO time, event:120) for another manager; SPAN passes before he is let in.",
)
@click.pass_context
def exchange(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401 -- click's own options, checked by click
    """Run the simulated exchange until stopped (SIGTERM, Ctrl-C). Its ledger survives in the data directory."""
    if ctx.invoked_subcommand is not None:
        return
    sys.exit(_told(lambda: _serve(**given)))


@exchange.command()
@data_dir_option(default=None, show_default="data")
@option("--json", "as_json", is_flag=True, help="Print one JSON object (docs/reference/simulated-exchange.md).")
@click.pass_context
def ledger(ctx: click.Context, /, *, data_dir: Path | None, as_json: bool) -> None:
    """Show what the exchange executed: while it runs, after it stopped, after it was killed."""
    sys.exit(_told(lambda: _ledger(_given(ctx, "data_dir", data_dir), as_json=as_json)))


@exchange.command(context_settings={"ignore_unknown_options": True})
@click.argument("symbol")
@click.argument("net", callback=_trade_size, metavar="±N")
@option("--socket", type=click.Path(path_type=Path), default=None, help=_SOCKET_HELP)
@data_dir_option(default=None, show_default="data")
@click.pass_context
def trade(ctx: click.Context, /, *, symbol: str, net: int, socket: Path | None, data_dir: Path | None) -> None:
    """Trade by hand: +N buys, -N sells at the market, also while time stands or no manager is there."""
    beside = _given(ctx, "data_dir", data_dir) / _SOCKET_NAME
    sys.exit(_told(lambda: _trade(_given(ctx, "socket", socket) or beside, symbol, net)))


def _given(ctx: click.Context, name: str, value: Path | None) -> Any:  # noqa: ANN401 -- a path, as the option has it
    """An option of a subcommand, or where it was not given there, what `exchange` itself was given."""
    return value if value is not None or ctx.parent is None else ctx.parent.params[name]


def _told(run: Any) -> ExitCode:  # noqa: ANN401 -- any of the three below
    """Run it; a failure is told in words, with its exit code."""
    try:
        code: ExitCode = run()
    except RiskManagerError as error:
        return tell_failure(error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def _serve(*, carry: Path | None, **given: Any) -> ExitCode:  # noqa: ANN401 -- handed on from click
    from risk_manager.sdk.simulated.process import ExchangeOptions, run

    return run(ExchangeOptions(carry=None if carry is None else _carried(carry), **given), say=click.echo)


def _carried(path: Path) -> "Carried":
    from risk_manager.sdk.simulated.carried import of_ledger, of_state
    from risk_manager.state.transfer import read_export

    if path.is_dir():
        return of_ledger(path)
    body = read_export(path)
    return of_state(body.account, body.last_ns, [change.after for change in body.changes if change.after is not None])


def _ledger(data_dir: Path, *, as_json: bool) -> ExitCode:
    import msgspec

    from risk_manager.sdk.simulated.ledger_view import read_ledger, text_of

    view = read_ledger(data_dir)
    click.echo(msgspec.json.encode(view).decode() if as_json else text_of(view))
    return ExitCode.SUCCESS


def _trade(socket: Path, symbol: str, net: int) -> ExitCode:
    import asyncio

    from risk_manager.sdk.simulated.by_hand import trade_by_hand

    order = asyncio.run(trade_by_hand(socket, symbol, net))
    click.echo(f"order {order.id}: {order.side} {order.filled} {order.contract} {order.status}")
    return ExitCode.SUCCESS
