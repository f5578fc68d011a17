"""Each check, on runs that are right, wrong and not finished."""

from dataclasses import replace

import pytest

from runtime.checks import FINAL, LIVE, all_pass, decided, judge
from runtime.contract.model import Contract
from runtime.observing.observation import CompanionState, ProbeReading
from runtime.observing.process import Stopped
from runtime.observing.timeline import read_log
from runtime.verdict import Verdict


def one(checks, name, observation):
    return judge({name: checks[name]}, observation)[0]


def test_a_complete_run_passes_every_live_check_and_is_decided(story, observe):
    judgements = judge(LIVE, observe(story.whole()))
    assert [judgement.verdict for judgement in judgements] == [Verdict.PASS] * len(LIVE)
    assert all_pass(judgements)
    assert decided(judgements)


def test_a_run_of_which_nothing_was_seen_passes_nothing_that_needs_evidence(story, observe):
    verdicts = {judgement.check: judgement.verdict for judgement in judge(LIVE, observe(story))}
    alive = {name for name, verdict in verdicts.items() if verdict is Verdict.PASS}
    assert alive == {"companions", "liveness"}


@pytest.mark.parametrize("left_out", range(10))
def test_leaving_out_any_message_of_a_complete_run_never_passes(story, observe, left_out):
    """Ten messages: five of the boot, READY, the first event, two evaluations, the outcome; each one is needed."""
    story.whole()
    del story.arrivals[left_out]
    assert not all_pass(judge(LIVE, observe(story)))


def test_an_unfinished_run_is_not_decided(story, observe):
    assert not decided(judge(LIVE, observe(story.boot())))


def test_of_no_judgements_nothing_is_shown():
    assert not all_pass([])


def test_a_gap_is_unknown_even_when_everything_else_was_seen(story, observe):
    story.boot()
    story.seq += 1
    story.reach(6).reach(7, rules={"a": 1, "b": 2}).reach(8, phase="confirmed")
    judgement = one(LIVE, "sequence", observe(story))
    assert (judgement.verdict, judgement.findings[0].id) == (Verdict.UNKNOWN, "SEQ-001")
    assert judgement.findings[0].evidence["lost"] == [7]


def test_a_number_that_comes_again_fails(story, observe):
    story.reach(1)
    story.seq = 0
    story.reach(2)
    assert one(LIVE, "sequence", observe(story)).verdict is Verdict.FAIL


def test_a_first_message_that_was_lost_is_noticed(story, observe):
    story.seq = 1
    assert one(LIVE, "sequence", observe(story.reach(1))).findings[0].evidence["lost"] == [1]


@pytest.mark.parametrize(
    "tell",
    [
        lambda story: story.reach(1).reach(3),
        lambda story: story.reach(2),
        lambda story: story.reach(1).reach(1),
        lambda story: story.reach(1).reach(2, run="b"),
        lambda story: story.boot().reach(7, rule="a"),
    ],
)
def test_wrong_order_repeats_and_second_lives_fail(story, observe, tell):
    judgement = one(LIVE, "order", observe(tell(story)))
    assert (judgement.verdict, judgement.findings[0].id) == (Verdict.FAIL, "SEQ-002")


def test_checkpoints_after_the_boot_may_repeat(story, observe):
    assert one(LIVE, "order", observe(story.whole().reach(6).reach(7, rule="a"))).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "tell",
    [
        lambda story: story.raw(b"\xff"),
        lambda story: story.reach(1, name="begun"),
        lambda story: story.reach(1, of=9),
        lambda story: story.reach(9, name="extra"),
        lambda story: story.reach(1, t_ns=5),
        lambda story: story.reach(1, t_ns=9_000_000_000_000),
        lambda story: story.reach(1).reach(2).reach(3).reach(4, rules=3),
    ],
)
def test_what_is_not_the_contract_is_unknown(story, observe, tell):
    judgement = one(LIVE, "protocol", observe(tell(story)))
    assert (judgement.verdict, judgement.settled, judgement.findings[0].id) == (Verdict.UNKNOWN, True, "PROTO-001")


