"""What every command of the daemon has in common: a file of another user is told in words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
