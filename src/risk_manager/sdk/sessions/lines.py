"""The lines of a session file: a header, then one market event a line in the order of arrival."""

import msgspec

from risk_manager.domain.instruments import Instrument
from risk_manager.sdk.normalise import Unbelievable, contract_id, decimal_e9, money_mils

SCHEMA = "rm.session/1"
_PRODUCT_PART = 3
_CONTRACT_PARTS = 5
_DEFAULT_BOUND_E9 = 10_000_000 * 1_000_000_000


class ContractLine(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A contract as the venue lists it: prices and money as decimal text, bounds where known."""

    id: str
    symbol: str
    tick_size: str
    tick_value: str
    min_price: str | None = None
    max_price: str | None = None

    def instrument(self) -> Instrument:
        """Its economics in domain units. Raises Unbelievable."""
        parts = contract_id(self.id).split(".")
        tick_e9 = decimal_e9(self.tick_size)
        value_mils = money_mils(self.tick_value)
        if tick_e9 <= 0 or value_mils <= 0:
            raise Unbelievable(f"tick {self.tick_size} worth {self.tick_value} of {self.id} is not positive")
        low_e9 = 0 if self.min_price is None else decimal_e9(self.min_price)
        high_e9 = _DEFAULT_BOUND_E9 if self.max_price is None else decimal_e9(self.max_price)
        return Instrument(
            symbol=self.symbol,
            product=parts[_PRODUCT_PART] if len(parts) == _CONTRACT_PARTS else self.id,
            name=self.symbol,
            tick_size_e9=tick_e9,
            tick_value_mils=value_mils,
            min_price_ticks=-(-low_e9 // tick_e9),
            max_price_ticks=high_e9 // tick_e9,
            group="",
        )


class Header(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="schema", tag=SCHEMA):
    """The first line. `sha256` is that of everything after this line, uncompressed; `end` bounds the event times."""

    venue: str
    zone: str
    contracts: list[ContractLine]
    start: str
    source: str
    sha256: str
    end: str | None = None
    events: int | None = None


class TradeLine(msgspec.Struct, frozen=True, tag_field="k", tag="trade", gc=False, omit_defaults=True):
    """Somebody traded. `n`, where a venue numbers its messages, is that number: it tells a duplicate."""

    tv: int
    tl: int
    c: str
    p: str
    s: int
    n: int = 0


class QuoteLine(msgspec.Struct, frozen=True, tag_field="k", tag="quote", gc=False, omit_defaults=True):
    """Best bid, best ask, last; what is absent did not change."""

    tv: int
    tl: int
    c: str
    b: str | None = None
    a: str | None = None
    l: str | None = None  # noqa: E741 -- one letter, as its sisters b and a, in half a million lines
    n: int = 0


class DepthLine(msgspec.Struct, frozen=True, tag_field="k", tag="depth", gc=False, omit_defaults=True):
    """One level of the book. Carried by the format; matching uses the best prices only."""

    tv: int
    tl: int
    c: str
    side: str
    p: str
    s: int
    n: int = 0


class StatusLine(msgspec.Struct, frozen=True, tag_field="k", tag="status", gc=False, omit_defaults=True):
    """A contract opened, halted or closed."""

    tv: int
    tl: int
    c: str
    st: str
    n: int = 0


Line = TradeLine | QuoteLine | DepthLine | StatusLine


def instruments_of(header: Header) -> dict[str, Instrument]:
    """Contract id to economics. Raises Unbelievable naming the contract at fault."""
    listed: dict[str, Instrument] = {}
    for contract in header.contracts:
        if contract.id in listed:
            raise Unbelievable(f"contract {contract.id} is listed twice")
        listed[contract.id] = contract.instrument()
    if not listed:
        raise Unbelievable("no contract is listed")
    return listed
