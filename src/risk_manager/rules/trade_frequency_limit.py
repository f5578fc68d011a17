"""Rule 006: so many trades in a minute, in an hour, in a trading day; one more, and new exposure waits for a while.

The windows roll: a minute is the 60 seconds up to a trade, not the minute of the clock. A trade counts once, by its id,
and a voided one is taken out. What decides is the set of trades, not the order in which they became known: the latest
instant at which too many lay together in one window starts the cooldown, so a restart comes to the same end.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from risk_manager.domain.events import Event, TradeReport
from risk_manager.domain.orders import Trade
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import OK, LockOut, Verdict, breach, unknown
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import ES_CONTRACT, MORNING_NS, Example
from risk_manager.rules.params import Count, Duration, Nested

_SECOND_NS = 1_000_000_000
_MINUTE_NS = 60 * _SECOND_NS
_HOUR_NS = 3600 * _SECOND_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooldowns:
    """How long new exposure waits, by the window that was breached."""

    per_minute_ns: Annotated[int, Duration("per_minute", "after too many trades in a minute")] = _MINUTE_NS
    per_hour_ns: Annotated[int, Duration("per_hour", "after too many trades in an hour")] = 30 * _MINUTE_NS
    per_session_ns: Annotated[int, Duration("per_session", "after too many trades in a trading day")] = _HOUR_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The most trades in each window, and the cooldowns. Raises ValueError where a longer window allows no more."""

    per_minute: Annotated[int, Count("per_minute", "trades allowed within 60 seconds")]
    per_hour: Annotated[int, Count("per_hour", "trades allowed within 60 minutes; more than per_minute")]
    per_session: Annotated[int, Count("per_session", "trades allowed in a trading day; more than per_hour")]
    cooldown: Annotated[Cooldowns, Nested("cooldown", "how long new exposure waits", of=Cooldowns)] = field(
        default_factory=Cooldowns
    )

    def __post_init__(self) -> None:
        if not self.per_minute < self.per_hour < self.per_session:
            message = (
                f"must allow more in a longer window: per_minute {self.per_minute}, per_hour {self.per_hour},"
                f" per_session {self.per_session}"
            )
            raise ValueError(message)


def check(state: AccountState, event: Event, params: Params) -> Verdict:
    """Count the trades of the day, the hour and the minute; the longest window with too many decides."""
    if not isinstance(event, TradeReport) or event.trade.voided:
        return OK
    day = state.trades[str(event.trade.trade_id)].day
    if not day:
        return unknown("the trading day of a trade is not known, so the trades of its session cannot be counted")
    now_ns = max(state.now_ns, event.t_ns)
    verdict = _session(state, day, params, now_ns)
    if verdict is not OK:
        return verdict
    times = sorted(row.trade.t_ns for row in state.trades.values() if not row.trade.voided)
    hour = _rolling(times, "hour", _HOUR_NS, params.per_hour, params.cooldown.per_hour_ns, now_ns)
    if hour is not OK:
        return hour
    return _rolling(times, "minute", _MINUTE_NS, params.per_minute, params.cooldown.per_minute_ns, now_ns)


def _session(state: AccountState, day: str, params: Params, now_ns: int) -> Verdict:
    times = [row.trade.t_ns for row in state.trades.values() if row.day == day and not row.trade.voided]
    until_ns = max(times) + params.cooldown.per_session_ns
    if len(times) <= params.per_session or until_ns <= now_ns:
        return OK
    return _breach("session", len(times), params.per_session, params.cooldown.per_session_ns, until_ns)


def _rolling(  # noqa: PLR0917 -- one window is these five numbers and a name
    times: Sequence[int], window: str, window_ns: int, limit: int, cooldown_ns: int, now_ns: int
) -> Verdict:
    """The latest trade that came too soon after `limit` others, where its cooldown is not over yet."""
    for last in range(len(times) - 1, limit - 1, -1):
        until_ns = times[last] + cooldown_ns
        if until_ns <= now_ns:
            return OK
        count = last + 1 - bisect_right(times, times[last] - window_ns)
        if count > limit:
            return _breach(window, count, limit, cooldown_ns, until_ns)
    return OK


def _breach(window: str, count: int, limit: int, cooldown_ns: int, until_ns: int) -> Verdict:
    return breach(
        f"too many trades per {window}",
        f"{count} trades > per_{window} {limit}: new exposure waits {cooldown_ns // _SECOND_NS} s from the last one",
        LockOut("cooldown", "timer", until_ns),
    )


def example() -> Example:
    """Three trades in a minute are allowed; the fourth comes 59 seconds after the first, so all four lie in one."""
    seconds = (0, 20, 40, 59)
    events = tuple(
        TradeReport(at_ns, Trade(number, number, ES_CONTRACT, "ES", 1, 1, 26_500, None, 0, at_ns))
        for number, at_ns in enumerate((MORNING_NS + second * _SECOND_NS for second in seconds), 1)
    )
    return Example(
        says="per_minute 3: trades at 0, 20, 40 and 59 seconds are 4 within 60 s, so new exposure waits until 119 s",
        params=Params(per_minute=3, per_hour=20, per_session=50),
        events=events,
        expected=breach(
            "too many trades per minute",
            "4 trades > per_minute 3: new exposure waits 60 s from the last one",
            LockOut("cooldown", "timer", MORNING_NS + 119 * _SECOND_NS),  # 59 + 60
        ),
    )


RULE = RuleDefinition(
    number=6,
    key="trade_frequency_limit",
    title="Trade frequency limit",
    kind="cooldown",
    params=Params,
    hears=frozenset({TradeReport}),
    check=check,
    example=example,
)