def test_readiness_may_change_places_with_its_checkpoint_but_not_with_the_boot(story, observe):
    story.reach(1).reach(2).reach(3).reach(4, rules=["a"]).say(READY=1).reach(5)
    assert one(LIVE, "ready", observe(story)).verdict is Verdict.PASS


def test_an_empty_list_proves_nothing(story, observe):
    story.boot(rules=()).reach(6).reach(7, rule="a")
    assert one(LIVE, "once_for_each", observe(story)).verdict is Verdict.UNKNOWN


def test_a_contract_that_asks_for_no_list_needs_none(story, observe, contract: Contract):
    plain = replace(contract, steps=tuple(replace(step, once_for_each=None) for step in contract.steps))
    assert one(LIVE, "once_for_each", observe(story, contract=plain)).verdict is Verdict.PASS


def test_the_outcome_needs_what_the_service_must_say_besides(story, observe, contract: Contract):
    outcome = replace(contract.outcomes[0], said="session ended")
    story.whole()
    assert one(LIVE, "outcome", observe(story, outcome=outcome)).verdict is Verdict.UNKNOWN
    story.say(STATUS="session ended at 13:51")
    assert one(LIVE, "outcome", observe(story, outcome=outcome)).verdict is Verdict.PASS


def test_a_companion_that_ended_fails_and_one_that_is_not_ready_is_unknown(story, observe):
    ended = observe(story, companions=(CompanionState("venue", 0.1, 4, "no space"),))
    waiting = observe(story, companions=(CompanionState("venue", None, None),))
    assert one(LIVE, "companions", ended).verdict is Verdict.FAIL
    assert one(LIVE, "companions", waiting).verdict is Verdict.UNKNOWN


def reading(answers, problem=""):
    return ProbeReading(1.0, {}, problem, answers)


def test_a_witness_that_was_not_asked_leaves_the_outcome_unknown(story, observe):
    assert one(FINAL, "ledger", observe(story.whole())).verdict is Verdict.UNKNOWN
    assert one(FINAL, "ledger", observe(story, probe=reading((), "no answer"))).verdict is Verdict.UNKNOWN
    assert one(FINAL, "ledger", observe(story, probe=reading(()))).verdict is Verdict.UNKNOWN


def test_an_outcome_without_a_witness_asks_none(story, observe, contract: Contract):
    outcome = replace(contract.outcomes[0], probe=None, require=())
    assert one(FINAL, "ledger", observe(story, outcome=outcome)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("stopped", "verdict"),
    [
        (Stopped(0, forced=False, seconds=0.1), Verdict.PASS),
        (Stopped(-15, forced=False, seconds=0.1), Verdict.PASS),
        (Stopped(1, forced=False, seconds=0.1), Verdict.FAIL),
        (Stopped(-9, forced=True, seconds=3.0), Verdict.FAIL),
        (None, Verdict.UNKNOWN),
    ],
)
def test_stopping_is_judged_by_its_exit_code_and_by_force(story, observe, stopped, verdict):
    assert one(FINAL, "stop", observe(story, stopped=stopped)).verdict is verdict


def test_a_log_that_was_not_read_is_unknown_and_a_missing_line_fails(story, observe):
    assert one(FINAL, "log_lines", observe(story)).verdict is Verdict.UNKNOWN
    half = observe(story, log=read_log("starting\nconfig\n"))
    assert one(FINAL, "log_lines", half).findings[0].evidence["missing"][0] == "connected to"


def test_a_late_checkpoint_is_a_note_that_fails_nothing(story, observe, contract: Contract):
    steps = tuple(replace(step, budget_s=0.001) for step in contract.steps)
    judgement = one(FINAL, "budgets", observe(story.whole(), contract=replace(contract, steps=steps)))
    assert (judgement.verdict, len(judgement.findings)) == (Verdict.PASS, 8)
    assert judgement.findings[0].severity.value == "warning"


def test_a_check_that_crashes_is_unknown(story, observe):
    def broken(_):
        raise KeyError("rules")

    judgement = judge({"broken": broken}, observe(story))[0]
    assert (judgement.verdict, judgement.findings[0].id) == (Verdict.UNKNOWN, "CHECK-001")
