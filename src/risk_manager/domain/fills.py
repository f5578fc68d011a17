"""What we must hold by our own fills: a second book beside the venue's position reports, for conservation of quantity.

The first position report of a contract is the baseline. Every trade after it is added once; what the venue reports must
come out the same. Fills and reports arrive in either order, so a difference between the two means something only where
it stays (`invariants.py`). The book is durable: two integers a contract, kept like the memory of a rule.
"""

from typing import NamedTuple

from risk_manager.domain.events import PositionReport, TradeReport
from risk_manager.domain.state import AccountState, Draft, Memo, memory_key

_BOOK = "fills"


class Tally(NamedTuple):
    """What fills say that we hold, and the moment of the baseline they are added to."""

    net: int
    since_ns: int


def tally(state: AccountState, contract: str) -> Tally | None:
    """The book of a contract; None before the venue reported a position in it."""
    net, since_ns = state.remembered(_BOOK, f"net {contract}"), state.remembered(_BOOK, f"since {contract}")
    return None if net is None or since_ns is None else Tally(net, since_ns)


def book_trade(draft: Draft, event: TradeReport, change: int) -> None:
    """Add a trade that was counted (change 1), or take a voided one back out (-1); 0 for one heard before."""
    book, trade = tally(draft.state, event.trade.contract), event.trade
    if book is not None and change and trade.t_ns > book.since_ns:
        net = book.net + change * trade.side * trade.size
        draft.set("memory", memory_key(_BOOK, f"net {trade.contract}"), Memo(net))


def book_position(draft: Draft, event: PositionReport) -> None:
    """The first report is the baseline, and so is another of the same moment: several fills share one."""
    book = tally(draft.state, event.contract)
    if book is None or event.t_ns <= book.since_ns:
        rebase(draft, event.contract, event.net, event.t_ns)


def rebase(draft: Draft, contract: str, net: int, t_ns: int) -> None:
    """Begin the book anew from what the venue says."""
    draft.set("memory", memory_key(_BOOK, f"net {contract}"), Memo(net))
    draft.set("memory", memory_key(_BOOK, f"since {contract}"), Memo(t_ns))


def forget_flat(draft: Draft) -> None:
    """At a new day: what is flat in both books begins anew with its next position. Contracts expire."""
    state = draft.state
    prefix = memory_key(_BOOK, "net ")
    for key in [key for key, memo in state.memory.items() if key.startswith(prefix) and memo.value == 0]:
        contract = key.removeprefix(prefix)
        if contract not in state.positions:
            draft.set("memory", key, None)
            draft.set("memory", memory_key(_BOOK, f"since {contract}"), None)
