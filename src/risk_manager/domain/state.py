"""The state of one account: tables of rows, and changes that know both sides.

Everything durable is a row in one of a few tables, and everything that happens to a row is a `Change` that carries the
row before and after. That one shape is what the journal stores, what a restart replays, what an undo takes back, and
what invariants are asserted on.

What is not durable (marks, the clock) stands apart at the end of `AccountState`: after a restart it is unknown until
the venue says it again.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from risk_manager.domain.intents import Intent
from risk_manager.domain.open_pnl import OpenPnl
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.positions import Position, open_pnl_mils
from risk_manager.domain.swings import Swings
from risk_manager.domain.verdicts import LockoutEnd, LockoutKind


class CountedTrade(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """A trade that was counted, and the trading day it was counted in."""

    trade: Trade
    day: str


class Today(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """The trading day that is running, and what was realized in it. Gross of fees; fees stand beside it."""

    name: str
    start_ns: int
    end_ns: int
    pnl_mils: int = 0
    fees_mils: int = 0
    trades: int = 0


class Lockout(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Why the account may not trade, since when, until when, and what ends it.

    held: signed sizes that were open when a cooldown began and may stay; they only ever shrink. Empty for a hard one.
    symbol: the root symbol it is about; the whole account where it is empty.
    """

    rule: str
    kind: LockoutKind
    end: LockoutEnd
    since_ns: int
    until_ns: int | None
    reason: str
    arithmetic: str
    held: dict[str, int] = {}
    symbol: str = ""


class Demand(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """A position must shrink to `max_size`; stands until the venue says that it has.

    unless_protected: it falls away as soon as the venue shows a working stop that covers the whole position.
    """

    contract: str
    max_size: int
    rule: str
    reason: str
    since_ns: int
    unless_protected: bool = False


class Removal(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """A working order must go; stands until the venue says that it has."""

    order_id: int
    rule: str
    reason: str


class Protection(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """What protective orders a position must have in the book; None for none of that kind."""

    contract: str
    stop_ticks: int | None
    target_ticks: int | None
    rule: str


class Memo(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """What a rule remembers: an integer whose meaning is the rule's own."""

    value: int


class Effort(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """How often something was attempted for a rule and target, and when a failed attempt may be repeated."""

    attempts: int = 0
    failures: int = 0
    retry_ns: int = 0


class AccountFacts(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """What the venue says of the account as a whole."""

    can_trade: bool
    balance_mils: int
    t_ns: int


Row = (
    Position
    | Order
    | CountedTrade
    | Today
    | Lockout
    | Demand
    | Removal
    | Protection
    | Memo
    | Effort
    | AccountFacts
    | Intent
)


class Change(msgspec.Struct, frozen=True):
    """One row of one table, before and after; None means that it was not or is no longer there."""

    table: str
    key: str
    before: Row | None
    after: Row | None


class AccountState:
    """The tables, and the marks and clock beside them. Changed only through `apply` and `revert`."""

    def __init__(self) -> None:
        self.positions: dict[str, Position] = {}
        self.orders: dict[str, Order] = {}
        self.trades: dict[str, CountedTrade] = {}
        self.days: dict[str, Today] = {}
        self.lockouts: dict[str, Lockout] = {}
        self.demands: dict[str, Demand] = {}
        self.removals: dict[str, Removal] = {}
        self.protections: dict[str, Protection] = {}
        self.memory: dict[str, Memo] = {}
        self.efforts: dict[str, Effort] = {}
        self.intents: dict[str, Intent] = {}
        self.account: dict[str, AccountFacts] = {}
        self._tables: dict[str, dict[str, Any]] = {
            name: table for name, table in vars(self).items() if isinstance(table, dict)
        }
        self.now_ns = 0
        self.marks: dict[str, int] = {}
        self.open_pnl = OpenPnl(self.positions, self.marks)
        self.reported_ns: dict[str, int] = {}
        """When the venue last spoke of a contract, so that an older word cannot bring a closed position back."""
        self.swings: Swings | None = None
        """How far prices moved lately, where the breaker watches them."""
        self.unsettled: set[str] = set()
        """Contracts with a fill that no position report has shown yet (`settling.py`)."""

    @property
    def today(self) -> Today | None:
        """The running trading day; None until the venue has said what time it is."""
        return self.days.get(TODAY)

    @property
    def hard_lockout(self) -> Lockout | None:
        """The hard lockout that ends last, where there is one; None ends after every date."""
        hard = [lockout for lockout in self.lockouts.values() if lockout.kind == "hard"]
        return max(hard, key=lambda lockout: lockout.until_ns or _FOREVER_NS) if hard else None

    def remembered(self, rule: str, key: str) -> int | None:
        """What a rule remembers under a key."""
        memo = self.memory.get(memory_key(rule, key))
        return memo.value if memo else None

    def open_pnl_mils(self, contract: str) -> int | None:
        """Open profit or loss of one position at its mark; None where its economics or its mark are unknown."""
        position = self.positions[contract]
        mark_ticks = self.marks.get(contract)
        if mark_ticks is None or position.cost_mils is None or position.tick_value_mils is None:
            return None
        return open_pnl_mils(position.net, position.cost_mils, position.tick_value_mils, mark_ticks)

    def row(self, table: str, key: str) -> Row | None:
        """A row as it stands."""
        row: Row | None = self._tables[table].get(key)
        return row

    def apply(self, change: Change) -> None:
        """Take a change."""
        self._put(change.table, change.key, change.after)

    def revert(self, change: Change) -> None:
        """Take a change back; changes are taken back in the opposite order."""
        self._put(change.table, change.key, change.before)

    def _put(self, table: str, key: str, row: Row | None) -> None:
        if table == "positions":
            self.open_pnl.forget()
        if row is None:
            self._tables[table].pop(key, None)
        else:
            self._tables[table][key] = row

    def rows(self) -> Iterator[tuple[str, str, Row]]:
        """Every durable row, for a snapshot or a comparison."""
        for name, table in self._tables.items():
            for key, row in table.items():
                yield name, key, row


TODAY = "today"
ACCOUNT = "account"
_FOREVER_NS = 2**63


class Draft:
    """Changes in the making: applied to the state at once, so that what comes next sees them, and listed."""

    def __init__(self, state: AccountState) -> None:
        self.state = state
        self.changes: list[Change] = []

    def set(self, table: str, key: str, after: Row | None) -> None:
        """Set a row (None removes it); setting what already stands is no change."""
        before = self.state.row(table, key)
        if before != after:
            change = Change(table, key, before, after)
            self.changes.append(change)
            self.state.apply(change)

    def take_back(self) -> None:
        """Leave the state as it was found."""
        revert_all(self.state, self.changes)


def memory_key(rule: str, key: str) -> str:
    """Where a rule's memory stands: no rule sees another's."""
    return f"{rule}|{key}"


def effort_key(rule: str, target: str) -> str:
    """The key under which attempts of a rule on a target are counted."""
    return f"{rule}|{target}"


def apply_all(state: AccountState, changes: Iterable[Change]) -> None:
    """Take changes in their order."""
    for change in changes:
        state.apply(change)


def revert_all(state: AccountState, changes: Iterable[Change]) -> None:
    """Take changes back, last first."""
    for change in reversed(list(changes)):
        state.revert(change)
