"""A shadow run of its own for each test, ended with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.shadow.shadowing import Shadow


@pytest.fixture
def shadow(tmp_path: Path) -> Iterator[Shadow]:
    """Begun by the test."""
    one = Shadow(tmp_path)
    try:
        yield one
    finally:
        one.stop()
