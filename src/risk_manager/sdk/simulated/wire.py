"""The protocol between the exchange and its clients: JSON, one object a line. Prices and money travel as decimal text.

A client sends requests, each with an `id`; the exchange answers each with a `Reply` that carries it in `re`. Events
come in `Reply.events` where the client asked for them (`Next`, lockstep) and otherwise pushed, in a `Reply` without
`re`. docs/reference/simulated-exchange.md describes it for other programs.
"""

from typing import Literal

import msgspec

from risk_manager.domain.orders import OrderStatus, OrderType
from risk_manager.sdk.sessions.lines import ContractLine

PROTOCOL = 1
PAGE_TRADES = 1000
SideWord = Literal["buy", "sell"]
Role = Literal["manager", "observer", "manual"]


class _Request(
    msgspec.Struct, frozen=True, tag_field="op", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    id: int


class Login(_Request, frozen=True, tag="login"):
    """Who is it, and which account? A manual trader takes whichever account is here."""

    protocol: int
    role: Role
    account: str | None = None


class Subscribe(_Request, frozen=True, tag="subscribe"):
    """Tell me of the market and the account from now on."""


class Next(_Request, frozen=True, tag="next"):
    """Lockstep: the next batch, answered when there is one. Time goes on only here."""


class Processed(_Request, frozen=True, tag="processed"):
    """Lockstep: so many events of the last batch are dealt with. Not answered."""

    count: int


class GetAccount(_Request, frozen=True, tag="account"):
    """May it trade, and its balance."""


class GetPositions(_Request, frozen=True, tag="positions"):
    """Every open position."""


class GetWorkingOrders(_Request, frozen=True, tag="working_orders"):
    """Every order that may still fill."""


class GetOrder(_Request, frozen=True, tag="order"):
    """One order, by its id or by its tag."""

    order_id: int | None = None
    tag: str | None = None


class GetTrades(_Request, frozen=True, tag="trades"):
    """Trades at or after a time, those with ids above `after`, a page at a time; one that is not full is the last."""

    since_ns: int
    after: int = 0


class Place(_Request, frozen=True, tag="place"):
    """Place an order."""

    contract: str
    side: SideWord
    size: int
    type: OrderType
    limit: str | None = None
    stop: str | None = None
    trail_ticks: int | None = None
    tag: str | None = None


class Modify(_Request, frozen=True, tag="modify"):
    """Change a working order."""

    order_id: int
    contract: str
    size: int | None = None
    limit: str | None = None
    stop: str | None = None
    trail_ticks: int | None = None


class Cancel(_Request, frozen=True, tag="cancel"):
    """Cancel a working order."""

    order_id: int


class Close(_Request, frozen=True, tag="close"):
    """Close a position, or `size` of it."""

    contract: str
    size: int | None = None
    tag: str | None = None


class Trade(_Request, frozen=True, tag="trade"):
    """By hand: buy (positive) or sell (negative) at the market; a symbol will do."""

    symbol: str
    net: int


Request = (
    Login
    | Subscribe
    | Next
    | Processed
    | GetAccount
    | GetPositions
    | GetWorkingOrders
    | GetOrder
    | GetTrades
    | Place
    | Modify
    | Cancel
    | Close
    | Trade
)


class OrderWire(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order on the wire."""

    id: int
    contract: str
    side: SideWord
    size: int
    type: OrderType
    status: OrderStatus
    filled: int
    t: int
    version: int
    limit: str | None = None
    stop: str | None = None
    trail_ticks: int | None = None
    tag: str | None = None


class FillWire(msgspec.Struct, frozen=True, omit_defaults=True):
    """A trade of ours on the wire."""

    id: int
    order_id: int
    contract: str
    side: SideWord
    size: int
    price: str
    fees: str
    t: int
    pnl: str | None = None
    voided: bool = False


class TimeEvent(msgspec.Struct, frozen=True, tag_field="k", tag="time"):
    """The clock reached `t`."""

    t: int


class TradeEvent(msgspec.Struct, frozen=True, tag_field="k", tag="trade", gc=False):
    """Somebody traded."""

    t: int
    c: str
    p: str
    s: int


class QuoteEvent(msgspec.Struct, frozen=True, tag_field="k", tag="quote", gc=False, omit_defaults=True):
    """The merged quote."""

    t: int
    c: str
    b: str | None = None
    a: str | None = None
    l: str | None = None  # noqa: E741 -- as in session files, beside b and a


class StatusEvent(msgspec.Struct, frozen=True, tag_field="k", tag="status"):
    """A contract opened, halted or closed."""

    t: int
    c: str
    st: Literal["open", "halted", "closed"]


class PositionEvent(msgspec.Struct, frozen=True, tag_field="k", tag="position", omit_defaults=True):
    """A position: unsigned size, side, and the average price; size 0 is flat."""

    t: int
    c: str
    size: int
    side: Literal["long", "short"] | None = None
    average: str | None = None


class OrderEvent(msgspec.Struct, frozen=True, tag_field="k", tag="order"):
    """An order changed."""

    t: int
    order: OrderWire


class FillEvent(msgspec.Struct, frozen=True, tag_field="k", tag="fill"):
    """We traded."""

    t: int
    fill: FillWire


class AccountEvent(msgspec.Struct, frozen=True, tag_field="k", tag="account"):
    """The account as it stands."""

    t: int
    can_trade: bool
    balance: str


class RefusedEvent(msgspec.Struct, frozen=True, tag_field="k", tag="refused"):
    """A line of the session could not be believed."""

    t: int
    what: str
    why: str


class EndEvent(msgspec.Struct, frozen=True, tag_field="k", tag="end"):
    """The session is over."""

    t: int


WireEvent = (
    TimeEvent
    | TradeEvent
    | QuoteEvent
    | StatusEvent
    | PositionEvent
    | OrderEvent
    | FillEvent
    | AccountEvent
    | RefusedEvent
    | EndEvent
)


class WireError(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why not. `refused` will not change, `busy` may be tried again after `delay_s`, `malformed` was not understood."""

    kind: Literal["refused", "busy", "malformed"]
    message: str
    hint: str = ""
    delay_s: float = 0.0


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the exchange sends: the answer to request `re`, or a push of events without `re`."""

    re: int | None = None
    ok: msgspec.Raw = msgspec.Raw()  # empty for "not said": msgspec reads no Raw in a union
    error: WireError | None = None
    events: list[WireEvent] | None = None


class RawReply(msgspec.Struct, frozen=True):
    """A reply of which only the frame is sound: its events are taken one by one."""

    re: int | None = None
    ok: msgspec.Raw = msgspec.Raw()  # empty for "not said": msgspec reads no Raw in a union
    error: WireError | None = None
    events: list[msgspec.Raw] | None = None


class Welcome(msgspec.Struct, frozen=True):
    """The answer to a login."""

    account: str
    account_id: str
    t_ns: int
    lockstep: bool
    contracts: list[ContractLine]


class Placed(msgspec.Struct, frozen=True):
    """The answer to what made an order."""

    order_id: int


encoder = msgspec.json.Encoder()
request_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
reply_decoder = msgspec.json.Decoder(Reply)
raw_reply_decoder = msgspec.json.Decoder(RawReply)
event_decoder: msgspec.json.Decoder[WireEvent] = msgspec.json.Decoder(WireEvent)
