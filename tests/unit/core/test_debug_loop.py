"""Asyncio's debug mode in the daemon: on request on the simulated venue, never where money is real."""

import asyncio

import pytest

from risk_manager.core.manager import _debug_loop


@pytest.mark.parametrize(
    ("asked", "venue", "before", "after"),
    [
        ("1", "simulated", False, True),
        ("0", "simulated", False, False),
        ("0", "simulated", True, True),  # asked for in Python's own way
        ("1", "projectx", False, False),
        ("1", "projectx", True, False),
    ],
)
def test_the_venue_decides_whether_the_loop_may_be_in_debug_mode(monkeypatch, asked, venue, before, after):
    monkeypatch.setenv("ASYNC_DEBUG", asked)

    async def boot():
        _debug_loop(venue)
        return asyncio.get_running_loop().get_debug()

    assert asyncio.run(boot(), debug=before) is after
