"""Which account is meant where none is named: the only one there is; otherwise what to do is said."""

from pathlib import Path

import pytest

from risk_manager.cli.shared import account_state
from risk_manager.errors import StateError


def test_the_only_account_is_meant(tmp_path: Path) -> None:
    (tmp_path / "state" / "ONE").mkdir(parents=True)
    assert account_state(tmp_path, None) == tmp_path / "state" / "ONE"


def test_of_several_one_has_to_be_named(tmp_path: Path) -> None:
    for name in ("ONE", "TWO"):
        (tmp_path / "state" / name).mkdir(parents=True)
    with pytest.raises(StateError, match="several accounts: ONE, TWO") as told:
        account_state(tmp_path, None)
    assert "--account" in told.value.hint
    assert account_state(tmp_path, "TWO") == tmp_path / "state" / "TWO"


def test_where_nothing_has_run_yet_it_says_so_and_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no manager has run with this data directory yet") as told:
        account_state(tmp_path, None)
    assert "risk-manager run" in told.value.hint
