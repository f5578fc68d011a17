"""The shipped instruments: exact, complete, and found by the code in a contract id."""

from fractions import Fraction
from pathlib import Path

import pytest

from risk_manager.config.instruments import load
from risk_manager.errors import ConfigInvalid
from risk_manager.rules.example import ES

FILE = Path(__file__).resolve().parents[3] / "config" / "instruments.yaml"

# symbol, product code, tick size, tick value, contract size: tick size x contract size = tick value
CME = [
    ("ES", "EP", "0.25", "12.50", 50),
    ("NQ", "ENQ", "0.25", "5", 20),
    ("MES", "MES", "0.25", "1.25", 5),
    ("MNQ", "MNQ", "0.25", "0.50", 2),
    ("RTY", "RTY", "0.1", "5", 50),
    ("M2K", "M2K", "0.1", "0.50", 5),
    ("YM", "YM", "1", "5", 5),
    ("MYM", "MYM", "1", "0.50", "0.5"),
    ("CL", "CLE", "0.01", "10", 1000),
    ("MCL", "MCLE", "0.01", "1", 100),
    ("GC", "GCE", "0.1", "10", 100),
    ("MGC", "MGC", "0.1", "1", 10),
    ("ZN", "TYA", "0.015625", "15.625", 1000),
    ("ZB", "USA", "0.03125", "31.25", 1000),
    ("6E", "EU6", "0.00005", "6.25", 125_000),
]


@pytest.mark.parametrize(("symbol", "product", "tick_size", "tick_value", "contract_size"), CME, ids=str)
def test_economics_are_those_of_the_exchange(
    symbol: str, product: str, tick_size: str, tick_value: str, contract_size: str | int
) -> None:
    instrument = load(FILE).by_symbol(symbol)
    assert instrument is not None
    assert Fraction(instrument.tick_size_e9, 10**9) == Fraction(tick_size)
    assert Fraction(instrument.tick_value_mils, 1000) == Fraction(tick_value)
    assert Fraction(tick_size) * Fraction(contract_size) == Fraction(tick_value)
    assert instrument.product == product


def test_every_product_code_comes_back_as_its_symbol() -> None:
    instruments = load(FILE)
    for instrument in instruments:
        contract = f"CON.F.US.{instrument.product}.Z25"
        assert instruments.of_contract(contract) == instrument
        assert instruments.symbol_of(contract) == instrument.symbol
    assert {instrument.symbol for instrument in instruments} == {row[0] for row in CME}


def test_prices_are_bounded_and_only_energy_may_be_negative() -> None:
    for instrument in load(FILE):
        assert instrument.min_price_ticks < instrument.max_price_ticks
        assert (instrument.min_price_ticks < 0) == (instrument.group == "energy")


def test_the_instrument_of_the_examples_is_the_shipped_one() -> None:
    shipped = load(FILE).by_symbol("ES")
    assert shipped is not None
    assert (shipped.product, shipped.tick_size_e9, shipped.tick_value_mils) == (
        ES.product,
        ES.tick_size_e9,
        ES.tick_value_mils,
    )


def test_prices_in_quotes_are_as_good(tmp_path: Path) -> None:
    file = tmp_path / "instruments.yaml"
    file.write_text(FILE.read_text().replace("tick_size: 0.00005", 'tick_size: "0.00005"'))
    assert list(load(file)) == list(load(FILE))


def test_a_missing_file_names_the_template(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"remedy: copy config/instruments\.yaml from the distribution"):
        load(tmp_path / "somewhere.yaml")
