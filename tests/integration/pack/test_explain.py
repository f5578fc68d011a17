"""`explain` as a process: one page, all of them, and what it says of an id that does not exist."""

import json
from pathlib import Path

import jsonschema
import pytest

from runtime.causes.catalogue import CAUSES

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/reference/schemas/explain.schema.json").read_text())
pytestmark = pytest.mark.integration


def test_the_page_of_an_id_says_what_it_means_and_what_to_type(tiny):
    ended = tiny.runtime("explain", "FEED-003")
    assert ended.code == 0
    for word in ("FEED-003", "subscribed", "evidence", "to do", "risk-runtime smoke"):
        assert word in ended.out


def test_without_an_id_all_of_them_are_listed(tiny):
    ended = tiny.runtime("explain", "--json")
    assert [cause["id"] for cause in ended.json["causes"]] == list(CAUSES)
    jsonschema.validate(ended.json, SCHEMA)
    for line, cause in zip(ended.err.splitlines(), CAUSES.values(), strict=True):
        assert line.split() == [cause.id, *cause.what.split()]


def test_an_id_that_does_not_exist_is_wrong_usage_with_the_nearest_ones(tiny):
    ended = tiny.runtime("explain", "FEED-03")
    assert ended.code == 64
    assert "did you mean FEED-003" in ended.err
