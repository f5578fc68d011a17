"""`risk-manager what-if SYMBOL ±N`: which rules would say what, with the arithmetic, before one trades."""

import re
import sys
from pathlib import Path

import click
import msgspec

from risk_manager.cli.shared import account_option, account_state, config_option, data_dir_option, option, tell_failure
from risk_manager.clock import SystemClock
from risk_manager.config.loader import load_config
from risk_manager.core import what_if as hypothesis
from risk_manager.core.manager import JOURNAL_NAME
from risk_manager.core.policies import make_policy
from risk_manager.domain.instruments import Instrument
from risk_manager.domain.state import AccountState
from risk_manager.errors import RiskManagerError, StateError
from risk_manager.sdk.normalise import price_ticks
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore
from service_contract.exit_codes import ExitCode


@click.command("what-if", context_settings={"ignore_unknown_options": True})
@click.argument("symbol")
@click.argument("size", metavar="±N")
@option("--price", default=None, metavar="PRICE", help="What it is reckoned at; needed where no position is open.")
@account_option()
@config_option()
@data_dir_option()
@option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
def what_if(
    *, symbol: str, size: str, price: str | None, account: str | None, config: Path, data_dir: Path, as_json: bool
) -> None:
    """Ask what the rules would say of a trade: +N buys, -N sells. Nothing is sent.

    The state is the journal's: of a running manager, or of one that has stopped; a fresh account where there is none.
    Exit code 0 where no rule would act, 1 where one would.
    """
    if not re.fullmatch(r"[+-][1-9][0-9]{0,5}", size, re.ASCII):
        message = f"{size!r}: write +N to buy or -N to sell"
        raise click.UsageError(message)
    try:
        loaded = load_config(config, account=account)
        instrument = loaded.instruments.by_symbol(symbol.upper())
        if instrument is None:
            message = f"{symbol}: not in {loaded.files[2]}"
            raise StateError(message, hint="use a root symbol such as ES")
        state = _state(data_dir, loaded.account.name)
        made = make_policy(loaded, state.now_ns)
        contract = _contract(state, instrument)
        found = hypothesis.what_if(
            state,
            made.policy,
            instrument=instrument,
            contract=contract,
            size=int(size),
            price_ticks=None if price is None else price_ticks(price, instrument),
        )
    except RiskManagerError as error:
        sys.exit(tell_failure(error))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    click.echo(msgspec.json.encode(found).decode() if as_json else "\n".join(hypothesis.lines(found, state)))
    sys.exit(ExitCode.SUCCESS if found.allowed else ExitCode.EXCEPTION)


def _state(data_dir: Path, account: str) -> AccountState:
    """A copy of what the journal says; of a fresh account where there is no journal. Its clock is the venue's last."""
    path = account_state(data_dir, account) / JOURNAL_NAME
    if not path.exists():
        state = AccountState()
        state.now_ns = SystemClock().wall_ns()
        return state
    store = SqliteStore.open_readonly(path)
    try:
        recovered = recover(store)
    finally:
        store.close()
    recovered.state.now_ns = recovered.last_ns
    return recovered.state


def _contract(state: AccountState, instrument: Instrument) -> str:
    """The contract that is held; a placeholder of the product where none is."""
    held = [p.contract for p in state.positions.values() if p.symbol == instrument.symbol]
    return held[0] if held else f"CON.F.US.{instrument.product}.NEXT"
