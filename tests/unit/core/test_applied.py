"""What of the trading day binds a changed configuration at a start, also where the copy of the applied one is gone."""

import shutil
from pathlib import Path

import pytest
from tests.integration.daemon.programs import PROJECT

from risk_manager.config.loader import load_config
from risk_manager.config.model import RiskConfig
from risk_manager.core.applied import AppliedConfig, Binding

TODAY, YESTERDAY = "2025-11-18", "2025-11-17"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT / "config", tmp_path / "config")) / "risk_config.yaml"


def of_limit(files: Path, limit: int) -> RiskConfig:
    before = next(line for line in files.read_text().splitlines() if line.strip().startswith("limit: -"))
    files.write_text(files.read_text().replace(before, before.partition(":")[0] + f": {limit}", 1))
    return load_config(files, account="SIM-50K")


@pytest.fixture
def applied(tmp_path: Path) -> AppliedConfig:
    return AppliedConfig(tmp_path / "applied", "SIM-50K")


def damaged(directory: Path) -> None:
    (directory / "applied.json").write_bytes(b"{")


def edited(directory: Path) -> None:
    """The copy is made as loose as the files are."""
    copy = directory / "risk_config.yaml"
    copy.write_text(copy.read_text().replace("-900", "-2000"))


@pytest.mark.parametrize("tamper", [shutil.rmtree, damaged, edited])
def test_without_a_sound_copy_only_the_configuration_the_day_went_by_is_known_not_to_be_looser(
    applied: AppliedConfig, files: Path, tmp_path: Path, tamper
):
    strict = of_limit(files, -900)
    applied.store(strict, TODAY)
    tamper(tmp_path / "applied")
    loose = of_limit(files, -2000)
    binding = applied.judge(loose, TODAY, day_hash=strict.config_hash)
    assert binding.config is None
    assert "whether a hard limit is looser now is not known" in binding.unknown
    assert "risk-manager unfreeze operator --reason" in binding.unknown
    assert applied.judge(strict, TODAY, day_hash=strict.config_hash) == Binding()
    assert applied.judge(loose, TODAY, day_hash=None) == Binding(), "the day by which it went is over"


def test_the_copy_of_another_configuration_says_nothing_about_the_one_the_day_went_by(
    applied: AppliedConfig, files: Path
):
    applied.store(of_limit(files, -2000), TODAY)
    strict = of_limit(files, -900)
    assert applied.judge(of_limit(files, -2000), TODAY, day_hash=strict.config_hash).unknown


def test_the_copy_binds_on_every_day_that_went_by_it_whenever_it_was_made(applied: AppliedConfig, files: Path):
    strict = of_limit(files, -900)
    applied.store(strict, YESTERDAY)
    loose = of_limit(files, -2000)
    binding = applied.judge(loose, TODAY, day_hash=strict.config_hash)
    assert (binding.config is not None, binding.unknown) == (True, "")
    assert "was -900.00, now it is -2000.00" in binding.looser[0]
    assert applied.judge(of_limit(files, -500), TODAY, day_hash=strict.config_hash) == Binding(), "tighter is fine"


def test_where_the_journal_knows_of_no_day_as_after_an_import_a_copy_may_be_missing_but_not_damaged(
    applied: AppliedConfig, files: Path, tmp_path: Path
):
    strict = of_limit(files, -900)
    assert applied.judge(strict, TODAY, day_hash="") == Binding()
    applied.store(strict, TODAY)
    loose = of_limit(files, -2000)
    assert applied.judge(loose, TODAY, day_hash="").looser
    assert applied.judge(loose, "2025-11-19", day_hash="") == Binding()
    damaged(tmp_path / "applied")
    assert applied.judge(loose, TODAY, day_hash="").unknown
