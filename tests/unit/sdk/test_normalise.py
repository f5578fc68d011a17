"""The edge: exact, strict, and words for what was refused."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_manager.domain.instruments import Instrument
from risk_manager.sdk import normalise
from risk_manager.sdk.normalise import PriceReader, Unbelievable

ES = Instrument("ES", "EP", "ES", 250_000_000, 12_500, 4_000, 80_000, "equity")
ZN = Instrument("ZN", "TYA", "ZN", 15_625_000, 15_625, 0, 20_000, "rates")
CL = Instrument("CL", "CLE", "CL", 10_000_000, 10_000, -10_000, 50_000, "energy")

BAD_NUMBERS = [
    "NaN", "nan", "inf", "-inf", "1e999", "1e3", "1_000", "1,000.00", "", " 1", "1 ", "+1", "01", ".5", "5.", "--1",
    "0x10", "\u0661\u0662", "\uff11\uff12", "1\n", "1.0000000001", "9" * 13, "½",
    True, False, None, 1, 1.5, [], {}, b"1",
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_NUMBERS, ids=ascii)
def test_only_plain_decimal_text_is_a_number(bad: Any) -> None:
    with pytest.raises(Unbelievable) as refused:
        normalise.decimal_e9(bad)
    assert str(refused.value).isascii()
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("text", "instrument", "ticks"),
    [
        ("6655.75", ES, 26623),
        ("1640", ES, 6560),
        ("1640.50", ES, 6562),
        ("110.015625", ZN, 7041),
        ("-37.63", CL, -3763),
        ("0", CL, 0),
    ],
)
def test_prices_become_ticks_exactly_and_back(text: str, instrument: Instrument, ticks: int) -> None:
    assert normalise.price_ticks(text, instrument) == ticks
    assert normalise.price_ticks(instrument.price_text(ticks), instrument) == ticks


@given(ticks=st.integers(0, 20_000))
def test_every_tick_survives_the_way_out_and_in(ticks: int) -> None:
    assert normalise.price_ticks(ZN.price_text(ticks), ZN) == ticks


@pytest.mark.parametrize(
    ("text", "instrument", "why"),
    [
        ("6655.80", ES, "not on the tick"),
        ("999.75", ES, "absurd"),
        ("20000.25", ES, "absurd"),
        ("-6655.75", ES, "absurd"),
        ("0", ES, "absurd"),
    ],
)
def test_off_tick_and_absurd_prices_are_refused(text: str, instrument: Instrument, why: str) -> None:
    with pytest.raises(Unbelievable, match=why):
        normalise.price_ticks(text, instrument)


def test_a_reader_remembers_prices_but_never_a_bad_one() -> None:
    read = PriceReader(ES)
    assert [read("6655.75"), read("6655.75")] == [26623, 26623]
    assert list(read.known) == ["6655.75"]
    for bad in ("NaN", True, None, "6655.80"):
        with pytest.raises(Unbelievable):
            read(bad)
    assert list(read.known) == ["6655.75"]


@pytest.mark.parametrize("bad", [True, "1", 1.0, None, 0, -1, 10**9])
def test_a_size_is_a_whole_number_within_reason(bad: Any) -> None:
    with pytest.raises(Unbelievable):
        normalise.size(bad)


def test_sizes_within_reason_are_taken() -> None:
    assert normalise.size(1) == 1
    assert normalise.size(0, least=0) == 0


@pytest.mark.parametrize(
    ("value", "t_ns"),
    [
        (1_763_476_200_000_000_000, 1_763_476_200_000_000_000),
        ("2025-11-18T14:30:00Z", 1_763_476_200_000_000_000),
        ("2025-11-18T08:30:00-06:00", 1_763_476_200_000_000_000),
        ("2025-11-18 14:30:00.000000001+00:00", 1_763_476_200_000_000_001),
    ],
)
def test_times_are_taken_in_two_shapes(value: Any, t_ns: int) -> None:
    assert normalise.time_ns(value) == t_ns


@pytest.mark.parametrize(
    "bad",
    [
        0, 1_763_476_200, 1_763_476_200_000, 10**21, -1, True, 1.0, None, "2025-11-18", "2025-11-18T14:30:00",
        "2025-13-18T14:30:00Z", "2025-02-30T14:30:00Z", "9999-12-31T23:59:59Z", "1999-12-31T23:59:59Z", "now",
        "2025-11-18T14:30:00+99:00",
    ],
    ids=str,
)  # fmt: skip
def test_seconds_naive_and_far_times_are_refused(bad: Any) -> None:
    with pytest.raises(Unbelievable):
        normalise.time_ns(bad)


@given(t_ns=st.integers(normalise.TIME_MIN_NS, normalise.TIME_MAX_NS - 1))
def test_iso_text_gives_the_same_nanosecond_back(t_ns: int) -> None:
    assert normalise.time_ns(normalise.iso(t_ns)) == t_ns


@pytest.mark.parametrize("bad", ["", "es", "CON.F.US.EP.Z25\n", "CON.F.US.Ë.Z25", "CON..US", None, 5, "A" * 99])
def test_contract_ids_are_plain(bad: Any) -> None:
    with pytest.raises(Unbelievable):
        normalise.contract_id(bad)
    assert normalise.contract_id("CON.F.US.EP.Z25") == "CON.F.US.EP.Z25"


@pytest.mark.parametrize("bad", ["", "a b", "a\nb", "\x1b[31m", "é", "x" * 129, None])
def test_tags_can_neither_forge_a_line_nor_break_a_file(bad: Any) -> None:
    with pytest.raises(Unbelievable):
        normalise.tag(bad)
    assert normalise.tag("rm-20251118.003:ES+1") == "rm-20251118.003:ES+1"


@pytest.mark.parametrize(("text", "mils"), [("1.40", 1400), ("-900", -900_000), ("15.625", 15_625), ("0.001", 1)])
def test_money_is_read_and_written_exactly(text: str, mils: int) -> None:
    assert normalise.money_mils(text) == mils
    assert normalise.money_mils(normalise.money_text(mils)) == mils


def test_money_smaller_than_a_mil_is_refused_never_rounded() -> None:
    with pytest.raises(Unbelievable, match="smaller"):
        normalise.money_mils("0.0001")


@given(st.lists(st.tuples(st.integers(4_000, 80_000), st.integers(1, 50)), min_size=1, max_size=20), st.booleans())
def test_the_cost_of_a_position_comes_back_exactly_from_its_average_price(
    lots: list[tuple[int, int]],
    short: bool,  # noqa: FBT001 -- hypothesis hands it over
) -> None:
    sign = -1 if short else 1
    cost_ticks = sign * sum(ticks * size for ticks, size in lots)
    net = sign * sum(size for _, size in lots)
    average = normalise.average_price_text(cost_ticks, net, ES)
    assert normalise.cost_mils_of_average(average, net, ES) == cost_ticks * ES.tick_value_mils
    exact = Fraction(cost_ticks * ES.tick_size_e9, net)
    assert abs(normalise.decimal_e9(average) - exact) <= Fraction(1, 2)


def test_a_coarser_average_is_rounded_to_the_nearest_mil() -> None:
    """3 contracts at 6650.3333: 19950.9999 points x 50.00 a point = 997,549.995, which is between two mils."""
    assert normalise.cost_mils_of_average("6650.3333", 3, ES) == 997_549_995
    assert normalise.cost_mils_of_average("6650.3333", -3, ES) == -997_549_995


def test_what_is_shown_of_a_foreign_value_is_one_short_printable_line() -> None:
    shown = normalise.shown("\x1b[31m\n" + "x" * 500)
    assert shown.isprintable()
    assert len(shown) == 80
