"""Rule 011: some symbols are not traded in this account; an order in one is cancelled, a position in one is closed."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated

from risk_manager.domain.events import Event, OrderReport, PositionReport, TradeReport
from risk_manager.domain.lockouts import closes_at_market
from risk_manager.domain.orders import Order
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import OK, Cap, Remove, Verdict, breach
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.params import SymbolGlobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The symbols that are blocked, as patterns in capital letters."""

    symbols: Annotated[
        tuple[str, ...], SymbolGlobs("symbols", "root symbols that are blocked; * and ? stand for any letters")
    ]


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Look at the order, or at the position, that the event is about."""
    if isinstance(event, OrderReport):
        order = event.order
        pattern = _blocking(order.symbol, params)
        if pattern is None or not order.is_working or closes_at_market(state, order):
            return OK
        return breach(f"order in {order.symbol}, which is blocked", _match(order.symbol, pattern), _cancel(order))
    if isinstance(event, TradeReport):
        contract = event.trade.contract
    elif isinstance(event, PositionReport):
        contract = event.contract
    else:
        return OK
    position = state.positions.get(contract)
    if position is None:
        return OK  # a fill is heard before the position it makes, which is heard next
    pattern = _blocking(position.symbol, params)
    if pattern is None:
        return OK
    return breach(
        f"position in {position.symbol}, which is blocked", _match(position.symbol, pattern), Cap(contract, 0)
    )


def _blocking(symbol: str, params: Params) -> str | None:
    capitals = symbol.upper()
    return next((pattern for pattern in params.symbols if fnmatchcase(capitals, pattern)), None)


def _match(symbol: str, pattern: str) -> str:
    return f"{symbol} matches {pattern}"


def _cancel(order: Order) -> Remove:
    return Remove(order.order_id)


def example() -> Example:
    """E* is blocked; an order to buy one ES matches it and is cancelled."""
    order = Order(1, ES_CONTRACT, "ES", 1, 1, "limit", "working", 0, MORNING_NS, 1, limit_ticks=26_400)
    return Example(
        says="blocked E*: a limit order to buy 1 ES matches, so it is cancelled",
        params=Params(symbols=("E*",)),
        events=(OrderReport(MORNING_NS, order),),
        expected=breach("order in ES, which is blocked", "ES matches E*", Remove(1)),
    )


RULE = RuleDefinition(
    number=11,
    key="symbol_blocks",
    title="Blocked symbols",
    kind="trade by trade",
    params=Params,
    hears=frozenset({OrderReport, TradeReport, PositionReport}),
    check=check,
    example=example,
)
