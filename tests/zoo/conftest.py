"""Gives each test a keeper with a home of its own."""

import os

import pytest
from tests.zoo.keeper import NAMES_CUT, Keeper


@pytest.fixture
def keeper(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(NAMES_CUT):
            monkeypatch.delenv(name)
    return Keeper(tmp_path)
