"""Asserts the invariants on what a decision changed, at a cost that grows with the change and not with the account.

The same object does it in production and in tests. Comparisons are written as what must hold (`if not a <= b`), so that
a value which compares with nothing counts as a breach. What cannot be seen from a change (sums over all trades, the
open P&L that is carried along) is added up anew once a minute of the venue's time.
"""

from collections.abc import Iterable, Iterator

from risk_manager.domain.agreeing import is_same_fill, standing_gaps, unresolved_orders
from risk_manager.domain.counting import result_mils
from risk_manager.domain.decision import Decision
from risk_manager.domain.events import (
    AccountReport,
    Event,
    IntentProgress,
    InvariantBroken,
    PositionReport,
    Reconciled,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.fills import Gap, gaps
from risk_manager.domain.instruments import Instruments
from risk_manager.domain.intents import FINAL_STATUSES, ID_PREFIX, NEXT_STATUSES, Intent
from risk_manager.domain.invariants import broken
from risk_manager.domain.lockouts import INVARIANT_PREFIX
from risk_manager.domain.money import dollars
from risk_manager.domain.open_pnl import OpenPnl
from risk_manager.domain.orders import Order
from risk_manager.domain.policy import Policy
from risk_manager.domain.positions import Position
from risk_manager.domain.state import AccountState, Change, CountedTrade, Lockout, Today
from risk_manager.domain.tolerance import Tolerance

MOST_CONTRACTS = 100_000
MOST_MILS = 10**15
EXPOSURE_GRACE_NS = 60_000_000_000
SWEEP_NS = 60_000_000_000

Breaches = Iterator[InvariantBroken]


class Asserting:
    """Told of every decision that was taken in; answers with what is broken and not frozen yet.

    enforces: are commands really sent? Without that (a dry run) exposure under a lockout is no surprise.
    """

    def __init__(self, state: AccountState, *, enforces: bool = True, policy: Policy | None = None) -> None:
        self._state = state
        self.enforces = enforces
        self._tolerance = Tolerance()
        self._symbol_of = Instruments(()).symbol_of
        if policy is not None:
            self.govern(policy)
        self._clock_ns = 0
        self._swept_ns = 0
        self._exposed_since_ns: int | None = None

    def govern(self, policy: Policy) -> None:
        """Go by another policy: how much of a fill may be corrected, and which symbol a contract belongs to."""
        self._tolerance = policy.tolerance
        self._symbol_of = policy.instruments.symbol_of

    @property
    def wakes_ns(self) -> int:
        """When time alone is to be looked at again: the clock's skipped beats are not seen here."""
        sweeps_ns = self._swept_ns + SWEEP_NS
        if self._exposed_since_ns is None:
            return sweeps_ns
        return min(sweeps_ns, self._exposed_since_ns + EXPOSURE_GRACE_NS + 1)

    def check(self, event: Event, decision: Decision) -> list[InvariantBroken]:
        """What this decision broke."""
        return [each for each in self._all(event, decision) if not self._is_frozen(each)]

    def sweep(self) -> list[InvariantBroken]:
        """Everything that can be added up, whether it changed or not, frozen already or not."""
        state = self._state
        found = [*_day_sum(state), *_open_sum(state)]
        for key, position in state.positions.items():
            found += _position(state, key, position)
        for key, order in state.orders.items():
            found += _order(state, key, order)
        found += self._unequal(gaps(state))
        found += _unresolved(state)
        if self._is_exposed_too_long():
            found.append(self._exposure())
        return found

    def _is_frozen(self, breach: InvariantBroken) -> bool:
        key = f"{INVARIANT_PREFIX}{breach.invariant}"
        return (f"{key}@{breach.symbol}" if breach.symbol else key) in self._state.lockouts

    def _all(self, event: Event, decision: Decision) -> Breaches:
        state = self._state
        if decision.contradiction:
            return
        for change in decision.changes:
            yield from self._changed(change, event)
        tables = {change.table for change in decision.changes}
        if "trades" in tables or "days" in tables:
            yield from _day_moved(state, decision)
        if "lockouts" in tables or "positions" in tables:
            self._is_exposed_too_long()  # its time begins now
        if isinstance(event, PositionReport):
            yield from _reported(state, event)
        if isinstance(event, Reconciled):
            yield from self._unequal(standing_gaps(state, event))
            yield from _unresolved(state)
        elif isinstance(event, TimeAdvanced):
            yield from self._time(event)

    def _time(self, event: TimeAdvanced) -> Breaches:
        state = self._state
        if not self._clock_ns <= event.t_ns:
            yield broken(state.now_ns, "INV-010", f"the clock was {self._clock_ns}, now it is {event.t_ns}")
        self._clock_ns = event.t_ns
        if self._is_exposed_too_long():
            yield self._exposure()
        if event.t_ns - self._swept_ns >= SWEEP_NS:
            self._swept_ns = event.t_ns
            yield from _day_sum(state)
            yield from _open_sum(state)

    def _unequal(self, found: Iterable[Gap]) -> Breaches:
        """The books that differ, with the numbers on both sides."""
        for gap in found:
            yield broken(self._state.now_ns, "INV-001", gap.arithmetic, self._symbol_of(gap.contract))

    def _changed(self, change: Change, event: Event) -> Breaches:
        state = self._state
        before, after = change.before, change.after
        if isinstance(after, Position):
            yield from _position(state, change.key, after)
        elif isinstance(after, Order):
            yield from _order(state, change.key, after)
            if isinstance(before, Order) and not before.version < after.version:
                text = f"order {change.key} went from version {before.version} to {after.version}"
                yield broken(state.now_ns, "INV-008", text, after.symbol)
        elif isinstance(after, CountedTrade):
            corrects = isinstance(event, TradeReport) and event.corrects
            yield from _trade(state, change, after, self._tolerance.mils if corrects else 0)
        elif isinstance(after, Today) and isinstance(before, Today) and not before.start_ns <= after.start_ns:
            text = f"the day began at {before.start_ns}, now at {after.start_ns}"
            yield broken(state.now_ns, "INV-010", text)
        elif change.table == "intents":
            yield from _intent(state, change, event)
        elif isinstance(before, Lockout) and before.kind == "hard":
            yield from _lockout(state, change.key, before, after, event)

    def _is_exposed_too_long(self) -> bool:
        state = self._state
        hard = [each for each in state.lockouts.values() if each.kind == "hard"] if self.enforces else []
        if not any(each.symbol in {"", held.symbol} for held in state.positions.values() for each in hard):
            self._exposed_since_ns = None
            return False
        if self._exposed_since_ns is None:
            self._exposed_since_ns = state.now_ns
        return state.now_ns - self._exposed_since_ns > EXPOSURE_GRACE_NS

    def _exposure(self) -> InvariantBroken:
        held = ", ".join(f"{each.symbol} {each.net:+d}" for each in self._state.positions.values())
        grace_s = EXPOSURE_GRACE_NS // 1_000_000_000
        text = f"{held} held under a hard lockout for more than {grace_s} s"
        return broken(self._state.now_ns, "INV-006", text)


def _unresolved(state: AccountState) -> Breaches:
    for order in unresolved_orders(state):
        left = f"{order.remaining} of {order.size} may still fill"
        text = f"order {order.order_id} was {order.status}, the venue knows no such order: {left}"
        yield broken(state.now_ns, "INV-013", text, order.symbol)


def _position(state: AccountState, key: str, position: Position) -> Breaches:
    if key != position.contract or not position.net:
        yield broken(state.now_ns, "INV-002", f"{key} holds {position.contract} {position.net:+d}")
    cost_mils = position.cost_mils or 0
    if not (abs(position.net) <= MOST_CONTRACTS and abs(cost_mils) <= MOST_MILS):
        yield broken(state.now_ns, "INV-009", f"{key}: {position.net} contracts, cost {cost_mils} mils")


def _order(state: AccountState, key: str, order: Order) -> Breaches:
    if not 0 <= order.filled <= order.size:
        text = f"order {key}: filled {order.filled} of {order.size}"
        yield broken(state.now_ns, "INV-007", text, order.symbol)
    if not 0 < order.size <= MOST_CONTRACTS:
        yield broken(state.now_ns, "INV-009", f"order {key}: size {order.size}")
    if order.tag is not None and order.tag.startswith(ID_PREFIX):
        same = [name for name, each in state.orders.items() if each.tag == order.tag]
        if len(same) > 1:
            text = f"{order.tag} was sent once and works {len(same)} times: orders {', '.join(same)}"
            yield broken(state.now_ns, "INV-007", text, order.symbol)


def _trade(state: AccountState, change: Change, after: CountedTrade, most_mils: int) -> Breaches:
    """most_mils: by how much its result may become another one."""
    trade, key, before = after.trade, change.key, change.before
    if key != str(trade.trade_id):
        yield broken(state.now_ns, "INV-005", f"trade {key} became {trade.trade_id}, size {trade.size}")
    if isinstance(before, CountedTrade) and before.trade.voided == trade.voided and before.trade != trade:
        was, now = result_mils(before.trade), result_mils(trade)
        if not (is_same_fill(before.trade, trade) and most_mils > 0 and abs(now - was) <= most_mils):
            text = f"trade {key} was size {before.trade.size}, result {dollars(was)}"
            text += f", and is size {trade.size}, result {dollars(now)}: more than {dollars(most_mils)} apart"
            yield broken(state.now_ns, "INV-005", text)
    amounts = (trade.size, pnl_mils := trade.pnl_mils or 0, trade.fees_mils)
    if not (0 < trade.size <= MOST_CONTRACTS and abs(pnl_mils) <= MOST_MILS and abs(trade.fees_mils) <= MOST_MILS):
        yield broken(state.now_ns, "INV-009", f"trade {key}: size, P&L and fees {amounts}")


def _intent(state: AccountState, change: Change, event: Event) -> Breaches:
    before, after = change.before, change.after
    if isinstance(after, Intent):
        is_forward = (
            after.status in NEXT_STATUSES[before.status]
            if isinstance(before, Intent)
            else (before is None and after.status == "written")
        )
    else:
        is_forward = isinstance(event, IntentProgress) and event.status in FINAL_STATUSES
    if not is_forward:
        was = before.status if isinstance(before, Intent) else "not there"
        now = after.status if isinstance(after, Intent) else "gone"
        yield broken(state.now_ns, "INV-011", f"intent {change.key} was {was} and is {now}")


def _lockout(state: AccountState, key: str, before: Lockout, after: object, event: Event) -> Breaches:
    if isinstance(after, Lockout):
        is_kept = after.kind == "hard" and (
            after.until_ns is None or (before.until_ns is not None and before.until_ns <= after.until_ns)
        )
    elif before.until_ns is not None:
        is_kept = before.until_ns <= max(state.now_ns, event.t_ns)
    else:
        is_kept = before.end == "venue_allows" and isinstance(event, AccountReport) and event.can_trade
    if not is_kept:
        text = f"{key} was to last until {before.until_ns or before.end} and is {'shorter' if after else 'gone'}"
        yield broken(state.now_ns, "INV-012", text)


def _reported(state: AccountState, event: PositionReport) -> Breaches:
    if event.t_ns < state.reported_ns.get(event.contract, 0):
        return  # an older word than the last one is not taken in
    position = state.positions.get(event.contract)
    net = position.net if position else 0
    known_ns = position.t_ns if position else 0
    if net != event.net and known_ns <= event.t_ns:
        text = f"{event.contract}: reported {event.net:+d}, held {net:+d}"
        yield broken(state.now_ns, "INV-003", text, event.symbol)


def _sums(trades: list[CountedTrade], day: str) -> tuple[int, int, int]:
    counted = [row.trade for row in trades if row.day == day and not row.trade.voided]
    return sum(each.pnl_mils or 0 for each in counted), sum(each.fees_mils for each in counted), len(counted)


def _day_moved(state: AccountState, decision: Decision) -> Breaches:
    """What the day's totals moved by is what the counted trades of this decision moved by."""
    days = [change for change in decision.changes if change.table == "days"]
    today = state.today
    before = days[0].before if days else today
    if today is None or not isinstance(before, Today) or before.name != today.name:
        if today is not None:
            yield from _day_sum(state)
        return
    pnl_mils = fees_mils = count = 0
    for change in decision.changes:
        for row, sign in ((change.before, -1), (change.after, 1)):
            if isinstance(row, CountedTrade) and row.day == today.name and not row.trade.voided:
                pnl_mils += sign * (row.trade.pnl_mils or 0)
                fees_mils += sign * row.trade.fees_mils
                count += sign
    expected = (pnl_mils, fees_mils, count)
    moved = (today.pnl_mils - before.pnl_mils, today.fees_mils - before.fees_mils, today.trades - before.trades)
    if moved != expected:
        text = f"P&L, fees and count of {today.name} moved by {moved}, the counted trades by {expected} (mils)"
        yield broken(state.now_ns, "INV-004", text)


def _day_sum(state: AccountState) -> Breaches:
    today = state.today
    if today is None:
        return
    sums, totals = _sums(list(state.trades.values()), today.name), (today.pnl_mils, today.fees_mils, today.trades)
    if totals != sums:
        text = f"P&L, fees and count of {today.name} are {totals}, the counted trades add up to {sums} (mils)"
        yield broken(state.now_ns, "INV-004", text)


def _open_sum(state: AccountState) -> Breaches:
    carried, anew = state.open_pnl.settle(), OpenPnl(state.positions, state.marks).settle()
    if (carried.total_mils, carried.unknown) != (anew.total_mils, anew.unknown):
        text = f"open P&L is carried as {carried.total_mils}, and adds up to {anew.total_mils} mils"
        yield broken(state.now_ns, "INV-002", text)
