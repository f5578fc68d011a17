"""What we must hold by our own fills: a second book beside the venue's position reports, for conservation of quantity.

The first position report of a contract is the baseline. Every trade after it is added once; what the venue reports must
come out the same. Fills and reports arrive in either order, so a difference between the two means something only where
it stays (`invariants.py`). The book is durable, and so is since when it differs: three integers a contract, kept like
the memory of a rule.
"""

from collections.abc import Iterator
from typing import NamedTuple

from risk_manager.domain.events import PositionReport
from risk_manager.domain.orders import Trade
from risk_manager.domain.state import AccountState, Draft, Memo, memory_key

_BOOK = "fills"
_NET, _SINCE, _APART = (memory_key(_BOOK, word) for word in ("net ", "since ", "apart "))


class Tally(NamedTuple):
    """What fills say that we hold, and the moment of the baseline they are added to."""

    net: int
    since_ns: int


class Gap(NamedTuple):
    """A contract in which the fills make another position than the venue reports, and since when they do."""

    contract: str
    fills_net: int
    venue_net: int
    since_ns: int

    @property
    def contracts(self) -> int:
        """How far apart they are, with a sign."""
        return self.fills_net - self.venue_net

    @property
    def arithmetic(self) -> str:
        """Both values and their difference, in words."""
        makes, reports = f"fills make {self.fills_net:+d}", f"the venue reports {self.venue_net:+d}"
        return f"{self.contract}: {makes}, {reports}: {self.contracts:+d} apart"


def tally(state: AccountState, contract: str) -> Tally | None:
    """The book of a contract; None before the venue reported a position in it."""
    net, since_ns = state.memory.get(_NET + contract), state.memory.get(_SINCE + contract)
    return None if net is None or since_ns is None else Tally(net.value, since_ns.value)


def tallied(state: AccountState) -> list[str]:
    """Every contract that has a book, also those that are flat by now."""
    return [key.removeprefix(_NET) for key in state.memory if key.startswith(_NET)]


def gaps(state: AccountState) -> Iterator[Gap]:
    """Where the two books differ at this moment. A fill whose position is not heard yet is among them."""
    for key, memo in state.memory.items():
        if key.startswith(_APART):
            contract = key.removeprefix(_APART)
            book = tally(state, contract)
            if book is not None:
                yield Gap(contract, book.net, _venue_net(state, contract), memo.value)


def book_trade(draft: Draft, trade: Trade, change: int) -> None:
    """Add a trade that was counted (change 1), or take a voided one back out (-1); 0 for one heard before."""
    book = tally(draft.state, trade.contract)
    if book is not None and change and trade.t_ns > book.since_ns:
        draft.set("memory", _NET + trade.contract, Memo(book.net + change * trade.side * trade.size))
        _compare(draft, trade.contract, trade.t_ns)


def book_position(draft: Draft, event: PositionReport) -> None:
    """The first report is the baseline, and so is another of the same moment: several fills share one.

    Called once the position itself is taken in.
    """
    book = tally(draft.state, event.contract)
    if book is None or event.t_ns <= book.since_ns:
        rebase(draft, event.contract, event.net, event.t_ns)
    else:
        _compare(draft, event.contract, event.t_ns)


def rebase(draft: Draft, contract: str, net: int, t_ns: int) -> None:
    """Begin the book anew from what the venue says."""
    draft.set("memory", _NET + contract, Memo(net))
    draft.set("memory", _SINCE + contract, Memo(t_ns))
    _compare(draft, contract, t_ns)


def forget_flat(draft: Draft) -> None:
    """At a new day: what is flat in both books begins anew with its next position. Contracts expire."""
    state = draft.state
    for key in [key for key, memo in state.memory.items() if key.startswith(_NET) and memo.value == 0]:
        contract = key.removeprefix(_NET)
        if contract not in state.positions:
            draft.set("memory", key, None)
            draft.set("memory", _SINCE + contract, None)


def _compare(draft: Draft, contract: str, t_ns: int) -> None:
    """Note since when the books differ, forget it once they agree."""
    state = draft.state
    book = tally(state, contract)
    key = _APART + contract
    if book is None or book.net == _venue_net(state, contract):
        draft.set("memory", key, None)
    elif key not in state.memory:
        draft.set("memory", key, Memo(max(t_ns, state.now_ns)))


def _venue_net(state: AccountState, contract: str) -> int:
    position = state.positions.get(contract)
    return position.net if position else 0
