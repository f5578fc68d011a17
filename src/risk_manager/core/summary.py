"""What a run of the daemon came to: what `risk-manager run --json` prints."""

import msgspec

from risk_manager.core.engine import Engine
from risk_manager.domain.money import dollars
from risk_manager.sdk.enforcement import Enforcement

SCHEMA = "rm.run/1"


class PositionLine(msgspec.Struct, frozen=True):
    """An open position, as the venue last reported it."""

    contract: str
    symbol: str
    net: int


class LockoutLine(msgspec.Struct, frozen=True):
    """A lockout that holds. Times in nanoseconds since the epoch; until_ns None: until `end` happens."""

    rule: str
    kind: str
    end: str
    since_ns: int
    until_ns: int | None
    reason: str
    arithmetic: str


class Summary(msgspec.Struct, frozen=True):
    """One run. Money as decimal text; flat as the venue last reported it, not as we wish it."""

    schema: str
    run: str
    account: str
    reason: str
    duration_s: float
    events: int
    market_trades: int
    quotes: int
    decisions: int
    refused: int
    breaches: int
    intents: int
    confirmed: int
    failed: int
    trading_day: str
    realized: str
    fees: str
    flat: bool
    positions: tuple[PositionLine, ...]
    lockouts: tuple[LockoutLine, ...]
    journal_rows: int


def summarize(
    *,
    engine: Engine,
    enforcement: Enforcement,
    run: str,
    account: str,
    reason: str,
    duration_s: float,
    journal_rows: int,
) -> Summary:
    """Read off the engine what a person or a script wants to know at the end."""
    state, counts = engine.state, engine.counts
    today = state.today
    return Summary(
        schema=SCHEMA,
        run=run,
        account=account,
        reason=reason,
        duration_s=round(duration_s, 3),
        events=counts.events,
        market_trades=counts.market_trades,
        quotes=counts.quotes,
        decisions=counts.decisions,
        refused=counts.refused,
        breaches=counts.breaches,
        intents=counts.intents,
        confirmed=enforcement.confirmed,
        failed=enforcement.failed,
        trading_day=today.name if today else "",
        realized=dollars(today.pnl_mils if today else 0),
        fees=dollars(today.fees_mils if today else 0),
        flat=not state.positions,
        positions=tuple(PositionLine(p.contract, p.symbol, p.net) for p in state.positions.values()),
        lockouts=tuple(
            LockoutLine(each.rule, each.kind, each.end, each.since_ns, each.until_ns, each.reason, each.arithmetic)
            for each in state.lockouts.values()
        ),
        journal_rows=journal_rows,
    )


def encode_summary(summary: Summary) -> str:
    """The summary as one line of JSON."""
    return msgspec.json.encode(summary).decode()
