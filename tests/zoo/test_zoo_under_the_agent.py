"""Services that stand still inside asyncio, under the trace agent: the frame, the circle or the death is named."""

import pytest

SHORT = ("--timeout", "3")


def under_agent(text):
    return text + "agent: true\n"


# animal, cause named first, words that the cause must hold
STUCK = [
    ("deadlocked", "TASK-001", ("position-updater -> order-updater", "orders_lock", "positions_lock")),
    ("blocked", "LOOP-002", ("task eod-snapshot", "write_end_of_day", ".py:10")),
    ("bereaved", "TASK-002", ("feed-reader", "ValueError: price of 'nan'")),
]  # fmt: skip


@pytest.mark.parametrize(("animal", "cause", "words"), STUCK, ids=lambda value: value if isinstance(value, str) else "")
def test_a_service_that_is_stuck_inside_asyncio_is_told_why(keeper, animal, cause, words):
    seen = keeper.run(animal, flags=SHORT, edit=under_agent)
    assert (seen.code, seen.causes[:1]) == (2, [cause]), seen.stderr
    assert [word for word in words if word not in seen.report["diagnosis"][0]["what"]] == []
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


def test_a_good_service_is_no_different_under_the_agent(keeper):
    """The agent adds nothing to what the service says, and takes nothing from its exit."""
    seen = keeper.run("good", edit=under_agent)
    assert (seen.code, seen.report["verdict"], seen.report["diagnosis"]) == (0, "PASS", [])


def test_the_agent_is_refused_for_what_is_no_python_program(keeper):
    seen = keeper.run("good", edit=lambda text: under_agent(text).replace('argv: ["{python}", ', "argv: [", 1))
    assert seen.code == 3
    assert "the agent launches Python programs only" in seen.stderr
