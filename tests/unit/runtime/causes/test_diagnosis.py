"""One cause per failure, told from evidence, with what it is not and what to type next."""

import pytest

from runtime.causes.diagnosis import diagnose
from runtime.checks import LIVE, judge
from runtime.observing.timeline import read_log


def first(observation):
    return diagnose(observation, judge(LIVE, observation), {"CFG-001": ["check it"]}, ["look"])[0]


@pytest.mark.parametrize(
    ("code", "words", "cause"),
    [
        (0, "", "PROC-002"),
        (1, "boom", "PROC-002"),
        (1, "ModuleNotFoundError: No module named 'apsw'", "DEP-001"),
        (1, "the account is already held by pid 7", "INST-001"),
        (1, "database is locked by pid 7", "STORE-001"),
        (3, "", "CFG-001"),
        (3, "VENUE-001 is mentioned but does not fit", "CFG-001"),
        (4, "no route to host", "VENUE-002"),
        (4, "connection refused", "VENUE-002"),
        (4, "venue.example: Name or service not known", "VENUE-004"),
        (4, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired", "VENUE-005"),
        (4, "login refused: the token has expired", "VENUE-006"),
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
    assert finding.next[-2:] == ["look", f"risk-runtime explain {cause}"]


def test_a_remedy_of_the_contract_comes_before_the_general_ones(story, observe):
    assert list(first(observe(story.reach(1), end=3)).next) == ["check it", "look", "risk-runtime explain CFG-001"]


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
    ("said", "cause"),
    [
        ("another instance holds the account (pid 9)", "INST-001"),
        ("store: fsync took 4.2 s", "DISK-001"),
        ("no space left on device", "DISK-001"),
    ],
)
def test_what_keeps_a_boot_from_its_store_is_told_from_its_words(story, observe, said, cause):
    story.reach(1).reach(2).say(STATUS=said)
    assert first(observe(story)).id == cause


@pytest.mark.parametrize("said", ["market closed until Sunday 17:00 CT", "idle: outside trading hours"])
def test_a_closed_market_is_no_missing_subscription(story, observe, said):
    story.boot().say(STATUS=said)
    finding = first(observe(story, over=True))
    assert finding.id == "FEED-005"
    assert said in finding.evidence["told_by"]


def test_an_error_after_the_first_message_is_the_handlers_also_where_the_service_goes_on(story, observe):
    log = read_log("2026-01-02 03:04:05.678 INFO message: tick\n2026-01-02 03:04:05.679 ERROR ValueError: nan\n")
    story.boot()
    assert first(observe(story, log=log, over=True)).id == "FEED-001", "no message had arrived"
    finding = first(observe(story.reach(6), log=log, over=True))
    assert (finding.id, finding.evidence["told_by"]) == ("FEED-004", "after the first message: ValueError: nan")


@pytest.mark.parametrize(
    ("second", "cause"),
    [
        ("2026-01-02 02:59:05.678", "TIME-001"),
        ("2026-01-02 05:04:05.678", "TIME-001"),
        ("2026-01-02 03:04:09.678", "LOOP-001"),
        ("2026-01-02 03:04:05.600", "LOOP-001"),
    ],
)
def test_a_clock_that_jumps_is_told_from_the_log_of_the_run_that_stood_still(story, observe, second, cause):
    """A run of 8 s has no lines two hours apart, and none that go back; a line that overtakes another is no jump."""
    log = read_log(f"2026-01-02 03:04:05.678 INFO starting\n{second} INFO config\n")
    story.reach(1).reach(2).reach(3).reach(4, rules=["a"])
    assert first(observe(story, log=log, over=True)).id == cause


@pytest.mark.parametrize(("moved_s", "cause"), [(-3600.0, "TIME-001"), (12.0, "TIME-001"), (0.02, "LOOP-001")])
def test_a_clock_of_this_machine_that_was_set_while_the_run_stood_still_is_named(story, observe, moved_s, cause):
    story.reach(1).reach(2).reach(3).reach(4, rules=["a"])
    assert first(observe(story, clock_moved_s=moved_s, over=True)).id == cause


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
