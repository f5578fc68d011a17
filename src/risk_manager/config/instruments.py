"""`instruments.yaml`: what a tick of each instrument is worth, exact or refused."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from risk_manager.config import values
from risk_manager.config.values import Clash, Refused
from risk_manager.domain.instruments import Instrument, Instruments
from risk_manager.errors import ConfigInvalid
from service_contract.yaml_lines import Fault

if TYPE_CHECKING:
    from risk_manager.config.reading import Read

_E9 = 1_000_000_000
_CODE = re.compile(r"[A-Z0-9]{1,8}")


def load(path: Path) -> Instruments:
    """The instruments of a file. Raises ConfigInvalid with every fault in it."""
    from risk_manager.config.reading import read  # pydantic is heavy: it loads where a file is read

    instruments, faults = judge_instruments(read(path, template="instruments.yaml"))
    if instruments is None or faults:
        raise ConfigInvalid(faults)
    return instruments


def judge_instruments(file: "Read") -> tuple[Instruments | None, tuple[Fault, ...]]:
    """The instruments of a file that has been read, and every fault in it."""
    from risk_manager.config.reading import judge
    from risk_manager.config.schema import Key, block, map_of

    if file.tree is None:
        return None, file.faults
    price = values.scaled(_E9, positive=False, kind="a price", unit="billionths")
    tick = values.scaled(_E9, positive=True, kind="a tick size", unit="billionths of a price unit")
    one = block(
        "instrument",
        {
            "product": Key(_code, says="the code in the exchange's contract ids, EP for ES"),
            "name": Key(values.text, says="what it is called"),
            "group": Key(values.text, says="its product group, such as equity"),
            "tick_size": Key(tick, says="the smallest price step"),
            "tick_value": Key(values.money("positive"), says="what one tick of one contract is worth"),
            "min_price": Key(price, says="a lower price is refused as absurd"),
            "max_price": Key(price, says="a higher price is refused as absurd"),
        },
        check=_clashes,
    )
    every = map_of(one, key=_code, check=_shared_products)
    found, faults = judge(file.tree, block("instruments file", {"instruments": Key(every, says="one block a symbol")}))
    if found is None or file.faults:
        return None, (*file.faults, *faults)
    return Instruments(_instrument(symbol, one) for symbol, one in found.instruments.items()), ()


def _code(value: object) -> str:
    if not isinstance(value, str):
        raise Refused(f"must be text, not {values.what(value)}", f'put it in quotes: "{value}"')
    if not _CODE.fullmatch(value):
        raise Refused("must be 1 to 8 capital letters and digits", "write it as the exchange does, for example MNQ")
    return value


def _clashes(one: Any) -> Iterator[Clash]:  # noqa: ANN401 -- a model made at run time
    """What cannot stand together in one instrument."""
    for key in ("min_price", "max_price"):
        if getattr(one, key) % one.tick_size:
            yield Clash((key,), "is not a whole number of ticks", "round it to a multiple of tick_size")
    if one.min_price >= one.max_price:
        yield Clash(("max_price",), "must be greater than min_price", "raise it, or lower min_price")


def _shared_products(found: Mapping[str, Any]) -> Iterator[Clash]:
    """A product code must lead back to one symbol."""
    if not found:
        yield Clash((), "has no instrument", "add one; the template has fifteen")
    owner: dict[str, str] = {}
    for symbol, one in found.items():
        first = owner.setdefault(one.product, symbol)
        if first != symbol:
            message = f"is the product of {first} already"
            yield Clash((symbol, "product"), message, "each product code belongs to one symbol")


def _instrument(symbol: str, one: Any) -> Instrument:  # noqa: ANN401 -- a model made at run time
    return Instrument(
        symbol=symbol,
        product=one.product,
        name=one.name,
        tick_size_e9=one.tick_size,
        tick_value_mils=one.tick_value,
        min_price_ticks=one.min_price // one.tick_size,
        max_price_ticks=one.max_price // one.tick_size,
        group=one.group,
    )
