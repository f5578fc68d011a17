"""The analysis finds exactly those who can never go on, whatever the graph of waiters looks like."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.runtime.tracing.conftest import build, waiting

from runtime.tracing.analysis import analyse, confirmed, find_cycles


def names(circle):
    return [link.task for link in circle]


def test_two_tasks_that_hold_what_the_other_wants_are_a_deadlock_with_both_locks_named(snap, task):
    found = analyse(snap(task("a", on=["b"], lock="x"), task("b", on=["a"], lock="y"), task("c")))
    assert [names(circle) for circle in found.cycles] == [["a", "b"]]
    assert found.findings[0].id == "TASK-001"
    assert "a -> b -> a" in found.sentence
    assert "lock x, held by b" in found.sentence
    assert "lock y, held by a" in found.sentence


def test_who_stands_behind_a_deadlock_is_a_bystander_and_not_part_of_it(snap, task):
    found = analyse(snap(task("a", on=["b"], lock="x"), task("b", on=["a"], lock="y"), task("c", on=["a"], lock="y")))
    assert [names(circle) for circle in found.cycles] == [["a", "b"]]
    assert [text.split()[0] for text in found.bystanders] == ["c"]


def test_a_chain_that_ends_in_a_task_that_may_move_is_no_deadlock(snap, task):
    found = analyse(snap(task("a", on=["b"], lock="x"), task("b", on=["c"], lock="y"), task("c")))
    assert (found.cycles, found.bystanders, found.findings) == ((), (), ())
    assert found.sentence.startswith("nothing is stuck")


def test_a_task_that_waits_for_itself_is_a_deadlock(snap, task):
    """A lock of asyncio is not reentrant."""
    assert [names(circle) for circle in find_cycles(snap(task("a", on=["a"], lock="x")))] == [["a"]]


def test_of_a_semaphore_one_holder_that_moves_is_enough(snap, task):
    tasks = [task("a", on=["b", "c"], lock="s", any_of=True), task("b", on=["a"], lock="y"), task("c")]
    assert find_cycles(snap(*tasks)) == []
    assert len(find_cycles(snap(*[{**each, "any": False} for each in tasks]))) == 1, "of tasks all are needed"
    tasks[2] = task("c", on=["b"], lock="z")
    assert find_cycles(snap(*tasks)), "no holder is left that moves"


def test_a_wait_with_a_time_out_is_no_deadlock(snap, task):
    assert find_cycles(snap(task("a", on=["b"], lock="x", bounded=True), task("b", on=["a"], lock="y"))) == []


def test_a_lock_whose_holder_has_ended_is_named_without_a_circle(snap, task):
    found = analyse(snap(task("a", lock="x", ended=["gone"])))
    assert [finding.id for finding in found.findings] == ["TASK-001"]
    assert "held by gone, which has ended" in found.sentence


def test_a_circle_that_the_second_look_does_not_show_is_dropped(snap, task):
    first = find_cycles(snap(task("a", on=["b"], lock="x"), task("b", on=["a"], lock="y")))
    moved = find_cycles(snap(task("a", on=["b"], lock="z"), task("b", on=["a"], lock="y")))
    assert confirmed(first, first) == first
    assert confirmed(first, moved) == []


def test_a_blocked_loop_goes_before_everything_else(snap, task):
    loop = {
        "running": True, "silent_s": 2.0, "blocked": True, "thread": 1, "task": 1, "task_name": "eod",
        "blocked_at": "write dl.py:22", "stack": [],
    }  # fmt: skip
    dead = [{"name": "feed", "error": "ValueError: nan", "at": "read feed.py:3"}]
    found = analyse(snap(task("eod"), loops=[loop], dead=dead))
    assert [finding.id for finding in found.findings] == ["LOOP-002", "TASK-002"]
    assert "task eod at write dl.py:22" in found.sentence


def test_without_a_loop_the_sentence_says_where_the_main_thread_is(snap):
    seen = {**snap(loops=[]), "threads": [{"name": "MainThread", "at": "boot main.py:4"}]}
    assert "main.py:4" in analyse(seen).sentence


@given(st.lists(st.lists(st.integers(0, 7), max_size=3), min_size=8, max_size=8))
def test_nobody_in_a_circle_waits_only_for_tasks_that_can_move(graph):
    """Against the definition: simulate letting every task go on that needs nobody, until nothing changes."""
    seen = build(
        *(
            waiting(f"t{n}", on=[f"t{m}" for m in sorted(set(on))], lock=f"l{n}" if on else None)
            for n, on in enumerate(graph)
        )
    )
    ended = set()
    while True:
        more = {n for n, on in enumerate(graph) if n not in ended and set(on) <= ended}
        if not more:
            break
        ended |= more
    in_circles = {int(link.task[1:]) for circle in find_cycles(seen) for link in circle}
    assert not in_circles & ended
