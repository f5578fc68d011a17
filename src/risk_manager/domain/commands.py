"""What can be asked of a venue. A command is data; `sdk/enforcement.py` carries it out."""

import msgspec

from risk_manager.domain.orders import OrderType, Side


class ClosePosition(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Close whatever is held in the contract. `assumed_net` is what we believed when we decided."""

    contract: str
    assumed_net: int


class CloseUnprotected(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Close the position, unless a look at the venue's working orders right before shows that a stop covers it."""

    contract: str
    assumed_net: int


class ReducePosition(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Close `size` contracts of the position, never more than `assumed_net` holds."""

    contract: str
    size: int
    assumed_net: int


class CancelOrder(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Cancel one working order."""

    order_id: int
    contract: str


class PlaceOrder(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Place an order; prices in ticks. The intent's client order id travels as its tag."""

    contract: str
    side: Side
    size: int
    type: OrderType
    limit_ticks: int | None = None
    stop_ticks: int | None = None
    trail_ticks: int | None = None


class ModifyOrder(msgspec.Struct, frozen=True, tag=True, tag_field="is"):
    """Change the prices or the size of a working order; None leaves a value as it is."""

    order_id: int
    contract: str
    size: int | None = None
    limit_ticks: int | None = None
    stop_ticks: int | None = None
    trail_ticks: int | None = None


Command = ClosePosition | CloseUnprotected | ReducePosition | CancelOrder | PlaceOrder | ModifyOrder
