"""The pause before a second look is for real venues: these answer at once."""

import logging

import pytest

from risk_manager.core import link


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(link, "SECOND_LOOK_S", 0)
    caplog.set_level(logging.INFO, logger="risk_manager.link")
