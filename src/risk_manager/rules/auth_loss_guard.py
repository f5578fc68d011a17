"""Rule 010: the venue says that trading is not allowed: flat, and locked until it says otherwise.

A connection that stays lost while a position is open is told to a person, once for each loss: nothing can be closed
over a line that is down.
"""

from dataclasses import dataclass
from typing import Annotated

from risk_manager.domain.events import AccountReport, ConnectionChanged, Event, PositionReport, TimeAdvanced
from risk_manager.domain.state import ACCOUNT, AccountState
from risk_manager.domain.verdicts import OK, LockOut, Remember, Tell, Verdict, breach, ok
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.params import Duration

KEY = "auth_loss_guard"
_LOST, _TOLD = "connection lost", "told"
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """When a lost connection is old enough to be told."""

    stale_after_ns: Annotated[
        int, Duration("stale_after", "how long the connection may be lost, with a position open, before you are told")
    ] = 30 * _SECOND_NS


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Judge the account as the venue last described it; for the connection, remember since when it is lost."""
    if isinstance(event, AccountReport):
        facts = state.account.get(ACCOUNT)
        if facts is None or facts.can_trade:
            return OK
        return breach(
            "the venue says that the account may not trade",
            "locked until the venue allows trading again",
            LockOut("hard", "venue_allows", None),
        )
    if isinstance(event, ConnectionChanged):
        return _connection(state, event)
    lost_ns = state.remembered(KEY, _LOST)
    if lost_ns is None or not state.positions or state.remembered(KEY, _TOLD) is not None:
        return OK
    lost_for_ns = max(state.now_ns, event.t_ns) - lost_ns
    if lost_for_ns <= params.stale_after_ns:
        return OK
    held = ", ".join(f"{each.symbol} {each.net:+d}" for each in state.positions.values())
    seconds = lost_for_ns // _SECOND_NS
    text = f"the connection is lost for {seconds} s with {held} open; look at the broker's own screen"
    return breach(
        "the connection is lost while a position is open",
        f"{seconds} s > stale_after {params.stale_after_ns // _SECOND_NS} s",
        Tell(text),
        Remember(_TOLD, 1),
    )


def _connection(state: AccountState, event: ConnectionChanged) -> Verdict:
    lost_ns = state.remembered(KEY, _LOST)
    if event.state == "down":
        return OK if lost_ns is not None else ok(Remember(_LOST, max(state.now_ns, event.t_ns)))
    return OK if lost_ns is None else ok(Remember(_LOST, None), Remember(_TOLD, None))


def wakes_ns(state: AccountState, params: Params) -> int | None:
    """While the connection is lost with a position open, the first moment that is longer ago than `stale_after`."""
    lost_ns = state.remembered(KEY, _LOST)
    if lost_ns is None or not state.positions or state.remembered(KEY, _TOLD) is not None:
        return None
    return lost_ns + params.stale_after_ns + 1


def example() -> Example:
    """One ES is open when the venue withdraws the permission to trade."""
    return Example(
        says="one ES is open and the venue says that the account may not trade: flat, and locked until it may",
        params=Params(),
        events=(
            PositionReport(MORNING_NS, ES_CONTRACT, "ES", 1, 26_500 * 12_500),
            AccountReport(MORNING_NS + _SECOND_NS, can_trade=False, balance_mils=50_000_000),
        ),
        expected=breach(
            "the venue says that the account may not trade",
            "locked until the venue allows trading again",
            LockOut("hard", "venue_allows", None),
        ),
    )


RULE = RuleDefinition(
    number=10,
    key=KEY,
    title="Trading not allowed, or connection lost",
    kind="hard lockout",
    params=Params,
    hears=frozenset({AccountReport, ConnectionChanged, TimeAdvanced}),
    check=check,
    example=example,
    wakes_ns=wakes_ns,
)
