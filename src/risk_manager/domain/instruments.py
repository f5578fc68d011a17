"""What one tick of an instrument is worth, and which instrument a contract id means."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

_E9 = 1_000_000_000
_CONTRACT_PARTS = 5


class Instrument(msgspec.Struct, frozen=True):
    """The economics of a root symbol, exact.

    symbol: as traders say it (ES). product: as the exchange's contract ids have it (EP).
    tick_size_e9: the smallest price step in billionths of a price unit, which every listed tick divides (ZN: 15625000).
    tick_value_mils: worth of one tick of one contract, in mils (ZN: 15625).
    min_price_ticks, max_price_ticks: anything outside is refused at the edge as absurd.
    group: the product group whose sessions and holidays apply.
    """

    symbol: str
    product: str
    name: str
    tick_size_e9: int
    tick_value_mils: int
    min_price_ticks: int
    max_price_ticks: int
    group: str

    def price_text(self, ticks: int) -> str:
        """A price in ticks as the decimal text that people and venues write: 6623 ticks of ES are `1655.75`."""
        sign = "-" if ticks < 0 else ""
        whole, fraction = divmod(abs(ticks) * self.tick_size_e9, _E9)
        decimals = f"{fraction:09d}".rstrip("0")
        return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


class Instruments:
    """All known instruments, found by symbol or by contract id."""

    def __init__(self, known: Iterable[Instrument]) -> None:
        self._by_symbol: Mapping[str, Instrument] = {instrument.symbol: instrument for instrument in known}
        self._by_product = {instrument.product: instrument for instrument in self._by_symbol.values()}

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_symbol.values())

    def by_symbol(self, symbol: str) -> Instrument | None:
        """The instrument that traders call `symbol`."""
        return self._by_symbol.get(symbol)

    def of_contract(self, contract: str) -> Instrument | None:
        """The instrument of a ProjectX contract id such as `CON.F.US.EP.Z25`; None where it is not known."""
        parts = contract.split(".")
        return self._by_product.get(parts[3]) if len(parts) == _CONTRACT_PARTS else None

    def symbol_of(self, contract: str) -> str:
        """The root symbol of a contract; for an unknown product the product code itself, so that it can be shown."""
        instrument = self.of_contract(contract)
        if instrument is not None:
            return instrument.symbol
        parts = contract.split(".")
        return parts[3] if len(parts) == _CONTRACT_PARTS else contract
