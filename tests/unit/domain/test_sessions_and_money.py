"""Spans, trading days, money and prices as text: the small exact parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_manager.domain.instruments import Instrument, Instruments
from risk_manager.domain.money import dollars
from risk_manager.domain.positions import open_pnl_mils
from risk_manager.domain.sessions import Session, Span, TradingDay, TradingDays

SESSION = Session("s", [Span(10, 20), Span(30, 40)], Span(0, 50))


@pytest.mark.parametrize(
    ("t_ns", "span", "next_start", "boundary"),
    [
        (9, None, 10, 10),
        (10, Span(10, 20), 30, 20),
        (19, Span(10, 20), 30, 20),
        (20, None, 30, 30),
        (39, Span(30, 40), None, 40),
        (40, None, None, None),
    ],
)
def test_a_session_contains_its_start_and_not_its_end(t_ns, span, next_start, boundary):
    assert (SESSION.at(t_ns), SESSION.next_start_ns(t_ns), SESSION.next_boundary_ns(t_ns)) == (
        span,
        next_start,
        boundary,
    )


def test_outside_the_horizon_nothing_is_known():
    assert [SESSION.knows(t_ns) for t_ns in (-1, 0, 49, 50)] == [False, True, True, False]


@pytest.mark.parametrize("spans", [[Span(10, 10)], [Span(10, 20), Span(15, 30)], [Span(-5, 5)]])
def test_spans_out_of_order_are_refused(spans):
    with pytest.raises(ValueError, match="session s"):
        Session("s", spans, Span(0, 50))


def test_trading_days_are_consecutive_and_unknown_beyond_them():
    days = TradingDays([TradingDay("a", 0, 10), TradingDay("b", 10, 20)])
    names = [day.name if (day := days.at(t_ns)) else None for t_ns in (-1, 0, 9, 10, 19, 20)]
    assert names == [None, "a", "a", "b", "b", None]
    with pytest.raises(ValueError, match="does not begin where"):
        TradingDays([TradingDay("a", 0, 10), TradingDay("b", 11, 20)])


@pytest.mark.parametrize(
    ("mils", "text"), [(0, "0.00"), (-900_000, "-900.00"), (15_625, "15.625"), (-5, "-0.005"), (1_010, "1.01")]
)
def test_money_is_written_with_every_mil_it_has(mils: int, text: str):
    assert dollars(mils) == text


@given(st.integers(-(10**12), 10**12))
def test_money_as_text_reads_back_exactly(mils: int):
    whole, _, fraction = dollars(mils).removeprefix("-").partition(".")
    assert int(whole) * 1000 + int(fraction.ljust(3, "0")) == abs(mils)


def test_a_short_gains_when_the_price_falls():
    """Short 2 MNQ from 26000 to 25990: 40 ticks of 0.50 dollars, twice, are 40 dollars; one contract makes 20."""
    entry_ticks, mark_ticks = 26_000 * 4, 25_990 * 4
    assert open_pnl_mils(-1, -entry_ticks * 500, 500, mark_ticks) == 20_000


ZN = Instrument("ZN", "TYA", "10-Year Note", 15_625_000, 15_625, 0, 20_000, "rates")


@pytest.mark.parametrize(("ticks", "text"), [(7041, "110.015625"), (7040, "110"), (-1, "-0.015625"), (0, "0")])
def test_prices_are_written_exactly(ticks: int, text: str):
    assert ZN.price_text(ticks) == text


def test_contracts_are_found_by_product_code_and_unknown_ones_are_named_by_it():
    known = Instruments([Instrument("ES", "EP", "", 250_000_000, 12_500, 0, 1, "equity")])
    assert known.of_contract("CON.F.US.EP.Z25").symbol == "ES"
    assert known.of_contract("CON.F.US.ES.Z25") is None
    assert [known.symbol_of(c) for c in ("CON.F.US.EP.H26", "CON.F.US.XYZ.H26", "odd")] == ["ES", "XYZ", "odd"]
