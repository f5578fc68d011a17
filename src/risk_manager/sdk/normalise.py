"""The edge: what a venue or a file says, turned into domain units exactly once, or refused with a reason.

Numbers are read by a strict ASCII grammar and integer arithmetic: no float, no Decimal, no `int()` on foreign text
before the grammar has passed (it would take `1_000` and Arabic digits). True and False are not numbers here.
"""

import re
from datetime import UTC, datetime, timedelta

from risk_manager.domain.instruments import Instrument

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,9}))?")
_CONTRACT = re.compile(r"[A-Z][A-Z0-9]{0,7}(?:\.[A-Z0-9]{1,12}){1,5}")
_TAG = re.compile(r"[A-Za-z0-9._:+-]{1,128}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_E9 = 1_000_000_000
_MILS_E9 = 1_000_000
_CACHED_PRICES = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MAX_SIZE = 100_000
"""More contracts than any account of ours could hold; anything above is a damaged message."""
TIME_MIN_NS = 946_684_800 * _E9
TIME_MAX_NS = 4_102_444_800 * _E9
"""2000-01-01 and 2100-01-01 (UTC). Seconds or milliseconds taken for nanoseconds fall outside."""


class Unbelievable(ValueError):
    """A value that cannot be taken as what it claims to be; the text says which value and why."""


def shown(value: object) -> str:
    """A foreign value made safe to print: one line, ASCII, no control characters, at most 80 characters."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 -- the width is the rule of this function


def decimal_e9(text: object) -> int:
    """A plain decimal number as an exact count of billionths."""
    match = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise Unbelievable(f"{shown(text)} is not a plain decimal number in text")
    sign, whole, fraction = match.groups()
    value = int(whole) * _E9 + int((fraction or "").ljust(9, "0"))
    return -value if sign else value


def e9_text(value_e9: int) -> str:
    """Billionths as the shortest plain decimal text."""
    whole, fraction = divmod(abs(value_e9), _E9)
    decimals = f"{fraction:09d}".rstrip("0")
    number = f"{whole}.{decimals}" if decimals else str(whole)
    return f"-{number}" if value_e9 < 0 else number


def price_ticks(text: object, instrument: Instrument) -> int:
    """A price as ticks of the instrument; refuses what lies off the tick or outside the instrument's bounds."""
    ticks, off_tick = divmod(decimal_e9(text), instrument.tick_size_e9)
    if off_tick:
        raise Unbelievable(
            f"{shown(text)} is not on the tick of {instrument.symbol} ({e9_text(instrument.tick_size_e9)})"
        )
    if not instrument.min_price_ticks <= ticks <= instrument.max_price_ticks:
        low, high = (instrument.price_text(edge) for edge in (instrument.min_price_ticks, instrument.max_price_ticks))
        raise Unbelievable(f"{shown(text)} is absurd for {instrument.symbol} (believable: {low} to {high})")
    return ticks


class PriceReader:
    """Reads the prices of one instrument. A market repeats few texts, so each is converted once and remembered."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.known: dict[str, int] = {}

    def __call__(self, text: object) -> int:
        """The price in ticks. Raises Unbelievable."""
        if isinstance(text, str):
            ticks = self.known.get(text)
            if ticks is not None:
                return ticks
        ticks = price_ticks(text, self.instrument)
        if len(self.known) >= _CACHED_PRICES:
            self.known.clear()
        self.known[str(text)] = ticks
        return ticks


def size(value: object, *, least: int = 1) -> int:
    """A number of contracts: a true integer, never text, float or bool."""
    if type(value) is not int:
        raise Unbelievable(f"size {shown(value)} is not a whole number")
    if not least <= value <= MAX_SIZE:
        raise Unbelievable(f"size {shown(value)} is not between {least} and {MAX_SIZE}")
    return value


def time_ns(value: object) -> int:
    """Nanoseconds since the epoch, or ISO text with an offset, as nanoseconds; only years 2000 to 2099 are believed."""
    if isinstance(value, str):
        value = _iso_ns(value)
    if type(value) is not int:
        raise Unbelievable(f"time {shown(value)} is neither nanoseconds nor ISO text with an offset")
    if not TIME_MIN_NS <= value < TIME_MAX_NS:
        raise Unbelievable(f"time {shown(value)} is not in the years 2000 to 2099 (nanoseconds, UTC)")
    return value


def _iso_ns(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        raise Unbelievable(f"time {shown(text)} is not ISO text with an offset, such as 2025-11-18T14:30:00Z")
    fraction = match.group(1) or ""
    without_fraction = text.replace(f".{fraction}", "", 1) if fraction else text
    try:
        moment = datetime.fromisoformat(without_fraction)
    except ValueError as error:
        raise Unbelievable(f"time {shown(text)}: {error}") from error
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    return seconds * _E9 + int(fraction.ljust(9, "0"))


def iso(t_ns: int) -> str:
    """A time as ISO text in UTC, with as many decimals as it needs."""
    seconds, fraction = divmod(t_ns, _E9)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    decimals = f"{fraction:09d}".rstrip("0")
    return f"{text}.{decimals}Z" if decimals else f"{text}Z"


def contract_id(value: object) -> str:
    """A contract id such as `CON.F.US.EP.Z25`."""
    if not isinstance(value, str) or _CONTRACT.fullmatch(value) is None:
        raise Unbelievable(f"{shown(value)} is not a contract id such as CON.F.US.EP.Z25")
    return value


def tag(value: object) -> str:
    """A client order id: printable ASCII without spaces, so that it can neither forge a log line nor break a file."""
    if not isinstance(value, str) or _TAG.fullmatch(value) is None:
        raise Unbelievable(f"tag {shown(value)} is not 1 to 128 letters, digits and . _ : + -")
    return value


def money_mils(text: object) -> int:
    """An amount of money as mils (1/1000); more than three decimals are refused, never rounded."""
    mils, rest = divmod(decimal_e9(text), _MILS_E9)
    if rest:
        raise Unbelievable(f"{shown(text)} has parts smaller than 1/1000")
    return mils


def money_text(mils: int) -> str:
    """Mils as decimal text with at least two decimals: `-1000.00`, `15.625`."""
    whole, fraction = divmod(abs(mils), 1000)
    decimals = f"{fraction:03d}"
    decimals = decimals[:2] if decimals[2] == "0" else decimals
    return f"{'-' if mils < 0 else ''}{whole}.{decimals}"


def cost_mils_of_average(average: object, net: int, instrument: Instrument) -> int:
    """The signed cost of a position from its average price in text, to the nearest mil.

    A venue that averages over lots rounds the average. With nine decimals the nearest mil is the exact cost again,
    because every true cost is a whole number of mils.
    """
    numerator = decimal_e9(average) * net * instrument.tick_value_mils
    whole, rest = divmod(abs(numerator), instrument.tick_size_e9)
    nearest = whole + (2 * rest >= instrument.tick_size_e9)
    return nearest if numerator >= 0 else -nearest


def average_price_text(cost_ticks: int, net: int, instrument: Instrument) -> str:
    """The average price of a position as decimal text, to the nearest billionth; `net` is not 0."""
    cost_e9 = abs(cost_ticks * instrument.tick_size_e9)
    size_ = abs(net)
    average_e9 = (2 * cost_e9 + size_) // (2 * size_)
    return e9_text(average_e9 if cost_ticks * net >= 0 else -average_e9)
