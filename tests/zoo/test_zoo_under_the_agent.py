"""Services that stand still inside asyncio, under the trace agent: the frame, the circle or the death is named."""

import pytest

SHORT = ("--timeout", "3")


def under_agent(text):
    return text + "agent: true\n"


@pytest.mark.parametrize("animal", ["deadlocked", "blocked", "bereaved"])
def test_a_service_that_is_stuck_inside_asyncio_shows_what_each_task_waits_for(keeper, animal):
    seen = keeper.run(animal, flags=SHORT, edit=under_agent)
    assert seen.code == 2
    assert seen.report["diagnosis"][0]["evidence"]["last_checkpoint"] == "5 looping"
    assert "parked: " in seen.stderr


def test_whoever_is_kept_waiting_by_a_deadlock_is_named_beside_it(keeper):
    seen = keeper.run("deadlocked", flags=SHORT, edit=under_agent)
    behind = seen.report["diagnosis"][0]["evidence"]["bystanders"]
    assert any(text.startswith("risk-gate waits for lock book.positions_lock") for text in behind)
    assert not any(text.startswith("heartbeat") for text in behind), "it only sleeps"


def test_tasks_that_stand_in_the_same_place_are_shown_as_one(keeper):
    seen = keeper.run("crowded", flags=SHORT, edit=under_agent)
    crowd = max(seen.report["parked_tasks"], key=lambda each: each["count"])
    assert (seen.code, crowd["count"]) == (2, 500)
    assert "market_open" not in seen.stderr or "event" in crowd["state"]
    assert seen.causes[0].startswith("FEED-"), "all of them wait for something that may still come"


def test_a_service_without_the_agent_stalls_as_before_and_says_nothing_of_tasks(keeper):
    seen = keeper.run("deadlocked", flags=SHORT)
    assert (seen.code, seen.report["parked_tasks"]) == (2, None)
    assert seen.causes[0].startswith("FEED-")


def test_the_agent_is_refused_for_what_is_no_python_program(keeper):
    seen = keeper.run("good", edit=lambda text: under_agent(text).replace('argv: ["{python}", ', "argv: [", 1))
    assert seen.code == 3
    assert "the agent launches Python programs only" in seen.stderr
