"""When a checkpoint was first seen, and when its condition was met, are two times."""

from dataclasses import replace

from runtime.observing.progress import progress


def test_a_list_is_complete_with_its_last_entry(story, observe):
    story.boot(rules=("a", "b", "c")).reach(6).reach(7, rule="b", result="ok")
    item = progress(observe(story))[6]
    assert (item.first_s, item.complete_s, item.missing) == (0.08, None, ("a", "c"))
    story.reach(7, rules={"a": "ok", "c": "breach"})
    item = progress(observe(story))[6]
    assert (item.first_s, item.complete_s) == (0.08, 0.09)
    assert item.detail == {"rules": {"b": "ok", "a": "ok", "c": "breach"}}


def test_a_list_may_be_a_mapping_and_entries_may_be_listed(story, observe):
    for n in (1, 2, 3):
        story.reach(n)
    story.reach(4, rules={"a": 1, "b": 2}).reach(5).reach(6).reach(7, rules=["a", "b"])
    assert progress(observe(story))[6].complete_s == 0.07


def test_the_outcome_is_complete_in_the_phase_that_is_required(story, observe):
    story.whole(phase="triggered")
    assert progress(observe(story))[7].complete_s is None
    story.reach(8, phase="confirmed")
    assert progress(observe(story))[7].complete_s == 0.11
    assert progress(observe(story, scenario="calm"))[7].complete_s is None


def test_only_occurrences_with_the_required_detail_count(story, observe, contract):
    steps = tuple(replace(step, detail={"from": "venue"}) if step.n == 6 else step for step in contract.steps)
    strict = replace(contract, steps=steps)
    assert progress(observe(story.boot().reach(6), contract=strict))[5].first_s is None
    story.reach(6, **{"from": "venue"})
    assert progress(observe(story, contract=strict))[5].first_s == 0.08
