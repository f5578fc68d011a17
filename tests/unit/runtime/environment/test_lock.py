"""The lock: versions compared, absences counted, conditions that are not understood left open."""

import importlib.metadata
import sys

import pytest

from runtime.environment.lock import compare

CLICK = importlib.metadata.version("click")


@pytest.mark.parametrize(
    ("text", "compared", "wrong", "unclear"),
    [
        (f"click=={CLICK} \\\n    --hash=sha256:00\n# a comment\n", 1, 0, 0),
        ("click==0.1\n", 1, 1, 0),
        ("no-such-package==1.0\n", 1, 1, 0),
        ("no-such-package==1.0 ; sys_platform == 'win32' \\\n", 0, 0, 0),
        (f"no-such-package==1.0 ; sys_platform == '{sys.platform}'\n", 1, 1, 0),
        (f"no-such-package==1.0 ; sys_platform != '{sys.platform}'\n", 0, 0, 0),
        ("no-such-package==1.0 ; python_full_version < '3.12' and extra == 'x'\n", 1, 0, 1),
        ("click==0.1 ; weather == 'fine'\n", 1, 1, 0),
        ("", 0, 0, 0),
    ],
)
def test_a_lock_is_compared_with_what_is_installed(tmp_path, text, compared, wrong, unclear):
    lock = tmp_path / "lock"
    lock.write_text(text, encoding="utf-8")
    report = compare(lock)
    assert (report.compared, len(report.wrong), len(report.open)) == (compared, wrong, unclear)
