"""Services good and bad, each run by the real pack as a process: its exact exit code, and the cause that is named."""

import psutil
import pytest

SHORT = ("--timeout", "2")

GOOD = ("good", "merges", "talkative", "breeds", "in_steps")

# animal, its arguments, flags of the pack, exit code, cause named first
BAD = [
    ("silent", (), SHORT, 2, "PROC-001"),
    ("stalls", (2,), SHORT, 2, "BOOT-001"),
    ("stalls", (3,), SHORT, 2, "VENUE-003"),
    ("stalls", (4,), SHORT, 2, "RULE-002"),
    ("stalls", (5,), SHORT, 2, "LOOP-001"),
    ("stalls", (6,), SHORT, 2, "FEED-001"),
    ("stalls", (8,), SHORT, 2, "ENF-001"),
    ("subscribes", (), SHORT, 2, "FEED-003"),
    ("disorderly", (), (), 1, "SEQ-002"),
    ("skips", (), (), 1, "SEQ-002"),
    ("repeats", (), (), 1, "SEQ-002"),
    ("two_lives", (), (), 1, "SEQ-002"),
    ("garbage", (), (), 2, "PROTO-001"),
    ("misnames", (), SHORT, 2, "PROTO-001"),
    ("loses", (), (), 2, "SEQ-001"),
    ("hurries", (), (), 1, "READY-001"),
    ("leaves", (0, "goodbye"), (), 1, "PROC-002"),
    ("leaves", (1, "Traceback"), (), 1, "PROC-002"),
    ("leaves", (1, "another instance holds the account (pid 17)"), (), 1, "STORE-001"),
    ("leaves", (2, "stalled, I think"), (), 1, "PROC-002"),
    ("leaves", (3, "risk.yaml:7:12: limit: must be below 0"), (), 3, "CFG-001"),
    ("leaves", (4, "login refused (401)"), (), 4, "VENUE-001"),
    ("leaves", (4, "connection refused, 3 tries"), (), 4, "VENUE-002"),
    ("leaves", (5, "package apsw is not installed"), (), 5, "DEP-001"),
    ("leaves", (64, "no such option"), (), 1, "PROC-002"),
    ("leaves_done", (), (), 1, "PROC-002"),
    ("crashes", (), (), 1, "PROC-002"),
    ("crashes_late", (), (), 1, "FEED-004"),
    ("dies", (), (), 1, "PROC-002"),
    ("lies", (), (), 1, "ENF-003"),
    ("meddles", (), ("--scenario", "calm"), 1, "ENF-003"),
    ("hesitates", (), SHORT, 2, "ENF-002"),
    ("only_plays", (), SHORT, 2, "ENF-001"),
    ("forgets", (), SHORT, 2, "RULE-001"),
    ("ruleless", (), SHORT, 2, "RULE-001"),
    ("clings", (), (), 1, "PROC-003"),
    ("stumbles", (), (), 1, "PROC-003"),
    ("mute_in_log", (), (), 1, "LOG-001"),
]


@pytest.mark.parametrize("animal", GOOD)
def test_a_good_service_passes_with_every_checkpoint_timed(keeper, animal):
    seen = keeper.run(animal)
    assert (seen.code, seen.report["verdict"], seen.report["diagnosis"]) == (0, "PASS", [])
    assert [item["n"] for item in seen.report["checkpoints"]] == list(range(1, 9))
    times = [item["complete_s"] for item in seen.report["checkpoints"]]
    assert times == sorted(times)
    assert seen.report["witness"]["agrees"] is True
    assert "✅ Smoke test PASSED: First event after" in seen.stderr
    assert "Exit Code: 0" in seen.stderr


@pytest.mark.parametrize("expected", BAD, ids=lambda row: f"{row[0]}-{row[3]}-{row[4]}")
def test_a_bad_service_gets_its_exact_exit_code_and_cause(keeper, expected):
    animal, arguments, flags, code, cause = expected
    seen = keeper.run(animal, *arguments, flags=flags)
    assert (seen.code, seen.causes[:1]) == (code, [cause]), seen.stderr
    assert seen.report["exit_code"] == code
    assert seen.report["verdict"] == ("UNKNOWN" if code == 2 else "FAIL")
    finding = seen.report["diagnosis"][0]
    assert finding["next"], "a diagnosis ends with what to type next"
    assert finding["evidence"], "a diagnosis rests on evidence"
    words = "⚠️ Smoke test STALLED: " if code == 2 else "❌ Smoke test EXCEPTION: "
    assert words in seen.stderr
    assert f"Exit Code: {code}" in seen.stderr


def test_the_calm_scenario_requires_a_ledger_without_orders_of_the_manager(keeper):
    seen = keeper.run("good", flags=("--scenario", "calm"))
    assert seen.code == 0
    assert seen.report["checkpoints"][7]["detail"]["phase"] == "sealed"
    assert "count 0: holds" in seen.report["witness"]["answers"][0]


def test_a_scenario_without_an_outcome_of_its_own_must_still_show_the_first_one(keeper):
    assert keeper.run("lies", flags=("--scenario", "silent")).causes[0] == "ENF-003"


def test_a_service_that_cannot_be_started_is_told_from_one_that_ends(keeper):
    seen = keeper.run("good", edit=lambda text: text.replace('argv: ["{python}"', 'argv: ["./nowhere"', 1))
    assert (seen.code, seen.causes[0]) == (1, "PROC-001")
    assert "./nowhere" in seen.report["diagnosis"][0]["what"]


def test_a_companion_that_ends_or_never_gets_ready_leaves_nothing_proven(keeper):
    ended = keeper.run("good", edit=lambda text: text.replace("venue.py", "speech.py"))
    assert (ended.code, ended.causes[0]) == (1, "COMP-001")
    (keeper.home / "mute.py").write_text("import signal\nsignal.pause()\n")
    mute = keeper.run(
        "good", edit=lambda text: text.replace("venue.py", "mute.py").replace("companion_s: 3", "companion_s: 0.3")
    )
    assert (mute.code, mute.causes[0]) == (2, "COMP-001")


def test_a_companion_tells_by_its_exit_code_too(keeper):
    (keeper.home / "three.py").write_text("raise SystemExit(3)\n")
    seen = keeper.run("good", edit=lambda text: text.replace("venue.py", "three.py"))
    assert (seen.code, seen.causes[0]) == (3, "COMP-001")


@pytest.mark.parametrize(
    "answer", ["print('flat, honestly')", "print('{}')", "raise SystemExit(1)", "import signal; signal.pause()"]
)
def test_a_witness_that_cannot_be_asked_leaves_the_outcome_unproven(keeper, answer):
    (keeper.home / "odd.py").write_text(answer)
    seen = keeper.run(
        "good", edit=lambda text: text.replace("ledger.py", "odd.py").replace("probe_s: 3", "probe_s: 0.5")
    )
    assert (seen.code, seen.causes[0]) == (2, "ENF-004")


def test_nothing_is_left_behind_not_even_a_process_that_left_its_group(keeper):
    seen = keeper.run("breeds")
    line = next(line for line in (keeper.home / "data/logs/animal.log").read_text().splitlines() if "child" in line)
    assert seen.code == 0
    assert not alive(int(line.split()[-1]))


def alive(pid):
    """A zombie that nobody has reaped yet is no running process."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
