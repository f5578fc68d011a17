"""A world for each test: its own exchange, its own daemon, its own directories."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.daemon.phones import Phone, ringing
from tests.integration.daemon.programs import World, world


@pytest.fixture
def it(short_tmp: Path) -> Iterator[World]:
    with world(short_tmp) as made:
        yield made


@pytest.fixture
def phone() -> Iterator[Phone]:
    """What a page rings."""
    with ringing(Phone()) as made:
        yield made
