"""Rule 009: no position and no fill outside the trader's session; a breach locks the account until it opens again."""

from dataclasses import dataclass
from typing import Annotated

from risk_manager.domain.events import Event, PositionReport, TimeAdvanced, TradeReport
from risk_manager.domain.sessions import Session, Span
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import OK, LockOut, Verdict, breach, unknown
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.params import SessionRef

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The session to stay inside of."""

    session: Annotated[
        Session, SessionRef("session", "name of a session in this file; exposure outside it is a breach")
    ]


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Judge a fill by its own time, and open positions by the time it is now."""
    if isinstance(event, TradeReport):
        if event.trade.voided:
            return OK
        what, t_ns = f"fill of {event.trade.symbol}", event.trade.t_ns
    elif state.positions:
        symbols = ", ".join(sorted({position.symbol for position in state.positions.values()}))
        what, t_ns = f"open position in {symbols}", max(state.now_ns, event.t_ns)
    else:
        return OK
    session = params.session
    if not session.knows(t_ns):
        return unknown(f"session {session.name}: no hours are known for that time")
    if session.at(t_ns) is not None:
        return OK
    opens_ns = session.next_start_ns(t_ns)
    if opens_ns is None:
        return unknown(f"session {session.name}: the next opening is not known")
    if opens_ns <= state.now_ns:
        return OK  # an old fill, learned late: the lockout it deserved is already over
    minutes = (opens_ns - t_ns) // (60 * _SECOND_NS)
    return breach(
        f"{what} outside session {session.name}",
        f"the session opens again in {minutes // 60} h {minutes % 60:02d} min",
        LockOut("hard", "session_start", opens_ns),
    )


def wakes_ns(state: AccountState, params: Params) -> int | None:
    """With a position open, the end of the session is a moment to be asked at."""
    return params.session.next_boundary_ns(state.now_ns) if state.positions else None


def example() -> Example:
    """The session is 08:30 to 15:00; a position of one ES is still open when it is 15:00."""
    opens = Span(MORNING_NS, MORNING_NS + 6 * 3600 * _SECOND_NS + 1800 * _SECOND_NS)
    next_day_ns = MORNING_NS + 86_400 * _SECOND_NS
    hours = (opens, Span(next_day_ns, next_day_ns + 3600 * _SECOND_NS))
    session = Session("example", hours, Span(MORNING_NS - 86_400 * _SECOND_NS, next_day_ns + 86_400 * _SECOND_NS))
    bought_ns = MORNING_NS + 60 * _SECOND_NS
    return Example(
        says="session 08:30 to 15:00: one ES is still open at 15:00, so it is closed, and locked until 08:30",
        params=Params(session=session),
        events=(
            PositionReport(bought_ns, ES_CONTRACT, "ES", 1, 26_500 * 12_500),
            TimeAdvanced(opens.end_ns),
        ),
        expected=breach(
            "open position in ES outside session example",
            "the session opens again in 17 h 30 min",
            LockOut("hard", "session_start", next_day_ns),
        ),
    )


RULE = RuleDefinition(
    number=9,
    key="session_block_outside",
    title="No exposure outside the session",
    kind="hard lockout",
    params=Params,
    hears=frozenset({TradeReport, PositionReport, TimeAdvanced}),
    check=check,
    example=example,
    wakes_ns=wakes_ns,
)
