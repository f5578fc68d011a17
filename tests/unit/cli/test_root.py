"""What every command of the daemon has in common: a file of another user, and wrong usage, are told in words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from risk_manager.cli.root import root
from service_contract.exit_codes import ExitCode

_NOBODY = 65534


@contextmanager
def _without_privileges() -> Iterator[None]:
    """Root may open everything; a user may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_session_in_a_directory_of_another_user_is_named_with_what_to_do(tmp_path: Path) -> None:
    runner = CliRunner()
    data = ["--data-dir", str(tmp_path / "data")]
    # Loads the modules, which without privileges could not be read on every machine.
    assert runner.invoke(root, ["exchange", "--session", "nowhere", *data]).exit_code == ExitCode.CONFIG_ERROR
    closed = tmp_path / "closed"
    closed.mkdir()
    session = closed / "calm.jsonl.gz"
    session.write_bytes(b"")
    closed.chmod(0)
    try:
        with _without_privileges():
            said = runner.invoke(root, ["exchange", "--session", str(session), *data])
    finally:
        closed.chmod(0o700)
    assert said.exit_code == ExitCode.CONFIG_ERROR
    assert f"{session}: Permission denied" in said.stderr
    assert "run as the user to whom it belongs" in said.stderr


@pytest.mark.parametrize("variable", [None, "RISK_LOG_LEVEL", "LOG_LEVEL"])
def test_a_log_level_that_does_not_exist_is_wrong_usage_and_the_choices_are_named(
    tmp_path: Path, variable: str | None
) -> None:
    given = ["--log-level", "BANANA"] if variable is None else []
    env = {variable: "BANANA"} if variable else {}
    said = CliRunner().invoke(root, ["run", *given, "--data-dir", str(tmp_path / "data")], env=env)
    assert said.exit_code == ExitCode.USAGE
    assert "BANANA" in said.stderr.upper()
    assert all(level in said.stderr.upper() for level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
    assert not (tmp_path / "data").exists(), "nothing was begun"
