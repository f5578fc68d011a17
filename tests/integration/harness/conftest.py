"""A stage for each test: begin, restart, overnight, end. No invariant was broken, unless the test says so."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.harness.stage import Stage


@pytest.fixture
def stage(short_tmp: Path) -> Iterator[Stage]:
    made = Stage(short_tmp)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def begin(stage: Stage) -> Callable[..., None]:
    """Begin with a session, from nothing or from a state as a file."""
    return stage.begin


@pytest.fixture
def restart(stage: Stage) -> Callable[..., int]:
    """End the service (clean, term, kill) and start it again, while the exchange goes on."""
    return stage.restart


@pytest.fixture
def overnight(stage: Stage) -> Callable[..., int]:
    """End the day; the next session is played on what it left."""
    return stage.overnight


@pytest.fixture
def end(stage: Stage) -> Callable[..., int]:
    """End the day and everything with it."""
    return stage.end
