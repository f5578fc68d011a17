"""The breaker: when enforcement keeps failing, or a price leaps, nothing new is begun for a while.

It opens as a cooldown: working orders that could add exposure are cancelled, new exposure is closed, what is held may
stay. The lockout is a row like any other, so it survives a restart. It ends by its timer, or when an operator lifts it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from risk_manager.domain.decision import Alert
from risk_manager.domain.events import Event, IntentProgress, MarketTrade, OperatorCommand, Quote
from risk_manager.domain.lockouts import BREAKER, lock
from risk_manager.domain.state import AccountState, Draft, Memo, memory_key
from risk_manager.domain.swings import Swings
from risk_manager.domain.verdicts import LockOut

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When it opens and for how long.

    failures, within_ns: so many enforcements that the venue did not confirm within so long open it for the account.
    volatility_ticks: root symbol to the move within `window_ns` that is still allowed; a larger one opens it for that
    symbol. Symbols that are not named are not watched. lasts_ns: until it closes by itself.
    """

    failures: int = 5
    within_ns: int = 60 * _SECOND_NS
    volatility_ticks: Mapping[str, int] = field(default_factory=dict)
    window_ns: int = 10 * _SECOND_NS
    lasts_ns: int = 300 * _SECOND_NS


def trip(draft: Draft, event: Event, breaker: Breaker) -> list[Alert]:
    """Open the breaker where this event is one failure or one tick too many; returns what a person should hear of."""
    if isinstance(event, IntentProgress):
        return _count_failure(draft, event, breaker)
    if isinstance(event, MarketTrade | Quote):
        return _judge_move(draft, event, breaker)
    if isinstance(event, OperatorCommand):
        _forget_failures_once_lifted(draft)
    return []


def leaps(state: AccountState, contract: str) -> bool:
    """Does the price of this contract move more than it may? Asked for every price, so it is two look-ups."""
    swings = state.swings
    return swings is not None and contract in swings.beyond


def lifted_symbol(event: OperatorCommand) -> str | None:
    """The symbol whose breaker an operator lifts; None where the command is about something else."""
    rule, _, symbol = event.target.partition("@")
    return symbol if event.verb == "unfreeze" and rule == BREAKER and symbol else None


def _count_failure(draft: Draft, event: IntentProgress, breaker: Breaker) -> list[Alert]:
    """Each slot of the memory holds one failure; the oldest makes room for the newest."""
    moved = any(change.table == "intents" for change in draft.changes)
    if event.status != "failed" or event.lapsed or not moved:
        return []  # not a failure of the venue, or heard before
    state = draft.state
    now_ns = max(state.now_ns, event.t_ns)
    slots = {number: state.remembered(BREAKER, _slot(number)) or 0 for number in range(breaker.failures)}
    oldest = min(slots, key=lambda number: slots[number])
    slots[oldest] = now_ns
    draft.set("memory", memory_key(BREAKER, _slot(oldest)), Memo(now_ns))
    recent = sum(1 for t_ns in slots.values() if t_ns > now_ns - breaker.within_ns)
    if recent < breaker.failures:
        return []
    within_s = breaker.within_ns // _SECOND_NS
    arithmetic = f"{recent} failed within {within_s} s >= failures {breaker.failures}"
    return _open(draft, breaker, "", "enforcement keeps failing", arithmetic, now_ns)


def _judge_move(draft: Draft, event: MarketTrade | Quote, breaker: Breaker) -> list[Alert]:
    """A symbol whose breaker is open is not judged again until it is closed: a fast market has many prices."""
    state, swings = draft.state, draft.state.swings
    move = swings.beyond.get(event.contract) if swings is not None else None
    if swings is None or move is None:
        return []
    symbol = swings.symbol_of(event.contract)
    limit_ticks = breaker.volatility_ticks.get(symbol)
    if limit_ticks is None or f"{BREAKER}@{symbol}" in state.lockouts:
        return []
    arithmetic = (
        f"from tick {move.low_ticks} to {move.high_ticks} within {breaker.window_ns // _SECOND_NS} s:"
        f" {move.high_ticks - move.low_ticks} > volatility_ticks {limit_ticks}"
    )
    return _open(draft, breaker, symbol, f"{symbol} moves too fast", arithmetic, max(state.now_ns, event.t_ns))


def _open(  # noqa: PLR0917 -- for what, why, with which numbers, since when
    draft: Draft, breaker: Breaker, symbol: str, reason: str, arithmetic: str, now_ns: int
) -> list[Alert]:
    action = LockOut("cooldown", "timer", now_ns + breaker.lasts_ns, symbol)
    if lock(draft, BREAKER, action, reason=reason, arithmetic=arithmetic, t_ns=now_ns) is None:
        return []
    of = symbol or "the account"
    text = f"the breaker of {of} is open for {breaker.lasts_ns // _SECOND_NS} s: {reason}: {arithmetic}"
    return [Alert("BREAKER-001", "critical", text)]


def _forget_failures_once_lifted(draft: Draft) -> None:
    """An operator has looked: the failures he knows of do not open it again."""
    lifted = any(
        change.table == "lockouts" and change.key == BREAKER and change.after is None for change in draft.changes
    )
    if lifted:
        for key in [key for key in draft.state.memory if key.startswith(memory_key(BREAKER, ""))]:
            draft.set("memory", key, None)


def _slot(number: int) -> str:
    return f"failure {number}"


def watch(state: AccountState, breaker: Breaker | None, symbol_of: Callable[[str], str]) -> None:
    """Watch prices from now on as this breaker asks, or not at all."""
    watches = breaker is not None and breaker.volatility_ticks
    state.swings = Swings(breaker.volatility_ticks, breaker.window_ns, symbol_of) if breaker and watches else None
