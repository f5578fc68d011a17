"""What a manager knows of its account, for `risk-manager status`: of a running one, or of one that has stopped."""

import msgspec

from risk_manager.core.alerts.book import View
from risk_manager.core.alerts.conditions import blocked
from risk_manager.domain.invariants import BY_ID
from risk_manager.domain.lockouts import INVARIANT_PREFIX, is_liftable
from risk_manager.domain.money import dollars
from risk_manager.domain.state import ACCOUNT, AccountState, Lockout
from risk_manager.sdk.normalise import iso

SCHEMA = "rm.status/1"
_ENDS = {
    "daily_reset": "the daily reset",
    "session_start": "the start of the session",
    "timer": "its timer",
    "venue_allows": "the venue, when it allows trading again",
    "operator": "an operator: risk-manager unfreeze",
}


class PositionStatus(msgspec.Struct, frozen=True):
    """A position as the venue last reported it; open_pnl None where its mark or economics are not known."""

    contract: str
    symbol: str
    net: int
    open_pnl: str | None


class LockoutStatus(msgspec.Struct, frozen=True):
    """A lockout: what is blocked, why, since when, until when, who lifts it, and what he does first."""

    id: str
    rule: str
    kind: str
    symbol: str
    reason: str
    arithmetic: str
    since: str
    until: str | None
    lifted_by: str
    liftable: bool
    blocks: str = ""
    first: str = ""


class AlertStatus(msgspec.Struct, frozen=True):
    """An alert that was paged and is not over."""

    key: str
    id: str
    severity: str
    what: str


class StatusReport(msgspec.Struct, frozen=True):
    """The account. Money as decimal text, times in ISO UTC by the venue's clock. running: is a manager guarding it?

    alerts: what was paged and is not over. undelivered: pages that wait, by channel; never_delivered: turned away.
    doubt: why a running manager may be wrong about the account at this moment; empty where the venue answers.
    """

    schema: str
    running: bool
    account: str
    pid: int | None
    time: str | None
    trading_day: str | None
    day_starts: str | None
    day_ends: str | None
    realized: str
    fees: str
    trades: int
    can_trade: bool | None
    balance: str | None
    positions: tuple[PositionStatus, ...]
    working_orders: int
    lockouts: tuple[LockoutStatus, ...]
    intents_under_way: int
    checkpoint: int | None
    rules: tuple[str, ...]
    config_hash: str
    held_back: tuple[str, ...] = ()
    alerts: tuple[AlertStatus, ...] = ()
    undelivered: dict[str, int] = {}
    never_delivered: dict[str, int] = {}
    doubt: str = ""


def report(
    state: AccountState,
    *,
    account: str,
    pid: int | None,
    checkpoint: int | None,
    rules: tuple[str, ...],
    config_hash: str,
    held_back: tuple[str, ...] = (),
    doubt: str = "",
) -> StatusReport:
    """Read the state off. pid None: no manager is running, and this is what the journal last said."""
    today, facts = state.today, state.account.get(ACCOUNT)
    return StatusReport(
        schema=SCHEMA,
        running=pid is not None,
        account=account,
        pid=pid,
        time=iso(state.now_ns) if state.now_ns else None,
        trading_day=today.name if today else None,
        day_starts=iso(today.start_ns) if today else None,
        day_ends=iso(today.end_ns) if today else None,
        realized=dollars(today.pnl_mils if today else 0),
        fees=dollars(today.fees_mils if today else 0),
        trades=today.trades if today else 0,
        can_trade=facts.can_trade if facts else None,
        balance=dollars(facts.balance_mils) if facts else None,
        positions=tuple(
            PositionStatus(p.contract, p.symbol, p.net, _money(state.open_pnl_mils(p.contract)))
            for p in state.positions.values()
        ),
        working_orders=len(state.orders),
        lockouts=tuple(_lockout(key, lockout) for key, lockout in state.lockouts.items()),
        intents_under_way=len(state.intents),
        checkpoint=checkpoint,
        rules=rules,
        config_hash=config_hash,
        held_back=held_back,
        doubt=doubt,
    )


def with_pages(status: StatusReport, view: View) -> StatusReport:
    """The report, and what the pager says of itself."""
    return msgspec.structs.replace(
        status,
        alerts=tuple(AlertStatus(each.key, each.id, each.severity, each.what) for each in view.open),
        undelivered=dict(view.undelivered),
        never_delivered=dict(view.missed),
    )


def _lockout(key: str, lockout: Lockout) -> LockoutStatus:
    return LockoutStatus(
        id=key,
        rule=lockout.rule,
        kind=lockout.kind,
        symbol=lockout.symbol,
        reason=lockout.reason,
        arithmetic=lockout.arithmetic,
        since=iso(lockout.since_ns),
        until=None if lockout.until_ns is None else iso(lockout.until_ns),
        lifted_by=_lifted_by(key, lockout),
        liftable=is_liftable(lockout),
        blocks=blocked(lockout),
        first=known.operator if (known := BY_ID.get(lockout.rule.removeprefix(INVARIANT_PREFIX))) else "",
    )


def _lifted_by(key: str, lockout: Lockout) -> str:
    own = _ENDS[lockout.end]
    if not is_liftable(lockout):
        return own
    by_hand = f"{_ENDS['operator']} {key} --reason ..."
    return by_hand if lockout.end == "operator" else f"{own}, or {by_hand}"


def _money(mils: int | None) -> str | None:
    return None if mils is None else dollars(mils)


def lines(status: StatusReport) -> list[str]:
    """The report as a person reads it."""
    state = f"running, pid {status.pid}" if status.running else "NOT running; this is what the journal last said"
    trade = {True: "may trade", False: "MAY NOT trade", None: "not said yet"}[status.can_trade]
    text = [
        f"{status.account}: {state}",
        *([f"  NOT CERTAIN   {status.doubt}: what follows is as old as its last report"] if status.doubt else []),
        f"  trading day   {status.trading_day or 'not known'}  (ends {status.day_ends or '?'})",
        f"  realized      {status.realized}  fees {status.fees}  trades {status.trades}",
        f"  venue         balance {status.balance or 'not known'}, {trade}",
    ]
    if status.checkpoint is not None:
        text.append(f"  checkpoint    {status.checkpoint} of 8")
    text += [f"  position      {p.symbol} {p.net:+d}  open P&L {p.open_pnl or 'not known'}" for p in status.positions]
    if not status.positions:
        text.append("  position      flat" + (", as last heard" if status.doubt else ""))
    text.append(f"  orders        {status.working_orders} working; {status.intents_under_way} of ours under way")
    for lockout in status.lockouts:
        text.append(f"  BLOCKED       {lockout.blocks}")
        text.append(f"                {lockout.kind} lockout by {lockout.id}: {lockout.reason}")
        if lockout.arithmetic:
            text.append(f"                {lockout.arithmetic}")
        until = lockout.until or "it is lifted"
        text.append(f"                since {lockout.since} until {until}; lifted by {lockout.lifted_by}")
        if lockout.first:
            text.append(f"                first: {lockout.first}")
    if not status.lockouts:
        text.append("  lockouts      none")
    text += [f"  alert         {each.severity} {each.id}: {each.what}" for each in status.alerts]
    for name in sorted({**status.undelivered, **status.never_delivered}):
        waiting, never = status.undelivered.get(name, 0), status.never_delivered.get(name, 0)
        turned_away = f", {never} turned away" if never else ""
        text.append(f"  pages         {waiting} not delivered by {name}{turned_away}: risk-manager page --queue")
    text += [f"  held back     {each} (from the next reset on)" for each in status.held_back]
    return text
