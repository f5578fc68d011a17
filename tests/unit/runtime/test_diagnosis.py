"""One cause per failure, told from evidence, with what it is not and what to type next."""

import pytest

from runtime.checks import LIVE, judge
from runtime.diagnosis import diagnose
from runtime.timeline import read_log


def first(observation):
    return diagnose(observation, judge(LIVE, observation), {"CFG-001": ["check it"]}, ["look"])[0]


@pytest.mark.parametrize(
    ("code", "words", "cause"),
    [
        (0, "", "PROC-002"),
        (1, "boom", "PROC-002"),
        (1, "ModuleNotFoundError: No module named 'apsw'", "DEP-001"),
        (1, "the account is already held by pid 7", "STORE-001"),
        (3, "", "CFG-001"),
        (3, "VENUE-001 is mentioned but does not fit", "CFG-001"),
        (4, "no route to host", "VENUE-002"),
        (4, "401 from the login", "VENUE-001"),
        (4, "VENUE-002 login refused", "VENUE-002"),
        (5, "", "DEP-001"),
        (-11, "", "PROC-002"),
    ],
)
def test_an_exit_is_told_from_its_code_and_last_words(story, observe, code, words, cause):
    finding = first(observe(story.reach(1), end=code, last_words=words, over=True))
    assert finding.id == cause
    assert finding.evidence["exit_code"] == code
    assert finding.next[-1] == "look"


def test_a_remedy_of_the_contract_comes_before_the_general_ones(story, observe):
    assert list(first(observe(story.reach(1), end=3)).next) == ["check it", "look"]


def test_an_exit_after_the_first_event_is_the_handlers(story, observe):
    finding = first(observe(story.boot().reach(6), end=1, last_words="ValueError: nan"))
    assert finding.id == "FEED-004"
    assert "ValueError: nan" in finding.what


def test_of_many_faults_of_a_file_the_first_is_told_and_all_are_evidence(story, observe):
    places = ["risk.yaml:3:1: ruels: unknown key", "risk.yaml:9:4: limit: too big"]
    words = "\n".join([places[0], "    ruels:", "    ^", "    remedy: rules", places[1], "Exit Code: 3"])
    finding = first(observe(story.reach(1), end=3, last_words=words))
    assert finding.what.endswith(places[0])
    assert finding.evidence["faults"] == places


def test_a_signal_is_named(story, observe):
    assert "SIGSEGV" in first(observe(story.reach(1), end=-11)).what


def test_the_log_speaks_where_standard_error_is_silent(story, observe):
    log = read_log("2026-01-02 03:04:05.678 ERROR the disk is full\n2026-01-02 03:04:05.679 INFO bye\n")
    assert "the disk is full" in first(observe(story.reach(1), end=1, log=log)).what


def test_subscribed_or_not_is_told_from_what_the_service_said(story, observe):
    story.boot()
    never = first(observe(story, over=True))
    assert never.id == "FEED-001"
    assert any(text.startswith("FEED-003") for text in never.not_it)
    story.say(STATUS="subscribed to 3 contracts")
    assert first(observe(story, over=True)).id == "FEED-003"


def test_a_stall_while_connecting_names_a_lock_only_where_one_is_spoken_of(story, observe):
    story.reach(1).reach(2)
    assert first(observe(story)).id == "VENUE-003"
    story.say(STATUS="state is locked by pid 9")
    assert first(observe(story)).id == "STORE-001"


def test_a_missing_entry_is_listed(story, observe):
    finding = first(observe(story.boot().reach(6).reach(7, rule="a")))
    assert (finding.id, finding.evidence["not_seen"]) == ("RULE-001", ["b"])


@pytest.mark.parametrize(
    ("phases", "cause"), [((), "ENF-001"), (("sealed",), "ENF-001"), (("sealed", "triggered"), "ENF-002")]
)
def test_triggered_and_confirmed_are_told_apart(story, observe, phases, cause):
    story.boot().reach(6).reach(7, rules={"a": 1, "b": 1})
    for phase in phases:
        story.reach(8, phase=phase)
    assert first(observe(story)).id == cause


def test_a_checkpoint_without_causes_of_its_own_gets_the_general_one(story, observe):
    assert first(observe(story.reach(1))).id == "BOOT-001"


def test_what_a_check_found_stands_before_the_stall_it_led_to(story, observe):
    story.seq = 3
    observation = observe(story.reach(1))
    found = diagnose(observation, judge(LIVE, observation), {}, [])
    assert [finding.id for finding in found] == ["SEQ-001", "BOOT-001"]


def test_a_run_that_passed_has_nothing_to_diagnose(story, observe):
    observation = observe(story.whole())
    assert diagnose(observation, judge(LIVE, observation), {}, []) == ()
