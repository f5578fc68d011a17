"""Single values are read exactly, or refused."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_manager.config import values
from risk_manager.config.values import Refused
from risk_manager.domain.money import dollars


@given(st.integers(-(10**12), -1))
def test_money_goes_in_and_out_exactly(mils: int) -> None:
    assert values.money("negative")(Decimal(dollars(mils))) == mils


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-1_000_000, max_value=-1, places=9))
def test_money_is_exact_or_refused_never_rounded(amount: Decimal) -> None:
    try:
        mils = values.money("negative")(amount)
    except Refused:
        assert amount * 1000 != int(amount * 1000)
    else:
        assert mils == amount * 1000


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (values.money("negative"), 0),
        (values.money("positive"), -1),
        (values.money("negative"), False),
        (values.money("negative"), None),
        (values.money("negative"), [1]),
        (values.money("negative"), Decimal("-0.0001")),
        (values.count(1), True),
        (values.count(1), "1"),
        (values.count(1), Decimal("1.0")),
        (values.count(2), 1),
        (values.flag, 1),
        (values.flag, "true"),
        (values.text, 5),
        (values.text, "  "),
        (values.choice(("a", "b")), ["a"]),
        (values.time_of_day, "24:00"),
        (values.time_of_day, "09:60"),
        (values.time_of_day, "9:30"),
        (values.time_of_day, 930),
        (values.time_of_day, "09:30\n"),
        (values.day, "2025-02-29"),
        (values.day, "20250228"),
        (values.zone, "Mars/Olympus"),
        (values.zone, "../etc/passwd"),
        (values.zone, "America/"),
        (values.zone, "CST6CDT"),
        (values.zone, 5),
        (values.weekdays, "mon"),
        (values.weekdays, [["mon"]]),
        (values.weekdays, ["mon", "mon"]),
        (values.duration(1, 10**12), "5"),
        (values.duration(1, 10**12), "\N{ARABIC-INDIC DIGIT FIVE}s"),
        (values.duration(1, 10**12), "5 s"),
        (values.duration(1, 10**12), "-5s"),
    ],
)
def test_what_is_not_meant_is_refused_with_a_remedy(reader: Callable[[object], object], value: object) -> None:
    with pytest.raises(Refused) as caught:
        reader(value)
    assert caught.value.message
    assert caught.value.remedy


def test_values_in_their_units() -> None:
    assert values.duration(1, 10**15)("500ms") == 500_000_000
    assert values.duration(1, 10**15)("1h") == 3_600_000_000_000
    assert values.time_of_day("17:00") == 1020
    assert values.day("2024-02-29") == date(2024, 2, 29)
    assert values.zone("UTC") == ZoneInfo("UTC")
    assert values.weekdays(["sun", "mon"]) == {6, 0}


@given(st.integers(1, 10**6).map(lambda ms: ms * 1_000_000))
def test_a_duration_is_written_as_it_is_read(duration_ns: int) -> None:
    assert values.duration(1, 10**18)(values.duration_text(duration_ns)) == duration_ns


@pytest.mark.parametrize(
    ("word", "near"), [("MNG", "MNQ"), ("es", "ES"), ("daily_realised_loss", "daily_realized_loss")]
)
def test_a_near_miss_is_named(word: str, near: str) -> None:
    assert values.did_you_mean(word, ["MNQ", "ES", "daily_realized_loss"], what_is_known="x") == f"did you mean {near}?"
