"""Everything that can happen to an account, in the units of the domain. Time is one of these events.

Each event carries `t_ns`, the venue's time of it. Prices were converted to ticks at the edge (`sdk/normalise.py`), so
whatever arrives here is a finite, on-tick integer of a known instrument, or says explicitly that it is unknown.
"""

from typing import Literal

import msgspec

from risk_manager.domain.orders import Order, Trade

ConnectionState = Literal["up", "down"]


class TimeAdvanced(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """The venue's clock has reached `t_ns`. Nothing else moves timers, sessions or trading days."""

    t_ns: int


class MarketTrade(msgspec.Struct, frozen=True, tag=True, tag_field="is", gc=False):
    """Somebody traded. Market data: conflated under load, journaled only where something follows from it."""

    t_ns: int
    contract: str
    price_ticks: int
    size: int


class Quote(msgspec.Struct, frozen=True, tag=True, tag_field="is", gc=False):
    """The merged best bid, best ask and last price; None where the venue has not said yet."""

    t_ns: int
    contract: str
    bid_ticks: int | None
    ask_ticks: int | None
    last_ticks: int | None


class MarketStatus(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """A contract opened, halted or closed, as far as the venue says so."""

    t_ns: int
    contract: str
    status: Literal["open", "halted", "closed"]


class PositionReport(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """The venue says what we hold in one contract.

    net: contracts, positive long, negative short, 0 flat.
    cost_mils: signed entry cost, Σ price x tick value x size, with the sign of `net`; None where the economics of the
    instrument are unknown, so that no profit or loss can be computed.
    """

    t_ns: int
    contract: str
    symbol: str
    net: int
    cost_mils: int | None


class OrderReport(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """The venue says what an order looks like now."""

    t_ns: int
    order: Order


class TradeReport(msgspec.Struct, frozen=True, tag=True, tag_field="is", omit_defaults=True):
    """The venue says that we traded (or that a trade was voided).

    corrects: its history, when asked, tells otherwise of a fill that was counted already.
    """

    t_ns: int
    trade: Trade
    corrects: bool = False


class AccountReport(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """The venue says how the account stands: may it trade, and its (realized) balance."""

    t_ns: int
    can_trade: bool
    balance_mils: int


class ConnectionChanged(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """The stream was lost, or is back and reconciled."""

    t_ns: int
    state: ConnectionState


class InputRefused(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Something the venue sent could not be believed: what it was, and why. Counted and shown, never applied."""

    t_ns: int
    what: str
    why: str


class IntentProgress(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Enforcement got further with an intent: see `domain/intents.py` for the order of the states.

    lapsed: it failed because the life that wrote it ended, not because of the venue: it is decided anew at once.
    """

    t_ns: int
    client_order_id: str
    status: Literal["sent", "acknowledged", "confirmed", "failed", "ambiguous"]
    detail: str = ""
    lapsed: bool = False


class OperatorCommand(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """A person asked for something over the local socket."""

    t_ns: int
    verb: Literal["flatten", "freeze", "unfreeze"]
    target: str = ""
    reason: str = ""


class InvariantBroken(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """What must always hold does not: found by the engine after a decision, journaled, and answered with a freeze.

    invariant: its id in `domain/invariants.py`. symbol: the root symbol it is about, empty for
    the whole account. arithmetic: the numbers that contradict each other.
    """

    t_ns: int
    invariant: str
    reason: str
    arithmetic: str
    symbol: str = ""


class OrderUnresolved(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """The venue knows nothing of an order that we believed to be working, and no history says how it ended."""

    t_ns: int
    order_id: int
    symbol: str


class Reconciled(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Everything the venue said in one complete answer has been taken in before this.

    confirmed: it was asked twice, said the same, and nothing that we heard is newer: no report is under way.
    """

    t_ns: int
    confirmed: bool = False


class SessionEnded(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """The recording is over; a replay ends here. Real venues never send it."""

    t_ns: int


MarketData = MarketTrade | Quote
Event = (
    TimeAdvanced
    | MarketTrade
    | Quote
    | MarketStatus
    | PositionReport
    | OrderReport
    | TradeReport
    | AccountReport
    | ConnectionChanged
    | InputRefused
    | IntentProgress
    | OperatorCommand
    | InvariantBroken
    | OrderUnresolved
    | Reconciled
    | SessionEnded
)

CONFLATABLE = (MarketTrade, Quote, TimeAdvanced)
"""Kinds of which the latest wins when the engine is behind. All others are never dropped."""
