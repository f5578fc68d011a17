"""The reference pages say what the schema and the shipped files say."""

import re
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from risk_manager.config import accounts, holidays, instruments
from risk_manager.config.risk_file import schema
from risk_manager.config.schema import Known
from risk_manager.config.secrets import NAMES
from risk_manager.domain.money import dollars
from risk_manager.rules import RULES

PROJECT = Path(__file__).resolve().parents[3]
CONFIGURATION = (PROJECT / "docs" / "reference" / "configuration.md").read_text()
INSTRUMENTS = (PROJECT / "docs" / "reference" / "instruments.md").read_text()
PARAMETERS_ELSEWHERE = {rule.key for rule in RULES}  # they stand in the reference of rules


def keys_of(annotation: object) -> set[str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {key: field for key, field in annotation.model_fields.items() if key not in PARAMETERS_ELSEWHERE}
        return set(fields).union(*(keys_of(field.annotation) for field in fields.values()))
    return set().union(*(keys_of(inner) for inner in get_args(annotation)))


def test_every_key_of_every_file_is_in_the_reference() -> None:
    keys = keys_of(schema(RULES, Known(None, None))) | keys_of(accounts._schema()) | keys_of(holidays._schema())
    assert {"rules", "deadline", "default_account", "covers", "source"} <= keys
    assert sorted(key for key in keys if not re.search(rf"[`.]{key}[`.]", CONFIGURATION)) == []


def test_every_credential_is_in_the_reference() -> None:
    assert [name for name in NAMES if name not in CONFIGURATION] == []


def test_every_shipped_instrument_is_in_the_reference_with_its_numbers() -> None:
    for one in instruments.load(PROJECT / "config" / "instruments.yaml"):
        row = (
            f"| {one.symbol} | {one.name} | `{one.product}` | {one.group} | {one.price_text(1)} |"
            f" {dollars(one.tick_value_mils)} | {one.price_text(one.min_price_ticks)} |"
            f" {one.price_text(one.max_price_ticks)} |"
        )
        assert row in INSTRUMENTS
