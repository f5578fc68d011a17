"""Causes and exit codes are documented: every one has its row."""

from pathlib import Path

from runtime.causes import CAUSES
from service_contract.exit_codes import ExitCode

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def test_every_cause_is_in_the_reference_with_its_words():
    text = (REFERENCE / "smoke.md").read_text(encoding="utf-8")
    for cause in CAUSES.values():
        assert f"| {cause.id} | {cause.what} | {cause.hint} |" in text


def test_every_exit_code_is_in_the_reference():
    text = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"| {code.value} | {code.name} |" in text
