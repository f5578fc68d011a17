"""Every broken configuration under tests/golden/config is refused with exactly the words that stand beside it.

A golden is `<name>.yaml` (the broken file; `accounts-`, `instruments-` and `holidays-` say which file it stands for)
and `<name>.<exit code>.txt`, what the user sees. `pytest --update-golden` writes the second; read it before committing.
"""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from risk_manager.cli.check_config import check_config

PROJECT = Path(__file__).resolve().parents[3]
GOLDEN = PROJECT / "tests" / "golden" / "config"
SHIPPED = ("risk_config.yaml", "accounts.yaml", "instruments.yaml", "holidays.yaml")
BROKEN = sorted(GOLDEN.glob("*.yaml"))


def _stands_for(broken: Path) -> str:
    prefix = broken.name.partition("-")[0]
    return f"{prefix}.yaml" if f"{prefix}.yaml" in SHIPPED else "risk_config.yaml"


@pytest.mark.parametrize("broken", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_in_these_words(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    (tmp_path / "config").mkdir()
    for name in SHIPPED:
        shutil.copy(PROJECT / "config" / name, tmp_path / "config" / name)
    shutil.copy(broken, tmp_path / "config" / _stands_for(broken))
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(check_config, [], catch_exceptions=False)

    expected = broken.with_name(f"{broken.stem}.{result.exit_code}.txt")
    if pytestconfig.getoption("--update-golden", default=False):
        expected.write_text(result.stdout, encoding="utf-8")
    assert result.exit_code == 3
    assert result.stdout == expected.read_text(encoding="utf-8")


def test_every_golden_has_its_broken_file() -> None:
    assert {path.name.removesuffix(".3.txt") for path in GOLDEN.glob("*.txt")} == {path.stem for path in BROKEN}
    assert len(BROKEN) > 25
