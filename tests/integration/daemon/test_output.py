"""What cannot be printed, and what is no file, is told in a line: no traceback."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

from tests.integration.daemon.programs import PROJECT, World


def _nothing_fits() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_an_output_on_a_disk_that_takes_nothing_is_told_in_a_line(short_tmp: Path):
    with (short_tmp / "full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "risk_manager", "check-config"],
            cwd=PROJECT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_nothing_fits,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "the output: File too large\n"


def test_a_configuration_that_is_the_root_directory_is_a_fault_like_any_other(it: World):
    code, out, err = it.command("check-config", "--config", "/")
    assert code == 3
    assert "Traceback" not in out + err
    assert "is a directory, not a file" in out
